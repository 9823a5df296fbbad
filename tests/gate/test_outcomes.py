"""How a call ended, as the record and the agent are told it (THREATS rows 28 and 33)."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from crashgate.audit.record import Effect, Ending, OutcomeRecord
from crashgate.errors import Code, LogUnavailableError, NotAvailableError, UpstreamError
from crashgate.gate.call import Ask
from crashgate.model.message import Request, Response
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from crashgate.upstream.transport import Fault, TransportError
from tests.gate.gate import IOS, Gate, failing, open_gate, policy, principal

GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    'access.error = "write"\naccess.event = "read"\naccess.project = "read"\n'
)


def gate() -> Gate:
    return open_gate(policy(GRANTS))


def _ask(operation: Any = LIST_ERRORS, **arguments: object) -> Ask:  # noqa: ANN401 - any operation
    return Ask(
        principal=principal(),
        tool="a_tool",
        operation=operation,
        connection="bugsnag",
        arguments={"project_id": "checkout-ios", **arguments},
    )


@pytest.mark.ablation("a failed call has an outcome")
@pytest.mark.parametrize(
    ("status", "ending", "error"),
    [
        (404, Ending.REFUSED, Code.NOT_AVAILABLE),
        (422, Ending.REFUSED, Code.UPSTREAM_REJECTED),
        (401, Ending.REFUSED, Code.UPSTREAM_CREDENTIAL),
        (429, Ending.REFUSED, Code.UPSTREAM_RATE_LIMITED),
        (500, Ending.FAILED, Code.UPSTREAM_UNAVAILABLE),
        (503, Ending.FAILED, Code.UPSTREAM_UNAVAILABLE),
        (302, Ending.FAILED, Code.UPSTREAM_UNAVAILABLE),
        (200, Ending.FAILED, Code.UPSTREAM_MALFORMED),
    ],
)
async def test_the_outcome_tells_a_refusal_from_a_failure(status: int, ending: Ending, error: Code) -> None:
    # decisions.record: refused is the upstream's no (4xx), failed is no usable answer.
    opened = gate()
    opened.upstream.answers[f"/projects/{IOS.id}/errors"] = failing(status)
    with pytest.raises(NotAvailableError if status == 404 else UpstreamError):
        await opened.gateway.run(_ask())

    last = opened.log.outcomes[-1]
    assert (last.result, last.error, last.status, last.requests) == (ending, error, status, 1)


@pytest.mark.parametrize("status", [500, 502, 200])
async def test_a_change_without_a_clear_answer_is_told_as_in_doubt(status: int) -> None:
    # Guards: the same; a gateway in between may answer 502 after the change was made.
    opened = gate()
    opened.upstream.answers[f"/projects/{IOS.id}/errors/{IOS.error}"] = failing(status, b"<html>")
    answer = await opened.call("resolve_error", {"project_id": IOS.id, "error_id": IOS.error})

    assert answer.error is not None
    assert opened.log.sentences[-1].endswith("Whether it was done is not known.")


def _raising(fault: Fault) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        raise TransportError(fault)

    return answer


@pytest.mark.parametrize("fault", Fault)
async def test_an_upstream_without_an_answer_is_a_failure_with_its_request_counted(fault: Fault) -> None:
    opened = gate()
    opened.upstream.answers[f"/projects/{IOS.id}/errors"] = _raising(fault)
    with pytest.raises(UpstreamError):
        await opened.gateway.run(_ask())

    last = opened.log.outcomes[-1]
    assert (last.result, last.status, last.requests) == (Ending.FAILED, None, 1)


@pytest.mark.ablation("a look-up without an answer denies")
@pytest.mark.threats(33)
@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_look_up_without_an_answer_denies(status: int) -> None:
    # Guards: the except for UpstreamError in Gateway._admitted.
    opened = gate()
    opened.upstream.answers["/projects/checkout-ios"] = failing(status)
    with pytest.raises(NotAvailableError):
        await opened.gateway.run(_ask())

    assert (opened.log.decisions[-1].effect, opened.log.decisions[-1].reason) == (Effect.DENY, "undecided")
    assert len(opened.upstream.received) == 1
    assert "Nothing but the look-up was sent." in opened.log.sentences[-1]


async def _cancelled(opened: Gate, work: Callable[[], Awaitable[object]], when: anyio.Event) -> None:
    async with anyio.create_task_group() as tasks:

        async def doing() -> None:
            await work()

        tasks.start_soon(doing)
        await when.wait()
        tasks.cancel_scope.cancel()
    assert opened.log.records != []


@pytest.mark.ablation("an outcome is stored although its caller gave up", "a call that was given up has an outcome")
async def test_a_call_given_up_while_it_is_sent_is_recorded_as_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    # Guards: the except for cancellation in Gateway._carried_out, and the shield in Ledger.
    opened, sending = gate(), anyio.Event()
    await opened.gateway.run(_ask())

    async def never(_: Request) -> Response:
        sending.set()
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(opened.upstream, "send", never)
    await _cancelled(opened, lambda: opened.gateway.run(_ask()), sending)

    last = opened.log.outcomes[-1]
    assert (last.result, last.requests, last.call) == (Ending.CANCELLED, 1, opened.log.decisions[-1].call)


@pytest.mark.ablation(
    "the refusal of a call that was given up during a look-up says that the look-up was sent",
    "a look-up that was given up before it was sent is not called sent",
)
@pytest.mark.parametrize(
    ("moment", "look_up", "call"),
    [
        ("send", "The call was cancelled after 0 ms.", "Nothing but the look-up was sent."),
        ("append", "cancelled before anything was sent", "Nothing was sent."),
    ],
)
async def test_the_records_of_a_call_given_up_during_its_look_up_agree(
    moment: str, look_up: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, reached = gate(), anyio.Event()
    append = opened.log.append

    async def never(_: Request) -> Response:
        reached.set()
        await anyio.sleep_forever()
        raise AssertionError

    async def slow(record: Any) -> Any:  # noqa: ANN401 - any record
        reached.set()
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        return await append(record)

    if moment == "send":
        monkeypatch.setattr(opened.upstream, "send", never)
    else:
        monkeypatch.setattr(opened.log, "append", slow)
    await _cancelled(opened, lambda: opened.gateway.run(_ask()), reached)

    first, second = opened.log.sentences
    assert look_up in first
    assert second.endswith(call)


@pytest.mark.ablation("a decision is stored although its caller gave up")
async def test_a_call_given_up_while_its_decision_is_stored_is_not_sent_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Guards: the checkpoint before sending; the decision is stored, so it needs an outcome too.
    opened, storing = gate(), anyio.Event()
    await opened.gateway.run(_ask())
    sent, append = len(opened.upstream.received), opened.log.append

    async def slow(record: Any) -> Any:  # noqa: ANN401 - any record
        storing.set()
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        return await append(record)

    monkeypatch.setattr(opened.log, "append", slow)
    await _cancelled(opened, lambda: opened.gateway.run(_ask()), storing)

    last = opened.log.outcomes[-1]
    assert (last.result, last.requests, last.call) == (Ending.CANCELLED, 0, opened.log.decisions[-1].call)
    assert len(opened.upstream.received) == sent
    assert "before anything was sent" in opened.log.sentences[-1]


@pytest.mark.ablation(
    "an answer without its outcome is not given", "a change without its outcome is not called refused"
)
@pytest.mark.threats(28)
async def test_a_change_whose_outcome_cannot_be_stored_is_not_told_as_refused() -> None:
    # Guards: the except in Entry.close; an agent that thinks nothing was sent would send it again.
    opened = gate()
    await opened.call("list_errors", {"project_id": IOS.id})
    opened.log.refuse = lambda record: isinstance(record, OutcomeRecord)
    given = {"project_id": IOS.id, "error_id": IOS.error}
    changed, read = await opened.call("resolve_error", given), await opened.call("get_error", given)

    assert changed.error is read.error is Code.LOG_UNAVAILABLE
    assert changed.text == (
        "The decision log cannot store a record. The disk is full. The change was sent before, and may have happened."
        " Check before you try again. Your policy belongs to owner@example.com."
    )
    assert read.text == (
        "The decision log cannot store a record. The disk is full. Tell the operator of crashgate."
        " Your policy belongs to owner@example.com."
    )


async def test_the_log_failing_at_the_outcome_hides_the_answer() -> None:
    opened = gate()
    await opened.gateway.run(_ask())
    opened.log.refuse = lambda record: isinstance(record, OutcomeRecord)
    with pytest.raises(LogUnavailableError):
        await opened.gateway.run(_ask())

    assert opened.log.entries[-1].unknown
    assert opened.log.sentences[-1].endswith("Outcome unknown.")
