"""One operation's exchange with its upstream, retries included. Rule: bounded in time, and honest about attempts."""

import random
from dataclasses import dataclass, field
from typing import Generic

import anyio

from crashgate.catalogue.operation import Operation, P
from crashgate.catalogue.result import Page, R
from crashgate.errors import Code, UpstreamError
from crashgate.upstream.codec import decode, encode
from crashgate.upstream.connection import Connection
from crashgate.upstream.dialect import dialect
from crashgate.upstream.message import Request, Response
from crashgate.upstream.port import Fault, Transport, TransportError
from crashgate.upstream.retry import Patience, pause


@dataclass(kw_only=True, slots=True)
class Trace:
    """What the exchange did so far, also when it ends in an error: for the outcome's record."""

    requests: int = 0
    status: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Upstream:
    """A connection with the transport that reaches it."""

    connection: Connection
    transport: Transport
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[P, R]):
    """What to ask."""

    operation: Operation[P, R]
    params: P
    next_query: str | None = None


async def exchange(upstream: Upstream, call: Call[P, R], trace: Trace) -> Page[R]:
    """The answer's rows. Raises UpstreamError; a cancelled caller cancels the request under way."""
    request = encode(call.operation, call.params, upstream.connection, next_query=call.next_query)
    response = await _persist(upstream, call, request, trace)
    return decode(call.operation, request, response, upstream.connection, later=call.next_query is not None)


async def _persist(upstream: Upstream, call: Call[P, R], request: Request, trace: Trace) -> Response:
    """Send until there is an answer to keep, or patience ends."""
    deadline = anyio.current_time() + upstream.patience.total
    while True:
        seen = await _once(upstream, request, trace, deadline)
        wait = None
        if request.repeatable:
            failure = None if isinstance(seen, Fault) else dialect(upstream.connection).failure(seen, call.operation)
            wait = pause(
                seen,
                retry_after=failure.retry_after if failure else None,
                attempt=trace.requests,
                patience=upstream.patience,
                spread=random.random(),  # noqa: S311 - spreads load, guards nothing
            )
        if wait is None or anyio.current_time() + wait >= deadline:
            if isinstance(seen, Fault):
                raise _no_answer(upstream.connection, seen, changes=not request.repeatable)
            return seen
        await anyio.sleep(wait)


async def _once(upstream: Upstream, request: Request, trace: Trace, deadline: float) -> Response | Fault:
    trace.requests += 1
    trace.status = None
    try:
        with anyio.fail_after(deadline - anyio.current_time()):
            response = await upstream.transport.send(request)
    except TimeoutError:
        return Fault.TIMEOUT
    except TransportError as problem:
        return problem.fault
    trace.status = response.status
    return response


def _no_answer(connection: Connection, fault: Fault, *, changes: bool) -> UpstreamError:
    """Our error for an exchange without a whole answer."""
    name = connection.provider.spoken
    what = {
        Fault.UNREACHABLE: f"{name} cannot be reached.",
        Fault.TIMEOUT: f"{name} did not answer in time.",
        Fault.CUT_OFF: f"{name}'s answer broke off.",
        Fault.TOO_LARGE: f"{name}'s answer is larger than crashgate reads.",
    }[fault]
    large = fault is Fault.TOO_LARGE
    return UpstreamError(
        what,
        why="The change may or may not have happened." if changes and fault is not Fault.UNREACHABLE else "",
        remedy="Look before you try again."
        if changes
        else "Ask for fewer rows per page."
        if large
        else "Try again in a minute.",
        code=Code.UPSTREAM_TIMEOUT if fault is Fault.TIMEOUT else Code.UPSTREAM_UNAVAILABLE,
    )
