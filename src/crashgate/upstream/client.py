"""One operation's exchange with its upstream, retries included. Rule: bounded in time, and every request is counted."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic
from uuid import uuid4

import anyio

from crashgate.clock import Clock
from crashgate.errors import Code, UpstreamError
from crashgate.model.access import Access
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation, Operation, P
from crashgate.model.provider import Connection
from crashgate.model.result import Page, R
from crashgate.offload import offload
from crashgate.upstream.budget import Turns
from crashgate.upstream.codec import decode, encode, fewer
from crashgate.upstream.request import Stamp
from crashgate.upstream.retry import Patience, pause
from crashgate.upstream.shared_reads import SharedReads
from crashgate.upstream.transport import Fault, Transport, TransportError


@dataclass(kw_only=True, slots=True)
class Trace:
    """What the exchange has done so far, for the outcome's record; it is kept up to date when the exchange fails.

    ``shared`` says that the answer is that of an identical read of somebody else, which was under way.
    """

    requests: int = 0
    status: int | None = None
    shared: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Upstream:
    """A connection, with the transport that reaches it and the ``clock`` that dates what is sent."""

    connection: Connection
    transport: Transport
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    turns: Turns = field(default_factory=lambda: Turns(None))
    shared_reads: SharedReads = field(default_factory=SharedReads)


def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[P, R]):
    """What to ask, and for whom: agents take turns. ``bulk`` marks one page of many that are read in a row.

    ``alone`` shares no answer with others who ask the same at that time, because the time that it takes would show that
    they do. ``holds`` says, whenever a request is about to leave, whether the call may still be made.
    """

    operation: Operation[P, R]
    params: P
    mark: str | None = None
    agent: str = ""
    bulk: bool = False
    alone: bool = False
    holds: Callable[[], bool] = _always
    fields: frozenset[str] | None = None
    """Those of the answer that are shown; None asks for all."""


class WithdrawnError(Exception):
    """The call may not be made any more: no request was sent, and an answer to somebody else's is not given to it."""


async def exchange(upstream: Upstream, call: Call[P, R], trace: Trace) -> Page[R]:
    """The answer's rows. Raises UpstreamError, WithdrawnError; a cancelled caller cancels the request under way."""
    stamp = Stamp(id=uuid4(), at=upstream.clock.now()) if call.operation.envelope else None
    request = encode(call.operation, call.params, upstream.connection, mark=call.mark, stamp=stamp)
    if call.alone or not request.repeatable:
        response = await _persist(upstream, call, request, trace)
    else:
        response, shared = await upstream.shared_reads.share(request, lambda: _persist(upstream, call, request, trace))
        # check: a shared answer is given under the policy in force
        if shared and not call.holds():
            raise WithdrawnError
        trace.shared = trace.shared or shared
    read = partial(decode, call.operation, request, response, upstream.connection, mark=call.mark, fields=call.fields)
    page = await offload(
        # check[never]: a large answer is read aside
        len(response.body),
        read,
        bulk=call.bulk,
    )
    # Where there is a budget, others would wait for a page that is asked for ahead of its turn.
    # check[always]: a page ahead takes nobody's turn
    return page if upstream.turns.free else replace(page, later_mark=None)


async def _persist(upstream: Upstream, call: Call[P, R], request: Request, trace: Trace) -> Response:
    """Send until there is an answer to keep, or the time or the attempts are used up."""
    deadline = anyio.current_time() + upstream.patience.total
    attempt = 0  # the trace counts the requests of all pages of a long read
    while True:
        attempt += 1
        patience = upstream.patience.queue if call.bulk else deadline - anyio.current_time()
        async with upstream.turns.turn(call.agent, bulk=call.bulk, patience=patience):
            if call.bulk:
                deadline = anyio.current_time() + upstream.patience.total
            # check: what waited for its turn is looked at again
            if not call.holds():  # it may have waited for its turn for long
                raise WithdrawnError
            seen = await _once(upstream, request, trace, deadline)
        wait = None
        # check[always]: a change is sent once
        if request.repeatable and (isinstance(seen, Fault) or not seen.ok):
            failure = None if isinstance(seen, Fault) else upstream.connection.wire.failure(seen, call.operation)
            if failure is not None and failure.code is Code.UPSTREAM_RATE_LIMITED and failure.retry_after is not None:
                # check: after a 429 nobody sends before its time
                upstream.turns.hold(failure.retry_after)
            wait = pause(
                seen,
                retry_after=failure.retry_after if failure else None,
                attempt=attempt,
                patience=upstream.patience,
                spread=random.random(),  # noqa: S311 - spreads load, guards nothing
            )
        if (
            wait is None
            # check: an exchange ends when its time is up
            or anyio.current_time() + wait >= deadline
        ):
            if isinstance(seen, Fault):
                raise _no_answer(upstream.connection, seen, call.operation)
            return seen
        await anyio.sleep(wait)


async def _once(upstream: Upstream, request: Request, trace: Trace, deadline: float) -> Response | Fault:
    trace.requests += 1
    trace.status = None
    try:
        with anyio.fail_after(
            # check[none]: a request ends when its time is up
            deadline - anyio.current_time()
        ):
            response = await upstream.transport.send(request)
    except TimeoutError:
        return Fault.TIMEOUT
    except TransportError as problem:
        return problem.fault
    trace.status = response.status
    return response


def _no_answer(connection: Connection, fault: Fault, operation: AnyOperation) -> UpstreamError:
    """Our error where there is no whole answer."""
    name, changes = connection.provider.title, operation.access is not Access.READ
    what = {
        Fault.UNREACHABLE: f"{name} cannot be reached.",
        Fault.TIMEOUT: f"{name} did not answer in time.",
        Fault.DROPPED: f"The connection to {name} broke before an answer came.",
        Fault.CUT_OFF: f"{name}'s answer broke off.",
        Fault.TOO_LARGE: f"{name}'s answer is larger than crashgate reads.",
        Fault.UNREADABLE: f"{name}'s answer is compressed in a way that crashgate does not read.",
    }[fault]
    large = fault is Fault.TOO_LARGE
    return UpstreamError(
        what,
        why="The change may or may not have happened." if changes and fault is not Fault.UNREACHABLE else "",
        remedy="Check before you try again."
        if changes
        else fewer(operation, connection)
        if large
        else "Try again in a minute.",
        code=Code.UPSTREAM_TIMEOUT if fault is Fault.TIMEOUT else Code.UPSTREAM_UNAVAILABLE,
    )
