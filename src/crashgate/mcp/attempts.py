"""Requests that are refused: each is recorded, and many of one agent are refused before they are looked at.

What the gate never sees (no token, no message, too large, too slow) still has a record (THREATS rows 16 and 24). A
request is refused whether or not that can be stored, and a flood of them makes a bounded number of records.

Each refused call has a record of its own, which outlives a power cut. An agent in a loop would fill the disk, and a
full disk stops every agent. Beyond so many refusals in a minute its calls are therefore refused before anything is
decided, and only counted (rows 23, 24 and 28). What the protocol refuses before it is a call is counted apart: a client
that sends what is no call must not keep its agent from calling.

What the protocol's library itself refuses is read off its answers: a method that is not served, a session that is
another's, headers that do not match the body (rows 3, 16 and 17).
"""

import asyncio
import logging
import math
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp_types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    UNSUPPORTED_PROTOCOL_VERSION,
    JSONRPCError,
)
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.port import DecisionLog
from crashgate.audit.tally import AttemptTally
from crashgate.clock import Clock, timestamp
from crashgate.errors import Code, LogUnavailableError
from crashgate.identity import Via

_log = logging.getLogger(__name__)

_SETTLE_SECONDS = 5.0
"""Between two looks for counts of a minute that is over."""


class Attempts:
    """Notes refused requests of one way in."""

    def __init__(self, log: DecisionLog, clock: Clock, *, via: Via) -> None:
        self._log = log
        self._clock = clock
        self._via = via
        self._tally = AttemptTally()
        self._tasks: set[asyncio.Task[None]] = set()
        self._told = False

    async def note(self, what: Attempt, reason: str, *, agent: str | None = None) -> None:
        """Record a refusal, or count it; comes back when it is durable. ``reason`` is a fixed code of ours.

        ``agent`` is the one that a valid token stands for. Does not raise when nothing can be stored: stderr says so,
        once until the log works again.
        """
        at = timestamp(self._clock.now())
        await self._store(self._tally.add(AttemptRecord(at=at, what=what, via=self._via, reason=reason, agent=agent)))

    def soon(self, what: Attempt, reason: str) -> None:
        """The same from code that cannot wait."""
        task = asyncio.get_running_loop().create_task(self.note(what, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Store what was counted in minutes that are over."""
        await self._store(self._tally.due(timestamp(self._clock.now())))

    async def aclose(self) -> None:
        """Store all that was counted; to be called before the log is closed."""
        await asyncio.gather(*self._tasks)
        await self._store(self._tally.rest())

    async def _store(self, records: Iterable[AttemptRecord]) -> None:
        for record in records:
            try:
                await self._log.append(record)
            except LogUnavailableError as problem:
                if not self._told:
                    _log.error("Refused requests cannot be recorded (they are refused all the same): %s", problem)
                self._told = True
            else:
                self._told = False


@asynccontextmanager
async def noting(
    log: DecisionLog, clock: Clock, *, via: Via, every_seconds: float = _SETTLE_SECONDS
) -> AsyncGenerator[Attempts]:
    """Attempts whose counts are stored in time, and at the end."""
    attempts = Attempts(log, clock, via=via)

    async def now_and_then() -> None:
        while True:
            await asyncio.sleep(every_seconds)
            await attempts.settle()

    task = asyncio.create_task(now_and_then())
    try:
        yield attempts
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await attempts.aclose()


def agent_of(scope: Scope) -> str | None:
    """The agent of a request whose token was verified."""
    user = scope.get("user")
    return user.username if user is not None else None


MOST_REFUSED = 120
"""Refused calls of one agent in a minute, over all of its connections."""

_MINUTE = 60.0
_REFUSED_CODES = frozenset(
    {
        Code.NOT_AVAILABLE,
        Code.INVALID_ARGUMENTS,
        Code.RATE_LIMITED,
        Code.APPROVAL_REQUIRED,
        Code.APPROVAL_REJECTED,
        Code.POLICY_CHANGED,
        Code.STATE_UNAVAILABLE,
    }
)


class Refusals:
    """The refused calls of the last minute, by agent; at most ``most`` are remembered."""

    def __init__(self, clock: Clock, *, most: int = MOST_REFUSED) -> None:
        self.most = most
        self._clock = clock
        self._at: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=most))

    def note(self, agent: str, error: Code | None) -> None:
        """Count the end of a call, if it was refused."""
        if error in _REFUSED_CODES:
            self._at[agent].append(self._clock.monotonic())

    def wait(self, agent: str) -> int:
        """In how many whole seconds the agent is heard again; 0 where it is."""
        times = self._at.get(agent)
        if times is None or len(times) < self.most:
            return 0
        return max(0, math.ceil(times[0] + _MINUTE - self._clock.monotonic()))


REASONS: Mapping[int, str] = {
    HEADER_MISMATCH: "header_mismatch",
    INVALID_PARAMS: "invalid_params",
    INVALID_REQUEST: "invalid_request",
    METHOD_NOT_FOUND: "unknown_method",
    UNSUPPORTED_PROTOCOL_VERSION: "unsupported_version",
}
"""The protocol's error codes as reasons of ours."""

_NOT_FOUND = 404
_REFUSED = 400
_REFUSALS = range(_REFUSED, 500)
_BY_STATUS: Mapping[int, tuple[Attempt, str]] = {
    405: (Attempt.WRONG_METHOD, "method_not_served"),
    406: (Attempt.MALFORMED, "accept_header"),
    409: (Attempt.SESSION_REFUSED, "second_stream"),
    503: (Attempt.SESSION_REFUSED, "too_many_sessions"),
}


class RefusedLayer:
    """Watches the status of answers, and the error code in those that refuse; each counts in ``refusals``."""

    def __init__(self, app: ASGIApp, attempts: Attempts, refusals: Refusals) -> None:
        self._app = app
        self._attempts = attempts
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what it is answered with is not changed."""
        held: list[Message] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _REFUSED:
                held.append(message)  # the record comes before the answer
                return
            if held:
                start = held.pop()
                found = _attempt(scope, start["status"], message.get("body", b""))
                if found is not None:
                    agent = agent_of(scope)
                    # check: requests that the protocol refuses count
                    self._refusals.note(agent or "", Code.INVALID_ARGUMENTS)
                    # check: what the protocol refuses has a record
                    await self._attempts.note(*found, agent=agent)
                await send(start)
            await send(message)

        await self._app(scope, receive, watched)


def _attempt(scope: Scope, status: int, body: bytes) -> tuple[Attempt, str] | None:
    """What a refusing answer says of its request; None for all others, and for faults that are ours."""
    if status == _NOT_FOUND and MCP_SESSION_ID_HEADER in Headers(scope=scope):
        return Attempt.SESSION_REFUSED, "no_such_session"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status not in _REFUSALS:
        return None
    usual = "no_such_path" if status == _NOT_FOUND else "refused_by_protocol"
    return Attempt.MALFORMED, REASONS.get(_code(body), usual)


def _code(body: bytes) -> int:
    """The code of a JSON-RPC error; 0 where there is none."""
    with suppress(ValidationError):
        return JSONRPCError.model_validate_json(body).error.code
    return 0
