from typing import Any

import pytest

from tests.sandbox.harness import Sandbox

BLANK = ["Operation must not be blank", "Operation is not included in the list"]
UNKNOWN = ["Operation is not included in the list"]


def path(sandbox: Sandbox, number: int = 0) -> str:
    return f"/projects/checkout-ios/errors/{sandbox.errors('checkout-ios')[number].id}"


async def changed(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    """What of the headline error the change made different, told by the answer; a later read says the same."""
    before = await sandbox.json(path(sandbox))
    answer = await sandbox.patch(path(sandbox), body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    assert await sandbox.json(path(sandbox)) == after
    return {name: value for name, value in after.items() if before[name] != value}


@pytest.mark.parametrize(("operation", "status"), [("fix", "fixed"), ("ignore", "ignored")])
async def test_fix_and_ignore_change_the_status_and_nothing_else(sandbox: Sandbox, operation: str, status: str) -> None:
    assert await changed(sandbox, {"operation": operation}) == {"status": status}


async def test_open_takes_a_snooze_and_its_rules_back(sandbox: Sandbox) -> None:
    await changed(sandbox, {"operation": "snooze", "reopen_rules": {"reopen_if": "occurs_after", "seconds": 60}})

    assert await changed(sandbox, {"operation": "open"}) == {"status": "open", "reopen_rules": None}


@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        ({"reopen_if": "occurs_after", "seconds": 3600}, {"reopen_after": "2026-11-20T16:30:00.000Z"}),
        ({"reopen_if": "n_occurrences_in_m_hours", "occurrences": 5, "hours": 2}, {}),
        ({"reopen_if": "n_additional_occurrences", "additional_occurrences": 10}, {"occurrence_threshold": 622}),
        ({"reopen_if": "n_additional_users", "additional_users": 100_000}, {}),
    ],
)
async def test_a_snooze_shows_its_rule_and_what_follows_from_it(
    sandbox: Sandbox, rules: dict[str, object], shown: dict[str, object]
) -> None:
    assert await changed(sandbox, {"operation": "snooze", "reopen_rules": rules}) == {
        "status": "snoozed",
        "reopen_rules": rules | shown,
    }


async def test_assign_takes_a_person_or_a_team_and_a_blank_takes_both_away(sandbox: Sandbox) -> None:
    priya = sandbox.world.person("priya@acme.example").id
    team = (await sandbox.patch(path(sandbox), {"operation": "assign", "assigned_team_id": "unknown"})).json()
    assert team == {"errors": ["Team not found"]}

    assert await changed(sandbox, {"operation": "assign", "assigned_collaborator_id": priya}) == {
        "assigned_collaborator_id": priya
    }
    assert await changed(sandbox, {"operation": "assign", "assigned_collaborator_id": None}) == {
        "assigned_collaborator_id": None
    }


async def test_override_severity_keeps_the_original(sandbox: Sandbox) -> None:
    assert await changed(sandbox, {"operation": "override_severity", "severity": "info"}) == {
        "severity": "info",
        "overridden_severity": "info",
    }


async def test_a_severity_beside_another_operation_is_ignored(sandbox: Sandbox) -> None:
    assert await changed(sandbox, {"operation": "fix", "severity": "warn"}) == {"status": "fixed"}


async def test_a_linked_issue_shows_until_it_is_unlinked(sandbox: Sandbox) -> None:
    url = "https://tracker.example/browse/CHK-77"

    linked = await changed(sandbox, {"operation": "link_issue", "issue_url": url})
    unlinked = await changed(sandbox, {"operation": "unlink_issue"})

    issue = {"id": linked["created_issue"]["id"], "key": "CHK-77", "number": 77, "type": "url", "url": url}
    assert linked == {"linked_issues": [issue], "created_issue": issue}
    assert unlinked == {"linked_issues": [], "created_issue": {}}


async def test_discard_answers_204_and_undiscard_takes_it_back(sandbox: Sandbox) -> None:
    answer = await sandbox.patch(path(sandbox), {"operation": "discard"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await sandbox.json(path(sandbox)))["discarded"] is True
    assert await changed(sandbox, {"operation": "undiscard"}) == {"discarded": False}


async def test_the_delete_operation_answers_204_and_removes_the_error(sandbox: Sandbox) -> None:
    gone = path(sandbox)

    answer = await sandbox.patch(gone, {"operation": "delete"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await sandbox.get(gone)).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "messages"),
    [
        ({}, 400, BLANK),
        ({"operation": ""}, 400, BLANK),
        ({"operation": None}, 400, BLANK),
        ({"operation": "unassign"}, 400, UNKNOWN),
        ({"operation": "unsnooze"}, 400, UNKNOWN),
        ({"operation": "reopen"}, 400, UNKNOWN),
        ({"operation": "archive"}, 400, UNKNOWN),
        ({"operation": "snooze"}, 400, ["Reopen rules reopen_rules required when operation is snooze"]),
        (
            {"operation": "snooze", "reopen_rules": {"reopen_if": "never"}},
            400,
            ["Reopen rules reopen_if is not included in the list"],
        ),
        (
            {"operation": "snooze", "reopen_rules": {"reopen_if": "occurs_after", "seconds": 0}},
            400,
            ["Reopen rules seconds must be greater than 0"],
        ),
        (
            {"operation": "snooze", "reopen_rules": {"reopen_if": "n_additional_users", "additional_users": 100_001}},
            400,
            ["Reopen rules additional_users must be less than or equal to 100000"],
        ),
        ({"operation": "link_issue"}, 400, ["Issue url must not be blank"]),
        ({"operation": "override_severity", "severity": "warn"}, 400, ["Severity is not included in the list"]),
        ({"operation": "create_issue", "issue_title": "x"}, 404, ["No issue tracker configured"]),
        ({"operation": "assign", "assigned_collaborator_id": "0" * 24}, 404, ["User not found"]),
        (
            {"operation": "assign", "assigned_collaborator_id": "0" * 24, "assigned_team_id": "1" * 24},
            400,
            ["Assigned collaborator and assigned team are mutually exclusive"],
        ),
    ],
)
async def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(
    sandbox: Sandbox, body: dict[str, object], status: int, messages: list[str]
) -> None:
    before = await sandbox.json(path(sandbox))

    answer = await sandbox.patch(path(sandbox), body)

    assert (answer.status_code, answer.json()) == (status, {"errors": messages})
    assert await sandbox.json(path(sandbox)) == before


async def test_a_person_of_another_organization_cannot_be_assigned(sandbox: Sandbox) -> None:
    dana = sandbox.world.person("dana@globex.example").id

    answer = await sandbox.patch(path(sandbox), {"operation": "assign", "assigned_collaborator_id": dana})

    assert (answer.status_code, answer.json()) == (404, {"errors": ["User not found"]})


@pytest.mark.parametrize("content", [b"{", b"[]", b'"fix"'])
async def test_a_body_that_is_no_json_object_is_a_400(sandbox: Sandbox, content: bytes) -> None:
    answer = await sandbox.client.patch(path(sandbox), content=content)

    assert answer.status_code == 400


async def test_a_change_of_one_error_leaves_all_others_as_they_were(sandbox: Sandbox) -> None:
    query = "/projects/checkout-ios/errors?per_page=100&sort=first_seen"
    before = await sandbox.json(query)

    await sandbox.patch(path(sandbox), {"operation": "fix"})

    after = await sandbox.json(query)
    different = [row["id"] for row, earlier in zip(after, before, strict=True) if row != earlier]
    assert different == [sandbox.errors("checkout-ios")[0].id]
