"""One operation's exchange with its upstream, in virtual time: what is sent again, when, and for how long."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.clock import SystemClock
from crashgate.errors import Code, UpstreamError
from crashgate.model.access import Access
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.provider import Budget
from crashgate.model.result import Page
from crashgate.providers.bugsnag.error_changes import FIX_ERROR
from crashgate.providers.bugsnag.errors import DELETE_ERROR, GET_ERROR, Error, GetError, OneError
from crashgate.providers.bugspulse.sessions import LIST_SESSIONS, ListSessions
from crashgate.upstream.budget import Turns
from crashgate.upstream.client import Call, Trace, Upstream, exchange
from crashgate.upstream.retry import Patience
from crashgate.upstream.transport import Fault, TransportError
from tests.catalogue import OPERATIONS
from tests.held_clock import HeldClock
from tests.upstream.exchanges import connection_for
from tests.upstream.test_path import some_params
from tests.upstream.virtual_time import run

ID = "5f1a0c3d9e8b7a6655443322"
READ = GetError(project_id="checkout-ios", error_id=ID)
CHANGE = OneError(project_id="checkout-ios", error_id=ID)
FOUND = Response(status=200, headers={}, body=b'{"id":"%s"}' % ID.encode())
PATIENCE = Patience(total=30.0, attempts=3, first_pause=1.0)
NEVER = 10_000.0
_WHOLE = "It does not come in parts: look at it in the pages of BugSnag."


@dataclass(frozen=True, kw_only=True)
class After:
    """An answer, or a fault, after that many seconds."""

    seconds: float
    what: Response | Fault = FOUND


@dataclass
class Script:
    """A transport that plays the given answers, the last one for ever, and notes when it was asked."""

    answers: Sequence[Response | Fault | After]
    asked_at: list[float] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    cancelled: int = 0

    async def send(self, request: Request) -> Response:
        self.asked_at.append(anyio.current_time())
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, After):
            try:
                await anyio.sleep(answer.seconds)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            answer = answer.what
        if isinstance(answer, Fault):
            raise TransportError(answer)
        return answer


def status(number: int, **headers: str) -> Response:
    return Response(
        status=number, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=b"{}"
    )


def asked(
    script: Script,
    trace: Trace | None = None,
    *,
    operation: AnyOperation = GET_ERROR,
    params: Params = READ,
    patience: Patience = PATIENCE,
) -> Coroutine[Any, Any, Page[Any]]:
    upstream = Upstream(connection=connection_for(operation), transport=script, patience=patience, clock=SystemClock())
    return exchange(upstream, Call(operation=operation, params=params), trace or Trace())


def failure(script: Script, trace: Trace | None = None, **more: Any) -> UpstreamError:  # noqa: ANN401 - as asked takes it
    with pytest.raises(UpstreamError) as caught:
        run(asked(script, trace, **more))
    return caught.value


@pytest.fixture(autouse=True)
def no_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses as long as they can be."""
    monkeypatch.setattr("random.random", lambda: 1.0)


def test_an_answer_at_the_first_attempt_is_one_request() -> None:
    script, trace = Script([FOUND]), Trace()

    assert run(asked(script, trace)) == Page(rows=(Error(id=ID),))
    assert (script.asked_at, trace) == ([0.0], Trace(requests=1, status=200))


@pytest.mark.parametrize("seen", [status(500), status(502), status(503), status(504), Fault.UNREACHABLE, Fault.CUT_OFF])
def test_a_read_is_asked_again_after_what_passes_by_itself(seen: Response | Fault) -> None:
    script, trace = Script([seen, seen, FOUND]), Trace()

    assert run(asked(script, trace)).rows == (Error(id=ID),)
    assert (script.asked_at, trace) == ([0.0, 1.0, 3.0], Trace(requests=3, status=200))
    assert script.requests[0] == script.requests[1] == script.requests[2]


def test_a_read_is_not_asked_more_often_than_patience_allows() -> None:
    script, trace = Script([status(503)]), Trace()
    problem = failure(script, trace)

    assert (problem.code, problem.status) == (Code.UPSTREAM_UNAVAILABLE, 503)
    assert (script.asked_at, trace) == ([0.0, 1.0, 3.0], Trace(requests=3, status=503))


@pytest.mark.parametrize("number", [400, 401, 403, 404, 409, 422, 302])
def test_a_refusal_is_not_asked_again(number: int) -> None:
    script = Script([status(number), FOUND])
    failure(script)

    assert script.asked_at == [0.0]


