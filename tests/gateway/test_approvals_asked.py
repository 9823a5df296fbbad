"""Who may be asked for an approval, and what is left when nobody waits for the answer (THREATS row 22)."""

import anyio
import pytest

from crashgate.decisions.record import Effect
from crashgate.errors import Code
from crashgate.gateway.approval import ApprovalRequest
from tests.gateway.gate import open_gate, policy, principal
from tests.gateway.test_approvals import APPROVE, DELETE, gate

FULL = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "full"\n'


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
