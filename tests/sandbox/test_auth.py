import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN, SANDBOX_TOKEN
from tests.sandbox.harness import Sandbox, Start

ROLE_TOO_LOW = {"errors": ["Insufficient Project Role for performing requested action"], "code": 40000}


def as_holder(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


@pytest.mark.parametrize(
    "authorization", ["", f"Bearer {SANDBOX_TOKEN}", "token wrong", "token", "Basic YTpi", SANDBOX_TOKEN]
)
async def test_anything_but_the_word_token_and_a_known_token_is_a_401(sandbox: Sandbox, authorization: str) -> None:
    answer = await sandbox.get("/user/organizations", headers={"Authorization": authorization})

    assert (answer.status_code, answer.json()) == (401, {"errors": ["Invalid or missing auth token"]})
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


async def test_the_token_may_stand_in_the_query_and_then_gets_into_links(sandbox: Sandbox) -> None:
    path = f"/organizations/acme/projects?per_page=2&auth_token={SANDBOX_TOKEN}"

    answer = await sandbox.get(path, headers={"Authorization": ""})

    assert answer.status_code == 200
    assert f"auth_token={SANDBOX_TOKEN}" in answer.headers["link"]


async def test_a_token_of_ones_own_replaces_the_documented_one(start: Start) -> None:
    async with start(token="mine") as sandbox:
        assert (await sandbox.get("/user/organizations")).status_code == 200
        refused = await sandbox.get("/user/organizations", headers=as_holder(SANDBOX_TOKEN))
        assert refused.status_code == 401


async def test_without_a_token_of_its_own_the_sandbox_takes_any(start: Start) -> None:
    async with start(token=None) as sandbox:
        assert (await sandbox.get("/user/organizations", headers=as_holder("whatever"))).status_code == 200
        assert (await sandbox.get("/user/organizations", headers={"Authorization": ""})).status_code == 401


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/organizations/globex", "Organization not found"),
        ("/organizations/globex/projects", "Organization not found"),
        ("/projects/storefront-web", "Project not found"),
        ("/projects/storefront-web/errors", "Project not found"),
    ],
)
async def test_what_a_member_may_not_see_does_not_exist(sandbox: Sandbox, path: str, message: str) -> None:
    hidden = await sandbox.get(path, headers=as_holder(MEMBER_TOKEN))
    absent = await sandbox.get(path.replace("globex", "nothing").replace("storefront-web", "nothing"))

    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json()) == (404, {"errors": [message]})


async def test_the_latest_event_of_an_error_elsewhere_does_not_exist_for_a_member(sandbox: Sandbox) -> None:
    error = sandbox.errors("storefront-web")[0]

    answer = await sandbox.get(f"/errors/{error.id}/latest_event", headers=as_holder(MEMBER_TOKEN))

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Error not found"]})


@pytest.mark.parametrize("operation", ["fix", "open", "ignore", "unlink_issue"])
async def test_a_plain_member_may_triage(sandbox: Sandbox, operation: str) -> None:
    path = f"/projects/checkout-ios/errors/{sandbox.errors('checkout-ios')[0].id}"

    answer = await sandbox.client.patch(path, json={"operation": operation}, headers=as_holder(MEMBER_TOKEN))

    assert answer.status_code == 200


@pytest.mark.parametrize("operation", ["delete", "discard", "undiscard"])
async def test_a_plain_member_may_not_lose_data(sandbox: Sandbox, operation: str) -> None:
    error = sandbox.errors("checkout-ios")[0]
    before = sandbox.world.state(error)

    answer = await sandbox.client.patch(
        f"/projects/checkout-ios/errors/{error.id}", json={"operation": operation}, headers=as_holder(MEMBER_TOKEN)
    )

    assert (answer.status_code, answer.json()) == (403, ROLE_TOO_LOW)
    assert sandbox.world.state(error) == before


@pytest.mark.parametrize("token", [MEMBER_TOKEN, READ_ONLY_TOKEN])
@pytest.mark.parametrize("suffix", ["/errors/{error}", "/errors", "/api_key"])
async def test_deletes_need_more_than_a_plain_member(sandbox: Sandbox, token: str, suffix: str) -> None:
    error = sandbox.errors("checkout-ios")[0]
    path = f"/projects/checkout-ios{suffix.format(error=error.id)}"

    answer = await sandbox.client.delete(path, headers=as_holder(token))

    assert (answer.status_code, answer.json()) == (403, ROLE_TOO_LOW)
    assert len(sandbox.errors("checkout-ios")) == 78


async def test_only_an_organization_administrator_deletes_a_project_and_the_refusal_has_no_code(
    sandbox: Sandbox,
) -> None:
    answer = await sandbox.client.delete("/projects/checkout-ios", headers=as_holder(MEMBER_TOKEN))

    refusal = {"errors": ["Must be an Organization Administrator to delete projects"]}
    assert (answer.status_code, answer.json()) == (403, refusal)


async def test_somebody_who_may_only_read_changes_nothing(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]
    path = f"/projects/checkout-ios/errors/{error.id}"

    assert (await sandbox.get(path, headers=as_holder(READ_ONLY_TOKEN))).status_code == 200
    answer = await sandbox.client.patch(path, json={"operation": "fix"}, headers=as_holder(READ_ONLY_TOKEN))

    assert (answer.status_code, answer.json()) == (403, ROLE_TOO_LOW)
    assert sandbox.world.state(error).status == "open"
