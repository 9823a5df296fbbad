import json
from pathlib import Path
from typing import Any

import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from tests.sandbox.harness import Sandbox

ROLE_TOO_LOW = {"errors": ["Insufficient Project Role for performing requested action"], "code": 40000}
NOT_ADMINISTRATOR = {"errors": ["The requesting user should be an Organization Administrator to perform the action"]}
PROJECTS = "/organizations/acme/projects"


def as_holder(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


async def changed(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    """What of the web checkout the change made different, told by the answer; a later read says the same."""
    before = await sandbox.json("/projects/checkout-web")
    answer = await sandbox.patch("/projects/checkout-web", body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    assert await sandbox.json(f"/projects/{after['id']}") == after
    return {name: value for name, value in after.items() if before[name] != value}


async def test_a_new_project_has_a_key_and_nothing_in_it(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post(PROJECTS, json={"name": "testProject", "type": "other"})

    made = answer.json()
    assert (answer.status_code, made["slug"], made["type"], made["language"]) == (200, "testproject", "other", None)
    assert (made["release_stages"], made["open_error_count"], len(made["api_key"])) == ([], 0, 32)
    assert made == await sandbox.json(f"/projects/{made['id']}")
    for path in ("errors", "events", "releases", "trend?buckets_count=5"):
        assert await sandbox.json(f"/projects/testproject/{path}") == []
    trend = await sandbox.get("/projects/testproject/stability_trend")
    assert (trend.status_code, trend.json()) == (
        404,
        {"errors": ["This project does not have a primary release stage"]},
    )


async def test_projects_of_one_name_count_their_slugs_up_and_share_nothing_else(sandbox: Sandbox) -> None:
    body = {"name": "testProject", "type": "other", "ignore_old_browsers": True}
    made = [(await sandbox.client.post(PROJECTS, json=body)).json() for _ in range(3)]
    await sandbox.client.delete("/projects/testproject")
    again = (await sandbox.client.post(PROJECTS, json=body)).json()

    assert [one["slug"] for one in made] == ["testproject", "testproject-1", "testproject-2"]
    assert again["slug"] == "testproject"
    for name in ("id", "api_key", "upload_api_key"):
        assert len({one[name] for one in [*made, again]}) == 4
    assert {one["ignore_old_browsers"] for one in made} == {True}


async def test_every_documented_type_is_taken(sandbox: Sandbox, contracts: Path) -> None:
    document = json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8"))

    for kind in document["enums"]["ProjectType"]:
        answer = await sandbox.client.post(PROJECTS, json={"name": kind, "type": kind})
        assert (answer.status_code, answer.json()["type"]) == (200, kind)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "ios"}, "Name can't be blank"),
        ({"name": "$money", "type": "ios"}, "Name cannot start with $"),
        ({"name": "App"}, "Type is not included in the list"),
        ({"name": "App", "type": "cobol"}, "Type is not included in the list"),
        ({"name": "App", "type": ["ios"]}, "Type is not included in the list"),
        ({"name": "App", "type": "js", "ignore_old_browsers": "no"}, "Ignore old browsers must be a boolean"),
    ],
)
async def test_a_project_that_cannot_be_made_is_refused(
    sandbox: Sandbox, body: dict[str, object], message: str
) -> None:
    answer = await sandbox.client.post(PROJECTS, json=body)

    assert (answer.status_code, answer.json()) == (400, {"errors": [message]})
    assert len(sandbox.world.projects) == 7


@pytest.mark.parametrize("token", [MEMBER_TOKEN, READ_ONLY_TOKEN])
async def test_only_an_administrator_of_the_organization_makes_a_project(sandbox: Sandbox, token: str) -> None:
    answer = await sandbox.client.post(PROJECTS, json={"name": "App", "type": "ios"}, headers=as_holder(token))

    assert (answer.status_code, answer.json()) == (403, NOT_ADMINISTRATOR)


