"""A user who is asked at the agent's client: who may be, and what the answer is good for (THREATS rows 22, 28, 31)."""

from typing import Any

import anyio
import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code
from crashgate.gate.approval_requests import ApprovalRequest, AskUser, Standing, Way
from crashgate.policy.policy import PolicySet
from crashgate.tools.call_result import Answer
from tests.gate.approvals import APPROVE, DELETE, answer_newest, changes_sent, gate, kept
from tests.gate.gate import Gate, open_gate, policy, principal

FULL = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "full"\n'
YES, NO = True, False


async def _asked(opened: Gate, ask_user: AskUser, **arguments: object) -> Answer:
    return await opened.toolbox.call(principal(), "delete_error", {**DELETE, **arguments}, ask_user=ask_user)


def _says(*answers: bool | None) -> tuple[AskUser, list[ApprovalRequest]]:
    """A person who answers so, and what was asked."""
    asked: list[ApprovalRequest] = []
    said = iter(answers)

    async def ask_user(request: ApprovalRequest) -> bool | None:
        await anyio.lowlevel.checkpoint()
        asked.append(request)
        return next(said)

    return ask_user, asked


@pytest.mark.threats(22)
async def test_where_the_policy_forbids_it_the_client_is_not_asked() -> None:
    # Guards: ask_client in Approvals.granted. A client that says yes by itself would otherwise be enough.
    asked: list[ApprovalRequest] = []

    async def ask_user(request: ApprovalRequest) -> bool | None:
        await anyio.lowlevel.checkpoint()
        asked.append(request)
        return True

    opened = open_gate(policy(f"{FULL}{APPROVE}ask_client = false\n"))
    answer = await opened.toolbox.call(principal(), "delete_error", DELETE, ask_user=ask_user)

    assert (answer.error, asked) == (Code.APPROVAL_REQUIRED, [])


@pytest.mark.threats(28)
async def test_a_call_that_is_given_up_while_a_person_is_asked_has_a_record() -> None:
    # Guards: the cancelled branch of Gateway._admitted.
    opened, asked = gate(), anyio.Event()

    async def ask_user(_: ApprovalRequest) -> bool | None:
        asked.set()
        await anyio.sleep_forever()
        return True

    async def call() -> None:
        await opened.toolbox.call(principal(), "delete_error", DELETE, ask_user=ask_user)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await asked.wait()
        group.cancel_scope.cancel()

    last = [each for each in opened.log.decisions if each.parent is None][-1]
    assert (last.effect, last.reason, last.operation) == (Effect.DENY, "undecided", "bugsnag.errors.delete")


@pytest.mark.threats(22)
async def test_a_yes_in_the_client_is_good_for_this_one_call() -> None:
    opened = gate()
    ask_user, asked = _says(YES, None)
    made = await _asked(opened, ask_user)
    again = await _asked(opened, ask_user)

    assert (made.error, again.error) == (None, Code.APPROVAL_REQUIRED)
    assert len(changes_sent(opened)) == 1
    first, second = await kept(opened)
    assert [each.id for each in asked] == [first.id, second.id]
    assert (first.standing, first.way, first.answered_by) == (
        Standing.USED,
        Way.CLIENT,
        "the user at the agent's client",
    )
    assert [each.approval for each in opened.log.decisions if each.parent is None] == [first.id, second.id]


@pytest.mark.ablation("nothing but a plain yes is one")
@pytest.mark.threats(22)
@pytest.mark.parametrize("said", [NO, "yes", 1])
async def test_whatever_is_no_plain_yes_is_a_no(said: Any) -> None:  # noqa: ANN401 - what a client may send
    opened = gate()
    ask_user, _ = _says(said)
    answer = await _asked(opened, ask_user)

    assert (answer.error, changes_sent(opened)) == (Code.APPROVAL_REJECTED, [])
    assert opened.log.decisions[-1].reason == "approval_rejected"


async def test_where_the_client_gives_no_answer_the_request_waits_for_the_operator() -> None:
    opened = gate()
    ask_user, _ = _says(None)
    waiting = await _asked(opened, ask_user)
    await answer_newest(opened)
    made = await opened.call("delete_error", DELETE)

    assert (waiting.error, made.error) == (Code.APPROVAL_REQUIRED, None)


@pytest.mark.threats(22)
async def test_nobody_is_asked_about_what_the_operator_rejected() -> None:
    opened = gate()
    await opened.call("delete_error", DELETE)
    await answer_newest(opened, approved=False)
    ask_user, asked = _says(YES)

    assert (await _asked(opened, ask_user)).error is Code.APPROVAL_REJECTED
    assert asked == []


@pytest.mark.ablation("a yes under an older policy comes too late")
@pytest.mark.threats(22, 31)
async def test_a_yes_after_the_policy_changed_comes_too_late() -> None:
    # Guards: the comparison of policies in Gateway._permitted after the person was asked.
    opened = gate()

    async def ask_user(_: ApprovalRequest) -> bool | None:
        await anyio.lowlevel.checkpoint()
        opened.policies.policies = PolicySet([policy("")])
        return True

    answer = await _asked(opened, ask_user)

    assert (answer.error, changes_sent(opened)) == (Code.NOT_AVAILABLE, [])
    assert opened.log.decisions[-1].effect is Effect.DENY


@pytest.mark.threats(22)
async def test_a_yes_after_the_request_expired_comes_too_late() -> None:
    opened = gate()

    async def ask_user(_: ApprovalRequest) -> bool | None:
        await anyio.lowlevel.checkpoint()
        opened.clock.passed += 600
        return True

    answer = await _asked(opened, ask_user)

    assert (answer.error, changes_sent(opened)) == (Code.APPROVAL_REQUIRED, [])
