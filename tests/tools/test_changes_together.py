"""Several changes by one call: all are decided before the first is sent, and what was done is told."""

from typing import Any

import pytest

from crashgate.errors import Code
from crashgate.gate.approval_requests import Standing, Way
from tests.gate.gate import IOS, Gate, failing, open_gate, policy

OTHER = f"5f{7:020x}20"
WRITES = """
[[grant]]
connection = "bugsnag"
projects = ["checkout-ios"]
access.error = "write"
access.comment = "write"
"""
READS_COMMENTS = WRITES.replace('comment = "write"', 'comment = "read"')
APPROVED = f'{WRITES}[approve]\noperations = ["bugsnag.errors.fix_many", "bugsnag.comments.create"]\n'
CALL: dict[str, Any] = {
    "error_ids": [IOS.error],
    "operation": "fix",
    "comment": "See the pull request.",
    "issue_url": "https://github.com/acme/app/pull/7",
    "release": "4.18.1",
}
CHANGES = [
    f"PATCH /projects/{IOS.id}/errors?error_ids%5B%5D={IOS.error}",
    f"PATCH /projects/{IOS.id}/errors?error_ids%5B%5D={IOS.error}",
    f"POST /projects/{IOS.id}/errors/{IOS.error}/comments",
]


def sent(gate: Gate) -> list[str]:
    """The changes that left."""
    return [line for line in gate.upstream.lines if not line.startswith("GET")]


async def test_one_call_resolves_links_the_pull_request_and_comments() -> None:
    gate = open_gate(policy(WRITES))

    answer = await gate.call("update_error", CALL)

    assert answer.error is None, answer.text
    assert sent(gate) == CHANGES
    assert gate.upstream.received[-1].body == b'{"message":"Fixed in 4.18.1. See the pull request."}'
    assert answer.content["done"] == [
        "resolved 1 error",
        "linked an issue to 1 error",
        f"commented on error {IOS.error}",
    ]
    assert [each.operation for each in gate.log.decisions if each.parent is None] == [
        "bugsnag.errors.fix_many",
        "bugsnag.errors.link_issue_many",
        "bugsnag.comments.create",
    ]


@pytest.mark.ablation("changes made together are all decided before one is sent")
async def test_where_one_change_is_refused_none_is_sent() -> None:
    gate = open_gate(policy(READS_COMMENTS))

    answer = await gate.call("update_error", CALL)

    assert answer.error is Code.NOT_AVAILABLE
    assert sent(gate) == []
    refusals = [each.operation for each in gate.log.decisions if each.effect == "deny"]
    assert refusals == ["bugsnag.comments.create"]
    # What needs no comment is still possible.
    assert (await gate.call("update_error", {**CALL, "comment": None, "release": None})).error is None


@pytest.mark.ablation("an addition that is not open is not offered")
async def test_an_addition_is_offered_where_it_is_open() -> None:
    gate = open_gate(policy(READS_COMMENTS))
    (definition,) = [each for each in gate.toolbox.listed("triage-agent") if each.name == "update_error"]

    assert "issue_url" in definition.input_schema["properties"]
    assert not {"comment", "release"} & set(definition.input_schema["properties"])


@pytest.mark.ablation("of changes made together each has the approval that it needs before one is sent")
async def test_where_a_person_has_to_approve_changes_all_are_asked_for_and_none_is_sent() -> None:
    gate = open_gate(policy(APPROVED))

    answer = await gate.call("update_error", CALL)
    requests = await gate.approvals.all()

    assert answer.error is Code.APPROVAL_REQUIRED
    assert sent(gate) == []
    assert [each.operation for each in requests] == ["bugsnag.errors.fix_many", "bugsnag.comments.create"]


async def test_once_a_person_has_approved_them_all_the_same_call_makes_them() -> None:
    gate = open_gate(policy(APPROVED))
    await gate.call("update_error", CALL)
    for each in await gate.approvals.all():
        await gate.approvals.answer(each.id, approved=True, by="ops", way=Way.CLI, now=gate.clock.now())

    answer = await gate.call("update_error", CALL)

    assert answer.error is None, answer.text
    assert sent(gate) == CHANGES
    assert {each.standing for each in await gate.approvals.all()} == {Standing.USED}


@pytest.mark.ablation("what changes made together answer is noted before the first is sent")
async def test_what_one_change_answers_asks_nobody_about_the_others_of_its_call_but_about_later_ones() -> None:
    gate = open_gate(policy(f"{WRITES}[approve]\nafter_untrusted_minutes = 10\n"))

    together = await gate.call("update_error", CALL)
    later = await gate.call("update_error", {**CALL, "operation": "open"})

    assert together.error is None, together.text
    assert later.error is Code.APPROVAL_REQUIRED


@pytest.mark.ablation("after a change that failed none is sent")
async def test_after_a_failure_the_answer_lists_what_was_done_and_what_was_not() -> None:
    gate = open_gate(policy(WRITES))
    first = f"/projects/{IOS.id}/errors/{IOS.error}/comments"
    gate.upstream.answers[first] = failing(422)

    answer = await gate.call("update_error", {**CALL, "error_ids": [IOS.error, OTHER]})

    assert answer.error is None
    assert len(sent(gate)) == 3
    assert answer.content["done"] == ["resolved 2 errors", "linked an issue to 2 errors"]
    assert answer.content["not_done"] == [
        f"commented on error {IOS.error}: upstream_rejected",
        f"commented on error {OTHER}: not sent",
    ]
    assert answer.text.startswith("Only a part was done: resolved 2 errors;")
    assert [each.result for each in gate.log.outcomes][-1] == "cancelled"


@pytest.mark.ablation("changes made together are as many as one call may send")
async def test_more_changes_than_one_call_may_send_are_refused() -> None:
    gate = open_gate(policy(WRITES))

    answer = await gate.call("update_error", {**CALL, "error_ids": [f"{number:024x}" for number in range(20)]})

    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text.startswith("These are 22 changes, and one call sends 12 at most.")
    assert sent(gate) == []


async def test_links_to_errors_of_one_project_are_taken_as_ids() -> None:
    gate = open_gate(policy(WRITES))
    link = f"https://app.bugsnag.com/acme/checkout-ios/errors/{IOS.error}"

    several = await gate.call("update_error", {"error_ids": [link, OTHER], "operation": "ignore"})
    one = await gate.call("update_error", {"error_ids": link, "operation": "ignore"})

    assert (several.error, one.error) == (None, None)
    assert sent(gate) == [
        f"PATCH /projects/{IOS.id}/errors?error_ids%5B%5D={IOS.error}&error_ids%5B%5D={OTHER}",
        f"PATCH /projects/{IOS.id}/errors/{IOS.error}",
    ]