@pytest.mark.parametrize(
    "body",
    [
        {"global_grouping": ["CheckoutError"]},
        {"location_grouping": ["SyntaxError"]},
        {"discarded_app_versions": ["7.1.0"]},
        {"discarded_errors": ["AbortError"]},
        {"url_whitelist": []},
        {"ignore_old_browsers": True},
        {"ignored_browser_versions": {"chrome": "40"}},
        {"resolve_on_deploy": True},
    ],
)
async def test_a_setting_changes_alone(sandbox: Sandbox, body: dict[str, object]) -> None:
    assert await changed(sandbox, body) == {**body, "updated_at": "2026-11-20T15:30:00.000Z"}


async def test_another_name_makes_another_slug_and_keeps_the_errors(sandbox: Sandbox) -> None:
    found = await changed(sandbox, {"name": "Checkout iOS"})

    assert found == {
        "name": "Checkout iOS",
        "slug": "checkout-ios-1",
        "html_url": f"{sandbox.base_url}/acme/checkout-ios-1",
        "updated_at": "2026-11-20T15:30:00.000Z",
    }
    assert (await sandbox.get("/projects/checkout-web")).status_code == 404
    assert (await sandbox.get("/projects/checkout-ios-1/errors")).headers["x-total-count"] == "62"


async def test_who_is_not_on_the_list_of_members_loses_the_project(sandbox: Sandbox) -> None:
    sofia = sandbox.world.person("sofia@acme.example").id
    error = sandbox.errors("checkout-web")[0]
    everybody = (await sandbox.json("/projects/checkout-web"))["collaborators_count"]

    assert await changed(sandbox, {"collaborator_ids": [sofia]}) == {
        "collaborators_count": 3,
        "updated_at": "2026-11-20T15:30:00.000Z",
    }

    assert everybody == 7
    member = as_holder(MEMBER_TOKEN)
    for path in ("/projects/checkout-web", "/projects/checkout-web/errors", f"/errors/{error.id}/latest_event"):
        assert (await sandbox.get(path, headers=member)).status_code == 404
    listed = (await sandbox.get(PROJECTS, headers=member)).json()
    assert "checkout-web" not in {row["slug"] for row in listed}
    assert (await sandbox.get("/projects/checkout-ios", headers=member)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"name": ""}, 400, "Name can't be blank"),
        ({"name": "$x"}, 400, "Name cannot start with $"),
        ({"global_grouping": "all"}, 400, "Global grouping must be an array"),
        ({"discarded_errors": [1]}, 400, "Discarded errors must be an array"),
        ({"resolve_on_deploy": 1}, 400, "Resolve on deploy must be a boolean"),
        ({"ignored_browser_versions": []}, 400, "Ignored browser versions must be an object"),
        ({"collaborator_ids": ["0" * 24]}, 404, "User not found"),
    ],
)
async def test_a_setting_that_does_not_fit_is_refused_and_changes_nothing(
    sandbox: Sandbox, body: dict[str, object], status: int, message: str
) -> None:
    before = await sandbox.json("/projects/checkout-web")

    answer = await sandbox.patch("/projects/checkout-web", {"resolve_on_deploy": True, **body})

    assert (answer.status_code, answer.json()) == (status, {"errors": [message]})
    assert await sandbox.json("/projects/checkout-web") == before


async def test_a_person_of_another_organization_cannot_become_a_member(sandbox: Sandbox) -> None:
    dana = sandbox.world.person("dana@globex.example").id

    answer = await sandbox.patch("/projects/checkout-web", {"collaborator_ids": [dana]})

    assert (answer.status_code, answer.json()) == (404, {"errors": ["User not found"]})


@pytest.mark.parametrize("token", [MEMBER_TOKEN, READ_ONLY_TOKEN])
async def test_settings_need_more_than_a_plain_member(sandbox: Sandbox, token: str) -> None:
    answer = await sandbox.client.patch(
        "/projects/checkout-web", json={"resolve_on_deploy": True}, headers=as_holder(token)
    )

    assert (answer.status_code, answer.json()) == (403, ROLE_TOO_LOW)
