from typing import Any

import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from crashgate_sandbox.bugsnag.call import Manners
from tests.sandbox.harness import Sandbox, Start

LIST = "/projects/checkout-ios/saved_searches"
NOT_FOUND = {"errors": ["Saved Search not found"]}
OPEN = {"error.status": [{"type": "eq", "value": "open"}]}
INCLUSIONS = ("new", "open", "for_review", "snoozed", "fixed", "ignored")


def as_holder(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


def body(sandbox: Sandbox, **more: object) -> dict[str, Any]:
    project = sandbox.project("checkout-ios").id
    return {"project_id": project, "name": "Zebra", "filters": OPEN, "project_default": False, **more}


def inclusions(row: dict[str, Any]) -> dict[str, str]:
    return {name: row[f"{name}_error_inclusion"] for name in INCLUSIONS}


async def test_a_project_lists_the_shared_searches_and_ones_own_by_name(sandbox: Sandbox) -> None:
    answer = await sandbox.get(LIST)

    rows = answer.json()
    assert [(row["name"][:9], row["shared"]) for row in rows] == [
        ("Everythin", True),
        ("Mine, wit", False),
        ("Open in p", True),
        ("Ticket of", True),
    ]
    assert {row["project_id"] for row in rows} == {sandbox.project("checkout-ios").id}
    assert not {"link", "x-total-count"} & set(answer.headers)


@pytest.mark.parametrize(("shared", "number"), [("true", 3), ("false", 1), ("maybe", 4)])
async def test_shared_ones_can_be_asked_for_alone(sandbox: Sandbox, shared: str, number: int) -> None:
    rows = await sandbox.json(f"{LIST}?shared={shared}")

    assert rows == [row for row in await sandbox.json(LIST) if shared == "maybe" or row["shared"] is (shared == "true")]
    assert len(rows) == number


async def test_a_search_that_is_not_shared_is_its_owners_alone(sandbox: Sandbox) -> None:
    mine = next(row for row in await sandbox.json(LIST) if not row["shared"])
    member = as_holder(MEMBER_TOKEN)

    listed = (await sandbox.get(LIST, headers=member)).json()
    found = await sandbox.get(f"/saved_searches/{mine['id']}", headers=member)

    assert mine["id"] not in {row["id"] for row in listed}
    assert (found.status_code, found.json()) == (404, NOT_FOUND)


async def test_some_filters_hold_a_customers_address(sandbox: Sandbox) -> None:
    row = next(row for row in await sandbox.json(LIST) if row["name"].startswith("Ticket of "))

    assert row["filters"]["user.email"][0]["value"].endswith("@mail.example")


async def test_a_new_search_is_answered_with_201_and_found_again(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post("/saved_searches", json=body(sandbox, sort="users", shared=True))

    made, avery = answer.json(), sandbox.world.person("avery@acme.example").id
    assert (answer.status_code, made) == (
        201,
        {
            "id": made["id"],
            "user_id": avery,
            "project_id": sandbox.project("checkout-ios").id,
            "name": "Zebra",
            "filters": OPEN,
            "sort": "users",
            "type": "errors",
            "shared": True,
            "project_default": False,
            "updated_by_id": avery,
            "created_at": "2026-11-20T15:30:00.000Z",
            "updated_at": "2026-11-20T15:30:00.000Z",
            "has_assigned_to_me": False,
            "has_assigned_to": False,
            "has_created_issue_filter": False,
            "has_status_filter": True,
            "new_error_inclusion": "none",
            "open_error_inclusion": "all",
            "for_review_error_inclusion": "none",
            "snoozed_error_inclusion": "none",
            "fixed_error_inclusion": "none",
            "ignored_error_inclusion": "none",
            "additional_filtersets": [],
            "advanced_filters": None,
        },
    )
    assert await sandbox.json(f"/saved_searches/{made['id']}") == made
    assert (await sandbox.json(LIST))[-1] == made


async def test_a_new_search_is_ones_own_and_sorted_by_last_seen_unless_it_says_otherwise(sandbox: Sandbox) -> None:
    made = (await sandbox.client.post("/saved_searches", json=body(sandbox))).json()

    assert (made["shared"], made["sort"]) == (False, "last_seen")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, dict.fromkeys(INCLUSIONS, "all")),
        (
            {"error.status": [{"type": "ne", "value": "fixed"}, {"type": "ne", "value": "ignored"}]},
            {**dict.fromkeys(INCLUSIONS, "all"), "fixed": "none", "ignored": "none"},
        ),
        (
            {**OPEN, "user.id": [{"type": "eq", "value": "7"}]},
            {**dict.fromkeys(INCLUSIONS, "none"), "open": "some"},
        ),
        (
            {**OPEN, "event.since": [{"type": "eq", "value": "7d"}]},
            {**dict.fromkeys(INCLUSIONS, "none"), "open": "all"},
        ),
    ],
)
async def test_how_much_of_each_status_a_search_covers_follows_from_its_filters(
    sandbox: Sandbox, filters: dict[str, object], expected: dict[str, str]
) -> None:
    made = (await sandbox.client.post("/saved_searches", json=body(sandbox, filters=filters))).json()

    assert inclusions(made) == expected


