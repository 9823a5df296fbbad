import json
from pathlib import Path
from typing import Any

import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from crashgate_sandbox.bugsnag.call import Manners
from tests.sandbox.harness import Sandbox, Start

ROLE_TOO_LOW = {"errors": ["Insufficient Project Role for performing requested action"], "code": 40000}
UNTOUCHED: dict[str, Any] = {
    "assigned_collaborator_id": None,
    "assigned_team_id": None,
    "created_issue": {},
    "linked_issues": [],
    "reopen_rules": None,
    "discarded": False,
}


def ids(sandbox: Sandbox, slug: str = "checkout-ios") -> list[str]:
    """Errors that are open and that nobody did anything to."""
    return [
        one.id
        for one in sandbox.errors(slug)
        if sandbox.world.state(one).status == "open"
        and sandbox.world.state(one).assigned_collaborator_id is None
        and not sandbox.world.state(one).issues
    ][:3]


def path(some: list[str], project: str = "checkout-ios") -> str:
    return f"/projects/{project}/errors?" + "&".join(f"error_ids[]={one}" for one in some)


async def test_the_answer_tells_what_became_of_each_error(sandbox: Sandbox) -> None:
    some = ids(sandbox)

    answer = await sandbox.patch(path(some), {"operation": "fix"})

    fixed = UNTOUCHED | {"status": "fixed"}
    assert (answer.status_code, answer.json()) == (200, {"operation": "fix", **dict.fromkeys(some, fixed)})
    for one in some:
        assert (await sandbox.json(f"/projects/checkout-ios/errors/{one}"))["status"] == "fixed"
    others = [one for one in sandbox.errors("checkout-ios") if one.id not in some]
    assert {sandbox.world.state(one).status for one in others} > {"open"}


async def test_the_recorded_change_with_one_bare_id_gets_the_recorded_answer(start: Start, contracts: Path) -> None:
    text = (contracts / "bugsnag/recorded/031_patch_projects_id_errors_200.json").read_text("utf-8")
    async with start(manners=Manners(old_spellings=True)) as sandbox:
        one = ids(sandbox)[0]
        recorded = json.loads(text.replace("BUGSNAG_ERROR_ID", one))
        query = recorded["request"]["url"].partition("?")[2]
        answer = await sandbox.patch(f"/projects/checkout-ios/errors?{query}", recorded["request"]["body"])

    assert (answer.status_code, answer.json()) == (200, recorded["response"]["body"])


async def test_the_answer_of_2026_names_the_operation_alone(start: Start) -> None:
    async with start(manners=Manners(bulk_tells_errors=False)) as sandbox:
        some = ids(sandbox)
        answer = await sandbox.patch(path(some), {"operation": "ignore"})

        assert (answer.status_code, answer.json()) == (200, {"operation": "ignore"})
        assert {(await sandbox.json(f"/projects/checkout-ios/errors/{one}"))["status"] for one in some} == {"ignored"}


async def test_ids_that_are_not_in_the_project_are_passed_over(sandbox: Sandbox) -> None:
    mine, foreign = ids(sandbox)[0], ids(sandbox, "checkout-web")[0]

    answer = await sandbox.patch(path([foreign, mine, "0" * 24, mine]), {"operation": "fix"})
    nothing = await sandbox.patch(path([foreign, "0" * 24]), {"operation": "fix"})

    assert answer.json() == {"operation": "fix", mine: UNTOUCHED | {"status": "fixed"}}
    assert (nothing.status_code, nothing.json()) == (200, {"operation": "fix"})
    assert sandbox.world.state(sandbox.world.errors[foreign]).status == "open"


async def test_the_answer_calls_the_severity_operation_by_another_name(sandbox: Sandbox) -> None:
    some = ids(sandbox)[:1]

    answer = await sandbox.patch(path(some), {"operation": "override_severity", "severity": "info"})

    assert answer.json() == {"operation": "overridden_severity", some[0]: UNTOUCHED | {"status": "open"}}
    assert (await sandbox.json(f"/projects/checkout-ios/errors/{some[0]}"))["severity"] == "info"


async def test_each_error_is_snoozed_until_its_own_number_of_events(sandbox: Sandbox) -> None:
    some = ids(sandbox)[:2]
    rules = {"reopen_if": "n_additional_occurrences", "additional_occurrences": 10}

    answer = (await sandbox.patch(path(some), {"operation": "snooze", "reopen_rules": rules})).json()

    thresholds = {one: sandbox.world.errors[one].events + 10 for one in some}
    assert {one: answer[one]["reopen_rules"] for one in some} == {
        one: {**rules, "occurrence_threshold": threshold} for one, threshold in thresholds.items()
    }


