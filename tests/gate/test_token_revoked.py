"""A token that is revoked while something runs in its name: that ends, and sends nothing more (THREATS row 39)."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
import pytest

from crashgate.audit.record import Effect, Ending
from crashgate.errors import Code, RevokedError
from crashgate.gate.approval_requests import ApprovalRequest, Standing
from crashgate.gate.call import Ask
from crashgate.identity import Principal, Via
from crashgate.model.message import Request, Response
from crashgate.model.provider import Budget
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from crashgate.upstream.budget import Turns
from tests.gate.gate import AGENT, IOS, Gate, open_gate, policy

OPEN = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "full"\naccess.project = "read"\n'
APPROVE = '[approve]\noperations = ["bugsnag.errors.delete"]\n'
DELETE = {"project_id": IOS.id, "error_id": IOS.error}
LISTING = f"/projects/{IOS.id}/errors"
WHO = Principal(agent=AGENT, via=Via.HTTP, subject="token 0a1b2c", token="0a1b2c")


@dataclass(kw_only=True)
class Tokens:
    """Identities that a test revokes."""

    good: bool = True

    def holds(self, principal: Principal) -> bool:
        return self.good or principal.token is None


def _gate(tokens: Tokens, more: str = "", *, turns: Turns | None = None) -> Gate:
    return open_gate(policy(OPEN + more), identities=tokens, turns=turns)


def _list() -> Ask:
    return Ask(
        principal=WHO,
        tool="list_errors",
        operation=LIST_ERRORS,
        connection="bugsnag",
        arguments={"project_id": IOS.id},
    )


def _listed(gate: Gate) -> list[str]:
    return [line for line in gate.upstream.lines if line.startswith(f"GET {LISTING}")]


async def _read(gate: Gate) -> None:
    """Read a list that has no end, as an export does."""
    async with gate.gateway.reading(_list()) as reading:
        async for _ in reading.pages(None):
            pass


async def _revoked_at(gate: Gate, tokens: Tokens, work: Callable[[], Awaitable[object]], when: anyio.Event) -> None:
    """Start ``work``, revoke the token ``when`` it is far enough, and see it end."""
    ended: list[BaseException] = []

    async def working() -> None:
        try:
            await work()
        except RevokedError as problem:
            ended.append(problem)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(working)
            await when.wait()
            tokens.good = False
            gate.gateway.revocation.end_revoked()
    assert [type(each) for each in ended] == [RevokedError]


@pytest.mark.ablation("no request leaves for a token that was revoked")
@pytest.mark.threats(39)
async def test_an_export_asks_for_no_page_after_its_token_was_revoked() -> None:
    # Guards: the check of the identity in Gateway._check_again; nobody calls end_revoked here.
    tokens = Tokens()
    gate = _gate(tokens)

    def page(request: Request) -> Response:
        tokens.good = len(_listed(gate)) < 3
        links = {"next": f"{request.url.partition('?')[0]}?offset={len(gate.upstream.received)}"}
        return Response(status=200, headers={}, body=json.dumps([]).encode(), links=links)

    gate.upstream.answers[LISTING] = page
    with pytest.raises(RevokedError):
        await _read(gate)

    last = gate.log.outcomes[-1]
    assert (len(_listed(gate)), last.requests, last.error) == (3, 3, Code.TOKEN_REVOKED)


@pytest.mark.ablation("what waits ends with its token")
@pytest.mark.threats(39)
async def test_a_request_that_waits_for_its_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, sending = Tokens(), anyio.Event()
    gate = _gate(tokens)
    await gate.gateway.run(_list())

    async def never(_: Request) -> Response:
        sending.set()
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(gate.upstream, "send", never)
    await _revoked_at(gate, tokens, lambda: _read(gate), sending)

    last = gate.log.outcomes[-1]
    assert (last.result, last.error) == (Ending.CANCELLED, Code.TOKEN_REVOKED)
    assert gate.log.sentences[-1].endswith("because its token was revoked.")


@pytest.mark.threats(39)
async def test_what_waits_for_its_turn_is_ended_and_not_sent() -> None:
    tokens, waiting = Tokens(), anyio.Event()
    gate = _gate(tokens, turns=Turns(Budget(requests=2, seconds=3_600)))
    await gate.gateway.run(_list())  # the look-up and the list use the budget up
    turns = len(gate.upstream.received)

    async def read() -> None:
        waiting.set()
        await _read(gate)

    await _revoked_at(gate, tokens, read, waiting)

    assert len(gate.upstream.received) == turns


@pytest.mark.threats(39)
async def test_a_person_who_is_asked_is_waited_for_no_more() -> None:
    tokens, asked = Tokens(), anyio.Event()
    gate = _gate(tokens, APPROVE)

    async def ask(_: ApprovalRequest) -> bool | None:
        asked.set()
        await anyio.sleep_forever()
        raise AssertionError

    async def call() -> None:
        told = await gate.toolbox.call(WHO, "delete_error", DELETE, ask_user=ask)
        assert told.error is Code.TOKEN_REVOKED
        raise RevokedError

    await _revoked_at(gate, tokens, call, asked)

    last = gate.log.decisions[-1]
    assert (last.effect, last.reason) == (Effect.DENY, "token_revoked")
    assert [line for line in gate.upstream.lines if line.startswith("DELETE")] == []


@pytest.mark.ablation("a person's yes is worth nothing to a revoked token")
@pytest.mark.threats(39)
async def test_a_yes_that_comes_after_the_token_was_revoked_is_not_used_up() -> None:
    # Guards: the check of the identity after Approvals.granted; nobody calls end_revoked here.
    tokens = Tokens()
    gate = _gate(tokens, APPROVE)

    async def ask(_: ApprovalRequest) -> bool | None:
        tokens.good = False
        return True

    told = await gate.toolbox.call(WHO, "delete_error", DELETE, ask_user=ask)

    last = gate.log.decisions[-1]
    assert (told.error, last.effect, last.reason) == (Code.TOKEN_REVOKED, Effect.DENY, "token_revoked")
    assert [each.standing for each in await gate.approvals.all()] == [Standing.APPROVED]


@pytest.mark.ablation("a revoked token decides nothing")
@pytest.mark.threats(39)
async def test_a_call_of_a_revoked_token_is_refused_as_that() -> None:
    # Guards: the check of the identity before a decision, which comes before the look-ups.
    tokens = Tokens(good=False)
    gate = _gate(tokens)
    told = await gate.toolbox.call(WHO, "list_errors", {"project_id": "checkout-ios"})

    assert (told.error, gate.upstream.lines) == (Code.TOKEN_REVOKED, [])
    assert [each.reason for each in gate.log.decisions] == ["token_revoked"]


@pytest.mark.threats(39)
async def test_another_token_of_the_same_agent_goes_on() -> None:
    tokens = Tokens()
    gate = _gate(tokens)
    tokens.good = False
    gate.gateway.revocation.end_revoked()

    assert (await gate.call("list_errors", {"project_id": "checkout-ios"})).error is None