async def test_a_new_default_pushes_the_old_one_aside(sandbox: Sandbox) -> None:
    before = [row["name"] for row in await sandbox.json(LIST) if row["project_default"]]
    await sandbox.client.post("/saved_searches", json=body(sandbox, project_default=True))

    after = [row["name"] for row in await sandbox.json(LIST) if row["project_default"]]
    assert (before, after) == (["Open in production"], ["Zebra"])


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"project_id": None}, 400, "Project id can't be blank"),
        ({"project_id": "0" * 24}, 404, "Project not found"),
        ({"name": ""}, 400, "Name can't be blank"),
        ({"filters": None}, 400, "Filters must be an object"),
        ({"filters": []}, 400, "Filters must be an object"),
        (
            {"filters": {"error.status": "open"}},
            400,
            'Filters Error status must be of the format {"type" : ..., "value" : ...}',
        ),
        (
            {"filters": {"error.status": [{"type": "is", "value": "open"}]}},
            400,
            'Filters Error status must be of the format {"type" : ..., "value" : ...}',
        ),
        ({"project_default": None}, 400, "Project default can't be blank"),
        ({"project_default": "yes"}, 400, "Project default must be a boolean"),
        ({"sort": "unsorted"}, 400, "Sort is not included in the list"),
        ({"shared": "yes"}, 400, "Shared must be a boolean"),
    ],
)
async def test_a_search_that_does_not_fit_is_refused(
    sandbox: Sandbox, given: dict[str, object], status: int, message: str
) -> None:
    before = await sandbox.json(LIST)

    answer = await sandbox.client.post("/saved_searches", json=body(sandbox, **given))

    assert (answer.status_code, answer.json()) == (status, {"errors": [message]})
    assert await sandbox.json(LIST) == before


async def test_the_project_in_the_body_must_be_one_that_the_caller_sees(sandbox: Sandbox) -> None:
    foreign = body(sandbox, project_id=sandbox.project("storefront-web").id)

    answer = await sandbox.client.post("/saved_searches", json=foreign, headers=as_holder(MEMBER_TOKEN))

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Project not found"]})


async def test_a_change_is_answered_with_201_and_touches_nothing_else(sandbox: Sandbox) -> None:
    row = next(row for row in await sandbox.json(LIST) if row["shared"])

    answer = await sandbox.client.patch(
        f"/saved_searches/{row['id']}", json={"name": "Renamed", "sort": "events"}, headers=as_holder(MEMBER_TOKEN)
    )

    mateo = sandbox.world.person("mateo@acme.example").id
    changed = row | {
        "name": "Renamed",
        "sort": "events",
        "updated_by_id": mateo,
        "updated_at": "2026-11-20T15:30:00.000Z",
    }
    assert (answer.status_code, answer.json()) == (201, changed)
    assert await sandbox.json(f"/saved_searches/{row['id']}") == changed


async def test_a_deleted_search_is_gone(sandbox: Sandbox) -> None:
    rows = await sandbox.json(LIST)

    answer = await sandbox.client.delete(f"/saved_searches/{rows[0]['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert await sandbox.json(LIST) == rows[1:]
    assert (await sandbox.get(f"/saved_searches/{rows[0]['id']}")).json() == NOT_FOUND


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_search_that_is_unknown_or_elsewhere_does_not_exist(sandbox: Sandbox, method: str) -> None:
    foreign = (await sandbox.json("/projects/storefront-web/saved_searches?shared=true"))[0]

    for search in (foreign["id"], "0" * 24):
        answer = await sandbox.client.request(
            method, f"/saved_searches/{search}", json={"name": "x"}, headers=as_holder(MEMBER_TOKEN)
        )
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert await sandbox.json(f"/saved_searches/{foreign['id']}") == foreign


async def test_searches_go_with_their_project(sandbox: Sandbox) -> None:
    row = (await sandbox.json(LIST))[0]

    await sandbox.client.delete("/projects/checkout-ios")

    assert (await sandbox.get(f"/saved_searches/{row['id']}")).json() == NOT_FOUND
    assert sandbox.world.searches.find(row["id"]) is None


async def test_somebody_who_may_only_read_saves_nothing(sandbox: Sandbox) -> None:
    row = next(row for row in await sandbox.json(LIST) if row["shared"])
    reader = as_holder(READ_ONLY_TOKEN)

    for method, path in (
        ("POST", "/saved_searches"),
        ("PATCH", f"/saved_searches/{row['id']}"),
        ("DELETE", f"/saved_searches/{row['id']}"),
    ):
        answer = await sandbox.client.request(method, path, json=body(sandbox), headers=reader)
        assert (answer.status_code, answer.json()["code"]) == (403, 40000)
    assert await sandbox.json(f"/saved_searches/{row['id']}") == row


async def test_a_plan_without_saved_searches_refuses_them_all(start: Start) -> None:
    refusal = {"errors": ["Organization requires the performance-comparisons feature"]}
    async with start(manners=Manners(saved_searches=False)) as sandbox:
        for answer in (
            await sandbox.get(LIST),
            await sandbox.get("/saved_searches/" + "0" * 24),
            await sandbox.client.post("/saved_searches", json=body(sandbox)),
        ):
            assert (answer.status_code, answer.json()) == (403, refusal)