@pytest.mark.parametrize("number", [429, 503])
def test_the_vendors_own_pause_is_obeyed(number: int) -> None:
    script = Script([status(number, retry_after="7"), FOUND])

    assert run(asked(script)).rows == (Error(id=ID),)
    assert script.asked_at == [0.0, 8.0]


@pytest.mark.ablation("an exchange ends when its time is up")
@pytest.mark.parametrize(("number", "header"), [(429, {"retry_after": "29"}), (429, {}), (503, {"retry_after": "60"})])
def test_a_pause_that_would_outlast_patience_is_not_begun(number: int, header: dict[str, str]) -> None:
    async def ended() -> tuple[UpstreamError, float]:
        with pytest.raises(UpstreamError) as caught:
            await asked(script)
        return caught.value, anyio.current_time()

    script = Script([status(number, **header), FOUND])
    problem, at = run(ended())

    assert problem.status == number
    assert (script.asked_at, at) == ([0.0], 0.0)


CHANGES = [one for one in OPERATIONS if one.access is not Access.READ]


@pytest.mark.ablation("a change is sent once")
@pytest.mark.parametrize("operation", CHANGES, ids=lambda operation: operation.id)
@pytest.mark.parametrize(
    "seen",
    [status(500), status(503), status(429, retry_after="1"), Fault.UNREACHABLE, Fault.CUT_OFF, Fault.TIMEOUT],
    ids=range(6),
)
def test_a_change_is_sent_once_whatever_happens(operation: AnyOperation, seen: Response | Fault) -> None:
    script, trace = Script([seen, FOUND]), Trace()
    failure(script, trace, operation=operation, params=some_params(operation))

    assert (script.asked_at, trace.requests) == ([0.0], 1)


@pytest.mark.ablation("a request ends when its time is up")
def test_an_exchange_ends_when_its_time_is_up_and_the_request_under_way_is_cancelled() -> None:
    async def ended() -> tuple[UpstreamError, float]:
        with pytest.raises(UpstreamError) as caught:
            await asked(script, trace)
        return caught.value, anyio.current_time()

    script, trace = Script([After(seconds=NEVER)]), Trace()
    problem, at = run(ended())

    assert (problem.code, problem.status) == (Code.UPSTREAM_TIMEOUT, None)
    assert str(problem) == "BugSnag did not answer in time. Try again in a minute."
    assert (at, script.cancelled, trace) == (30.0, 1, Trace(requests=1, status=None))


def test_the_time_limit_is_for_all_attempts_together() -> None:
    async def ended() -> float:
        with pytest.raises(UpstreamError):
            await asked(script)
        return anyio.current_time()

    script = Script([After(seconds=20.0, what=status(503)), After(seconds=NEVER)])

    assert run(ended()) == 30.0
    assert script.asked_at == [0.0, 21.0]


@pytest.mark.parametrize(
    ("fault", "told", "code"),
    [
        (Fault.UNREACHABLE, "BugSnag cannot be reached. Try again in a minute.", Code.UPSTREAM_UNAVAILABLE),
        (Fault.TIMEOUT, "BugSnag did not answer in time. Try again in a minute.", Code.UPSTREAM_TIMEOUT),
        (Fault.CUT_OFF, "BugSnag's answer broke off. Try again in a minute.", Code.UPSTREAM_UNAVAILABLE),
        (
            Fault.TOO_LARGE,
            f"BugSnag's answer is larger than crashgate reads. {_WHOLE}",
            Code.UPSTREAM_UNAVAILABLE,
        ),
        (
            Fault.UNREADABLE,
            "BugSnag's answer is compressed in a way that crashgate does not read. Try again in a minute.",
            Code.UPSTREAM_UNAVAILABLE,
        ),
    ],
)
def test_a_read_without_a_whole_answer_says_why(fault: Fault, told: str, code: Code) -> None:
    problem = failure(Script([fault]))

    assert (str(problem), problem.code, problem.status) == (told, code, None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault.UNREACHABLE, "BugSnag cannot be reached. Check before you try again."),
        (
            Fault.TIMEOUT,
            ("BugSnag did not answer in time. The change may or may not have happened. Check before you try again."),
        ),
        (
            Fault.CUT_OFF,
            "BugSnag's answer broke off. The change may or may not have happened. Check before you try again.",
        ),
    ],
)
def test_a_change_without_a_whole_answer_says_that_it_may_have_happened(fault: Fault, told: str) -> None:
    assert str(failure(Script([fault]), operation=DELETE_ERROR, params=CHANGE)) == told


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.TOO_LARGE, Fault.UNREADABLE])
def test_what_took_too_long_was_too_large_or_unreadable_is_not_asked_again(fault: Fault) -> None:
    script = Script([fault, FOUND])
    failure(script)

    assert script.asked_at == [0.0]


