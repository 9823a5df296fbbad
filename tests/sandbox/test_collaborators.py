import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from tests.sandbox.harness import Sandbox

ROLE_REQUIRED = {"errors": ["Organization Administrator role required"]}
ACME = {
    "avery@acme.example",
    "mateo@acme.example",
    "rin@acme.example",
    "sofia@acme.example",
    "jonas@acme.example",
    "priya@acme.example",
    "noor@acme.example",
}


def as_holder(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


async def test_an_organization_lists_its_people_and_who_came_last_first(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/organizations/acme/collaborators")

    rows = answer.json()
    assert {row["email"] for row in rows} == ACME
    assert answer.headers["x-total-count"] == "7"
    times = [row["created_at"] for row in rows]
    assert times == sorted(times, reverse=True)


async def test_somebody_who_has_not_accepted_yet_has_no_name(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/organizations/acme/collaborators")

    assert [(row["email"], row["name"], row["last_request_at"]) for row in rows if row["pending_invitation"]] == [
        ("noor@acme.example", None, None)
    ]


async def test_following_the_links_gives_everybody_once(sandbox: Sandbox) -> None:
    pages = await sandbox.pages("/organizations/acme/collaborators?per_page=3")

    assert [len(page) for page in pages] == [3, 3, 1]
    assert {row["email"] for page in pages for row in page} == ACME


@pytest.mark.parametrize("q", ["ferreira", "FERREIRA", "mateo@"])
async def test_people_are_found_by_name_or_address(sandbox: Sandbox, q: str) -> None:
    rows = await sandbox.json(f"/organizations/acme/collaborators?q={q}")

    assert [row["name"] for row in rows] == ["Mateo Ferreira"]


@pytest.mark.parametrize("token", [MEMBER_TOKEN, READ_ONLY_TOKEN])
async def test_only_an_administrator_sees_an_organizations_people_and_the_refusal_has_no_code(
    sandbox: Sandbox, token: str
) -> None:
    mateo = sandbox.world.person("mateo@acme.example").id

    for path in ("/organizations/acme/collaborators", f"/organizations/acme/collaborators/{mateo}"):
        answer = await sandbox.get(path, headers=as_holder(token))
        assert (answer.status_code, answer.json()) == (403, ROLE_REQUIRED)


async def test_a_plain_member_sees_a_projects_people(sandbox: Sandbox) -> None:
    listed = await sandbox.get("/projects/checkout-ios/collaborators", headers=as_holder(MEMBER_TOKEN))
    row = listed.json()[0]
    one = await sandbox.get(f"/projects/checkout-ios/collaborators/{row['id']}", headers=as_holder(MEMBER_TOKEN))

    assert {person["email"] for person in listed.json()} == ACME
    assert one.json() == row


async def test_one_person_is_the_row_of_both_lists(sandbox: Sandbox) -> None:
    for row in await sandbox.json("/organizations/acme/collaborators"):
        assert await sandbox.json(f"/organizations/acme/collaborators/{row['id']}") == row
        assert await sandbox.json(f"/projects/checkout-ios/collaborators/{row['id']}") == row


async def test_a_person_shows_every_project_of_the_organization_that_they_see(sandbox: Sandbox) -> None:
    acme = [one.id for one in sandbox.world.projects.values() if one.plan.organization == "acme"]
    avery, mateo = (sandbox.world.person(f"{name}@acme.example").id for name in ("avery", "mateo"))
    await sandbox.patch("/projects/checkout-web", {"collaborator_ids": []})

    admin = await sandbox.json(f"/organizations/acme/collaborators/{avery}")
    member = await sandbox.json(f"/organizations/acme/collaborators/{mateo}")

    web = sandbox.project("checkout-web").id
    assert (admin["is_admin"], admin["project_ids"]) == (True, acme)
    assert admin["project_roles"] == dict.fromkeys(acme, "project_owner")
    left = [one for one in acme if one != web]
    assert (member["is_admin"], member["project_ids"]) == (False, left)
    assert member["project_roles"] == dict.fromkeys(left, "project_member")


async def test_how_safe_an_account_is_stands_beside_the_name(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/projects/checkout-ios/collaborators")

    assert {row["two_factor_enabled"] for row in rows} == {True, False}
    for row in rows:
        assert (row["two_factor_enabled_on"] is not None) is row["two_factor_enabled"]
        assert (row["recovery_codes_remaining"] > 0) is row["two_factor_enabled"]
        assert row["created_at"] < row["password_updated_on"] < "2026-11-20"


async def test_who_lost_a_project_is_not_among_its_people(sandbox: Sandbox) -> None:
    mateo = sandbox.world.person("mateo@acme.example").id
    await sandbox.patch("/projects/checkout-web", {"collaborator_ids": []})

    rows = await sandbox.json("/projects/checkout-web/collaborators")
    one = await sandbox.get(f"/projects/checkout-web/collaborators/{mateo}")
    assigned = await sandbox.patch(
        f"/projects/checkout-web/errors/{sandbox.errors('checkout-web')[0].id}",
        {"operation": "assign", "assigned_collaborator_id": mateo},
    )

    assert {row["email"] for row in rows} == {"avery@acme.example", "priya@acme.example"}
    assert (one.status_code, one.json()) == (404, {"errors": ["User not found"]})
    assert (assigned.status_code, assigned.json()) == (404, {"errors": ["User not found"]})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/organizations/acme/collaborators/{dana}", "User not found"),
        ("/projects/checkout-ios/collaborators/{dana}", "User not found"),
        ("/projects/checkout-ios/collaborators/000000000000000000000000", "User not found"),
        ("/organizations/nothing/collaborators", "Organization not found"),
        ("/projects/nothing/collaborators", "Project not found"),
    ],
)
async def test_people_who_are_not_there_are_a_404(sandbox: Sandbox, path: str, message: str) -> None:
    dana = sandbox.world.person("dana@globex.example").id

    answer = await sandbox.get(path.format(dana=dana))

    assert (answer.status_code, answer.json()) == (404, {"errors": [message]})