@pytest.mark.parametrize("operation", ["delete", "discard"])
async def test_delete_and_discard_answer_204_with_no_body(sandbox: Sandbox, operation: str) -> None:
    some = ids(sandbox)

    answer = await sandbox.patch(path(some), {"operation": operation})

    assert (answer.status_code, answer.content) == (204, b"")
    left = {one.id for one in sandbox.errors("checkout-ios")}
    if operation == "delete":
        assert not left & set(some)
        assert len(left) == 75
    else:
        assert {sandbox.world.state(sandbox.world.errors[one]).discarded for one in some} == {True}


async def test_undiscard_takes_a_discard_back(sandbox: Sandbox) -> None:
    some = ids(sandbox)[:1]
    await sandbox.patch(path(some), {"operation": "discard"})

    answer = await sandbox.patch(path(some), {"operation": "undiscard"})

    assert answer.json() == {"operation": "undiscard", some[0]: UNTOUCHED | {"status": "open"}}


@pytest.mark.parametrize("query", ["", "?error_ids=a&error_ids=b", "?errors[]=a"])
async def test_ids_that_are_missing_or_several_without_brackets_are_a_400(sandbox: Sandbox, query: str) -> None:
    answer = await sandbox.patch(f"/projects/checkout-ios/errors{query}", {"operation": "delete"})

    assert (answer.status_code, answer.json()) == (400, {"errors": ["error_ids must be an array"]})
    assert len(sandbox.errors("checkout-ios")) == 78


@pytest.mark.parametrize(
    ("body", "status", "messages"),
    [
        ({}, 400, ["Operation must not be blank", "Operation is not included in the list"]),
        ({"operation": "reopen"}, 400, ["Operation is not included in the list"]),
        ({"operation": "snooze"}, 400, ["Reopen rules reopen_rules required when operation is snooze"]),
        ({"operation": "link_issue"}, 400, ["Issue url must not be blank"]),
        ({"operation": "assign", "assigned_collaborator_id": "0" * 24}, 404, ["User not found"]),
        ({"operation": "create_issue"}, 404, ["No issue tracker configured"]),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_even_when_no_id_is_known(
    sandbox: Sandbox, body: dict[str, object], status: int, messages: list[str]
) -> None:
    answer = await sandbox.patch(path(["0" * 24]), body)

    assert (answer.status_code, answer.json()) == (status, {"errors": messages})


@pytest.mark.parametrize(
    ("token", "operation", "status"),
    [
        (MEMBER_TOKEN, "fix", 200),
        (MEMBER_TOKEN, "delete", 403),
        (MEMBER_TOKEN, "discard", 403),
        (READ_ONLY_TOKEN, "fix", 403),
    ],
)
async def test_many_errors_need_the_role_that_one_needs(
    sandbox: Sandbox, token: str, operation: str, status: int
) -> None:
    headers = {"Authorization": f"token {token}"}

    answer = await sandbox.client.patch(path(ids(sandbox)), json={"operation": operation}, headers=headers)

    assert answer.status_code == status
    if status == 403:
        assert answer.json() == ROLE_TOO_LOW


async def test_a_project_with_a_tracker_opens_a_ticket_for_each_error(sandbox: Sandbox) -> None:
    some = ids(sandbox, "payments-api")[:2]

    answer = (await sandbox.patch(path(some, "payments-api"), {"operation": "create_issue"})).json()

    issues = [answer[one]["created_issue"] for one in some]
    assert [answer[one]["linked_issues"] for one in some] == [[issue] for issue in issues]
    assert len({issue["id"] for issue in issues} | {issue["url"] for issue in issues}) == 4
    for issue in issues:
        assert issue["key"] == f"PAY-{issue['number']}"
        assert (issue["type"], issue["url"]) == ("jira", f"https://tracker.example/browse/{issue['key']}")


async def test_a_second_ticket_stands_before_the_first(sandbox: Sandbox) -> None:
    one = f"/projects/payments-api/errors/{ids(sandbox, 'payments-api')[0]}"

    first = (await sandbox.patch(one, {"operation": "create_issue", "issue_title": "Card refused"})).json()
    second = (await sandbox.patch(one, {"operation": "create_issue"})).json()

    assert second["linked_issues"] == [second["created_issue"], first["created_issue"]]
    assert second["created_issue"] != first["created_issue"]