@pytest.mark.parametrize("operation", [GET_ERROR, FIX_ERROR], ids=lambda operation: operation.id)
def test_a_cancelled_caller_cancels_the_request_under_way(operation: AnyOperation) -> None:
    async def given_up() -> float:
        with anyio.move_on_after(5.0):
            await asked(script, trace, operation=operation, params=some_params(operation))
        return anyio.current_time()

    script, trace = Script([After(seconds=NEVER)]), Trace()

    assert run(given_up()) == 5.0
    assert (script.cancelled, trace) == (1, Trace(requests=1, status=None))


def test_a_cancelled_caller_ends_a_pause_too() -> None:
    async def given_up() -> float:
        with anyio.move_on_after(0.5):
            await asked(script)
        return anyio.current_time()

    script = Script([status(503), FOUND])

    assert run(given_up()) == 0.5
    assert script.asked_at == [0.0]


ANSWERS = st.one_of(
    st.sampled_from(list(Fault)),
    st.sampled_from(
        [FOUND, status(404), status(500), status(503), status(503, retry_after="3"), status(429, retry_after="2")]
    ),
    st.builds(After, seconds=st.floats(0, 50), what=st.sampled_from([FOUND, status(503), Fault.CUT_OFF])),
)


@given(
    answers=st.lists(ANSWERS, min_size=1, max_size=6),
    patience=st.builds(Patience, total=st.floats(0.1, 60), attempts=st.integers(1, 5), first_pause=st.floats(0.01, 20)),
)
def test_no_exchange_outlasts_its_patience_or_its_attempts(
    answers: list[Response | Fault | After], patience: Patience
) -> None:
    async def ended() -> float:
        with suppress(UpstreamError):
            await asked(script, trace, patience=patience)
        return anyio.current_time()

    script, trace = Script(answers), Trace()

    assert run(ended()) <= patience.total + 1e-6
    assert 1 <= trace.requests == len(script.requests) <= patience.attempts


@pytest.mark.ablation("after a 429 nobody sends before its time")
def test_after_one_read_was_told_to_wait_the_next_one_waits_too() -> None:
    script = Script([status(429, retry_after="7"), FOUND])
    patience = Patience(attempts=1)
    upstream = Upstream(connection=connection_for(GET_ERROR), transport=script, clock=HeldClock(), patience=patience)

    async def two() -> None:
        for _ in range(2):
            with suppress(UpstreamError):
                await exchange(upstream, Call(operation=GET_ERROR, params=READ), Trace())

    run(two())

    assert script.asked_at == [0.0, pytest.approx(7.0, abs=0.1)]


@pytest.mark.threats(24)
def test_a_pause_that_no_vendor_asks_for_passes_by_itself() -> None:
    script = Script([status(429, retry_after="99999"), FOUND])
    upstream = Upstream(
        connection=connection_for(GET_ERROR), transport=script, clock=HeldClock(), patience=Patience(attempts=1)
    )

    async def first_one_agent_then_another_in_a_minute() -> None:
        with suppress(UpstreamError):
            await exchange(upstream, Call(operation=GET_ERROR, params=READ, agent="a"), Trace())
        await anyio.sleep(60)
        await exchange(upstream, Call(operation=GET_ERROR, params=READ, agent="b"), Trace())

    run(first_one_agent_then_another_in_a_minute())

    assert script.asked_at == [0.0, pytest.approx(60.0, abs=0.1)]


def test_every_page_of_a_long_read_is_asked_for_as_often_as_patience_allows() -> None:
    trace = Trace(requests=40)
    script = Script([Fault.CUT_OFF, status(503), FOUND])

    assert len(run(asked(script, trace)).rows) == 1
    assert (len(script.requests), trace.requests) == (3, 43)


@pytest.mark.ablation("a page ahead takes nobody's turn")
@pytest.mark.parametrize(("budget", "later"), [(None, "3"), (Budget(requests=60), None)], ids=["without", "with"])
def test_a_page_is_named_ahead_of_its_turn_only_where_nobody_waits_for_one(
    budget: Budget | None, later: str | None
) -> None:
    script = Script([Response(status=200, headers={}, body=b'{"data":[],"pages":3}')])
    upstream = Upstream(
        connection=connection_for(LIST_SESSIONS), transport=script, clock=HeldClock(), turns=Turns(budget)
    )

    found = run(exchange(upstream, Call(operation=LIST_SESSIONS, params=ListSessions()), Trace()))
    assert (found.next_mark, found.later_mark) == ("2", later)
