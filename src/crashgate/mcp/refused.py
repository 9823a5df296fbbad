"""How often one agent is told no. Rule: refused over and over, it makes a bounded number of records.

Each refused call has a record of its own, which outlives a power cut; an agent in a loop would fill the disk, and a
full disk stops every agent. Beyond so many in a minute it is refused before anything is decided, and its calls are
counted (THREATS rows 23, 24 and 28). What the protocol refuses before it is a call costs time as well, and counts for
itself: a client that sends what is no call must not keep its agent from calling.

What the protocol library itself refuses. Rule: read off its answers, and recorded like every other attempt.

A method that is not served, a session that is another's, headers that do not match the body (THREATS rows 3, 16, 17).
"""

import math
from collections import defaultdict, deque
from collections.abc import Mapping
from contextlib import suppress

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

from crashgate.audit.attempt import Attempt
from crashgate.clock import Clock
from crashgate.errors import Code
from crashgate.mcp.attempts import Attempts, agent_of

MOST_REFUSED = 120
"""Refused calls of one agent in a minute, over all of its connections."""

_SECONDS = 60.0
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
        return max(0, math.ceil(times[0] + _SECONDS - self._clock.monotonic()))


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
                    self._refusals.note(agent or "", Code.INVALID_ARGUMENTS)
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
