from typing import Any

import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from crashgate_sandbox.bugsnag.call import Manners
from tests.sandbox.harness import Sandbox, Start

NOT_FOR_TOKENS = {"errors": ["User Token authenticated users cannot create organization"]}
NOT_ADMINISTRATOR = {"errors": ["The requesting user should be an Organization Administrator to perform the action"]}


def as_holder(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


async def changed(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    """What of acme the change made different, told by the answer; a later read says the same."""
    before = await sandbox.json("/organizations/acme")
    answer = await sandbox.patch("/organizations/acme", body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    assert await sandbox.json(f"/organizations/{after['id']}") == after
    return {name: value for name, value in after.items() if before[name] != value}


async def test_a_new_organization_belongs_to_who_made_it_and_counts_its_slug_up(sandbox: Sandbox) -> None:
    made = [(await sandbox.client.post("/organizations", json={"name": "testOrg"})).json() for _ in range(3)]

    avery = sandbox.world.person("avery@acme.example")
    assert [one["slug"] for one in made] == ["testorg", "testorg-1", "testorg-2"]
    assert len({one["id"] for one in made} | {one["api_key"] for one in made}) == 6
    assert made[0] == await sandbox.json(f"/organizations/{made[0]['id']}")
    assert (made[0]["creator"], made[0]["auto_upgrade"], made[0]["billing_emails"]) == (
        {"id": avery.id, "name": avery.name, "email": avery.email},
        True,
        [avery.email],
    )
    assert await sandbox.json(f"/organizations/{made[0]['id']}/projects") == []
    assert [row["slug"] for row in await sandbox.json("/user/organizations?admin=true")] == [
        "acme",
        "globex",
        "testorg",
        "testorg-1",
        "testorg-2",
    ]


async def test_a_new_organization_does_not_exist_for_others(sandbox: Sandbox) -> None:
    made = (await sandbox.client.post("/organizations", json={"name": "Secret"})).json()

    answer = await sandbox.get(f"/organizations/{made['id']}", headers=as_holder(MEMBER_TOKEN))

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Organization not found"]})


@pytest.mark.parametrize("token", [MEMBER_TOKEN, READ_ONLY_TOKEN])
async def test_only_an_administrators_token_makes_an_organization(sandbox: Sandbox, token: str) -> None:
    answer = await sandbox.client.post("/organizations", json={"name": "testOrg"}, headers=as_holder(token))

    assert (answer.status_code, answer.json()) == (400, NOT_FOR_TOKENS)


async def test_the_recorded_refusal_of_every_token_can_be_switched_on(start: Start) -> None:
    async with start(manners=Manners(tokens_create_organizations=False)) as sandbox:
        answer = await sandbox.client.post("/organizations", json={"name": "testOrg"})

        assert (answer.status_code, answer.json()) == (400, NOT_FOR_TOKENS)
        assert len(sandbox.world.organizations) == 2


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}, {"name": 7}, {"name": None}])
async def test_an_organization_needs_a_name(sandbox: Sandbox, body: dict[str, object]) -> None:
    answer = await sandbox.client.post("/organizations", json=body)

    assert (answer.status_code, answer.json()) == (400, {"errors": ["Name can't be blank"]})


async def test_a_change_that_repeats_the_name_changes_the_rest_alone(sandbox: Sandbox) -> None:
    body = {"name": "Acme Retail", "auto_upgrade": True, "billing_emails": ["b@acme.example"], "invoice_address": "x"}

    assert await changed(sandbox, body) == {
        "auto_upgrade": True,
        "billing_emails": ["b@acme.example"],
        "updated_at": "2026-11-20T15:30:00.000Z",
    }


async def test_another_name_makes_another_slug(sandbox: Sandbox) -> None:
    assert await changed(sandbox, {"name": "updated_name", "auto_upgrade": False}) == {
        "name": "updated_name",
        "slug": "updated-name",
        "upgrade_url": (
            f"{sandbox.base_url}/settings/updated-name/plans-billing?plansBilling%5Bstep%5D=collaborators-and-events"
        ),
        "updated_at": "2026-11-20T15:30:00.000Z",
    }
    assert (await sandbox.get("/organizations/acme")).status_code == 404
    assert len(await sandbox.json("/organizations/updated-name/projects")) == 5


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"auto_upgrade": True}, "Name can't be blank"),
        ({"name": "Acme"}, "Auto upgrade can't be blank"),
        ({"name": "Acme", "auto_upgrade": "yes"}, "Auto upgrade must be a boolean"),
        ({"name": "Acme", "auto_upgrade": True, "billing_emails": "me"}, "Billing emails must be an array"),
    ],
)
async def test_a_change_without_name_or_auto_upgrade_is_refused(
    sandbox: Sandbox, body: dict[str, object], message: str
) -> None:
    before = await sandbox.json("/organizations/acme")

    answer = await sandbox.patch("/organizations/acme", body)

    assert (answer.status_code, answer.json()) == (400, {"errors": [message]})
    assert await sandbox.json("/organizations/acme") == before


async def test_a_deleted_organization_is_gone_with_its_projects(sandbox: Sandbox) -> None:
    error = sandbox.errors("storefront-web")[0]

    answer = await sandbox.client.delete("/organizations/globex")

    assert (answer.status_code, answer.content) == (204, b"")
    assert [row["slug"] for row in await sandbox.json("/user/organizations")] == ["acme"]
    for path in ("/organizations/globex", "/projects/storefront-web", f"/errors/{error.id}/latest_event"):
        assert (await sandbox.get(path)).status_code == 404
    assert len(sandbox.errors("checkout-ios")) == 78


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_plain_member_may_neither_change_nor_delete_an_organization(sandbox: Sandbox, method: str) -> None:
    body = {"name": "Mine", "auto_upgrade": True}

    answer = await sandbox.client.request(method, "/organizations/acme", json=body, headers=as_holder(MEMBER_TOKEN))

    assert (answer.status_code, answer.json()) == (403, NOT_ADMINISTRATOR)
    assert (await sandbox.json("/organizations/acme"))["name"] == "Acme Retail"


async def test_a_reset_brings_organizations_back(sandbox: Sandbox) -> None:
    before = await sandbox.json("/user/organizations")
    await sandbox.client.delete("/organizations/acme")
    await sandbox.client.post("/organizations", json={"name": "Other"})

    await sandbox.client.post("/_sandbox/reset")

    assert await sandbox.json("/user/organizations") == before
