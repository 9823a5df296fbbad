"""A call that needs a person's yes: what waits, what the agent is told, and for how long (THREATS rows 22 and 33)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code, StateUnavailableError
from crashgate.gate.approval_requests import ApprovalRequest, Standing
from crashgate.gate.approvals import MOST_WAITING, readable_texts
from crashgate.storage.approvals import SqliteApprovals
from crashgate.tools.call_result import Answer
from tests.catalogue import BY_NAME, OPERATIONS
from tests.gate.approvals import APPROVE, COMMENT, DELETE, GRANTS, answer_newest, changes_sent, gate, kept
from tests.gate.gate import AGENT, IOS, open_gate, policy
from tests.gate.memory import MemoryApprovals


def _told(answer: Answer) -> tuple[Code | None, object]:
    error: dict[str, Any] = answer.content.get("error", {})
    return answer.error, error.get("approval")


@pytest.mark.ablation(
    "an approval is asked for before a call", "a request that waits is no approval", "the record names the approval"
)
@pytest.mark.threats(22)
async def test_without_an_approval_nothing_is_sent_and_a_request_waits() -> None:
    # Guards: Approvals.granted in Gateway._permitted.
    opened = gate()
    answer = await opened.call("delete_error", DELETE)
    (request,) = await kept(opened)

    assert (answer.content["error"]["code"], answer.content["error"]["approval"]) == ("approval_required", request.id)
    assert answer.text.startswith(
        f"A person has to approve this first: delete error {IOS.error} in checkout-ios (bugsnag). The request"
        f" {request.id} waits for an answer until 2026-11-20T15:40:00.000Z. Ask the operator of crashgate to run"
        f" `crashgate approvals approve {request.id}`, then call again with the same arguments. Nothing was sent."
    )
    assert answer.text.endswith(" Your policy belongs to owner@example.com.")
    assert changes_sent(opened) == []
    last = opened.log.decisions[-1]
    assert (last.effect, last.reason, last.approval) == (Effect.DENY, "approval_required", request.id)
    asked = f"a person has to approve it first, and was asked as {request.id}"
    assert last.sentence.endswith(f"was refused: {asked}. Nothing but the look-up was sent.")


async def test_a_request_says_what_would_be_done_and_shows_no_more_than_the_log_may() -> None:
    opened = gate()
    await opened.call("create_comment", COMMENT)
    (request,) = await kept(opened)

    assert replace(request, id="", digest="") == ApprovalRequest(
        id="",
        agent=AGENT,
        tool="create_comment",
        operation="bugsnag.comments.create",
        access=opened.log.decisions[-1].access or pytest.fail("no access"),
        connection="bugsnag",
        target=f"on error {IOS.error}",
        what=f"comment on error {IOS.error} in checkout-ios (bugsnag)",
        digest="",
        policy_hash=opened.policies.policies[AGENT].hash,
        call=opened.log.decisions[-1].call,
        asked=opened.clock.now(),
        expires=request.asked.replace(minute=40),
        minutes=10,
        arguments={"project_id": IOS.id, "error_id": IOS.error},
        hidden=("message",),
        texts={"message": "Seen by me."},
    )
    assert "Seen by me." not in repr(request)


@pytest.mark.threats(22)
async def test_requests_and_approvals_expire(tmp_path: Path) -> None:
    # Guards: the expiry in ApprovalStore.request, answer and use.
    opened = gate(store=SqliteApprovals(tmp_path))
    await opened.call("delete_error", DELETE)
    opened.clock.passed += 600
    late = await answer_newest(opened)
    assert late.standing is Standing.PENDING

    await opened.call("delete_error", DELETE)
    await answer_newest(opened)
    opened.clock.passed += 600
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, changes_sent(opened)) == (Code.APPROVAL_REQUIRED, [])
    assert len(await kept(opened)) == 3


@pytest.mark.threats(22)
async def test_the_same_call_again_asks_nobody_twice() -> None:
    opened = gate()
    told = {_told(await opened.call("delete_error", DELETE)) for _ in range(3)}

    (request,) = await kept(opened)
    assert told == {(Code.APPROVAL_REQUIRED, request.id)}


@pytest.mark.ablation("so many requests wait and no more")
@pytest.mark.threats(22)
async def test_an_agent_cannot_tire_a_person_with_requests() -> None:
    # Guards: MOST_WAITING.
    opened = gate()
    for number in range(MOST_WAITING):
        await opened.call("create_comment", {**COMMENT, "message": str(number)})
    answer = await opened.call("create_comment", COMMENT)

    assert answer.error is Code.RATE_LIMITED
    assert len(await kept(opened)) == MOST_WAITING
    assert opened.log.decisions[-1].reason == "rate_limited"


@pytest.mark.ablation("a rejection is told as one")
@pytest.mark.threats(22)
async def test_what_was_rejected_is_not_asked_again_until_it_expires() -> None:
    opened = gate()
    await opened.call("delete_error", DELETE)
    rejected = await answer_newest(opened, approved=False)
    answer = await opened.call("delete_error", DELETE)

    assert _told(answer) == (Code.APPROVAL_REJECTED, rejected.id)
    refused = opened.log.decisions[-1]
    assert (refused.reason, refused.approval, refused.answered_by) == ("approval_rejected", rejected.id, "olga")
    assert f"refused: olga was asked to approve it as {rejected.id}, and said no." in refused.sentence
    opened.clock.passed += 601
    assert (await opened.call("delete_error", DELETE)).error is Code.APPROVAL_REQUIRED


@pytest.mark.threats(22)
async def test_no_tool_and_no_operation_answers_a_request() -> None:
    opened = gate()
    answer = await opened.call("delete_error", DELETE)
    request = answer.content["error"]["approval"]
    for name in ("approve", "approvals_approve", "approve_request", "answer_approval"):
        assert (await opened.call(name, {"id": request, "approved": True})).error is Code.NOT_AVAILABLE
    smuggled = await opened.call("delete_error", {**DELETE, "approval": request})

    assert smuggled.error is Code.INVALID_ARGUMENTS
    assert [each.standing for each in await kept(opened)] == [Standing.PENDING]
    assert not [name for name in [*BY_NAME, *(each.id for each in OPERATIONS)] if "approv" in name]


async def test_a_call_that_waits_for_a_person_is_no_delete_yet() -> None:
    opened = gate("[limits]\ndeletes_per_hour = 1\n")
    await opened.call("delete_error", DELETE)
    await answer_newest(opened)

    assert (await opened.call("delete_error", DELETE)).error is None


async def test_what_the_policy_refuses_asks_nobody() -> None:
    opened = open_gate(policy(GRANTS.format("bugsnag").replace('"full"', '"read"') + APPROVE))
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, await kept(opened)) == (Code.NOT_AVAILABLE, [])


@pytest.mark.threats(33)
@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (StateUnavailableError("No state.", because="no approval can be found"), Code.STATE_UNAVAILABLE),
        (RuntimeError("a defect"), Code.INTERNAL),
    ],
)
async def test_without_the_store_nothing_is_sent(problem: Exception, code: Code) -> None:
    store = MemoryApprovals()
    store.broken = problem
    opened = gate(store=store)
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, changes_sent(opened)) == (code, [])
    assert opened.log.decisions[-1].effect is Effect.DENY


@pytest.mark.ablation("a text that is too long to be read is not kept in part")
@pytest.mark.threats(45)
@pytest.mark.parametrize(("length", "kept"), [(10_000, ["message"]), (10_001, [])])
def test_a_text_that_nobody_would_read_through_is_named_and_not_kept(length: int, kept: list[str]) -> None:
    # Guards: the length test in approvals.readable_texts; a part of a text would be approved for the whole.
    assert list(readable_texts({"message": "a" * length})) == kept
