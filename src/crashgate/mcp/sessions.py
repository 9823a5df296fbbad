"""Sessions of the older era. Rule: one agent cannot take them all (THREATS rows 3, 23 and 24).

The protocol's library has one limit for all agents together. Who opened a session, and when it was last used, is read
off its answers, and its definition of idle is kept: no request under way. A session whose ``initialize`` was refused is
ended here, because the library keeps it where the refusal is an event of a stream (row 43).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crashgate.audit.attempt import Attempt
from crashgate.clock import Clock
from crashgate.identity import Principal, Via
from crashgate.mcp.accept import answer_in
from crashgate.mcp.attempts import Attempts, agent_of
from crashgate.mcp.body import refusal

_GONE = 404
_REFUSED = 400


@dataclass(kw_only=True, slots=True)
class _Session:
    owner: tuple[str, str | None]
    scope: Scope
    used: float
    under_way: int = 1


class SessionLayer:
    """Refuses, with 503, a session beyond ``most`` of one agent; ``ended`` is told the id of each that is over."""

    def __init__(  # noqa: PLR0913 - one layer with its limits
        self,
        app: ASGIApp,
        attempts: Attempts,
        clock: Clock,
        *,
        most: int,
        idle_seconds: float,
        holds: Callable[[Principal], bool],
        ended: Callable[[str], None],
    ) -> None:
        self._app = app
        self._attempts = attempts
        self._clock = clock
        self._most = most
        self._idle_seconds = idle_seconds
        self._holds = holds
        self._ended = ended
        self._sessions: dict[str, _Session] = {}
        self._opening: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse to open a session."""
        headers = Headers(scope=scope)
        version = headers.get(MCP_PROTOCOL_VERSION_HEADER)
        if version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS:
            await self._app(scope, receive, send)
            return
        given = headers.get(MCP_SESSION_ID_HEADER)
        if given is None:
            await self._open(scope, receive, send)
        else:
            await self._use(given, scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        agent = agent_of(scope) or ""
        self._forget_idle()
        # check: sessions of one agent are bounded
        if self._opening[agent] + sum(each.owner[0] == agent for each in self._sessions.values()) >= self._most:
            await self._attempts.note(Attempt.SESSION_REFUSED, "too_many_sessions", agent=agent)
            answer = refusal(
                503,
                f"This agent has {self._most} open sessions.",
                remedy="End one with DELETE, or wait until one has been idle for long enough.",
            )
            await answer(scope, receive, send)
            return
        opened: str | None = None
        body = bytearray()

        async def watched(message: Message) -> None:
            nonlocal opened
            if opened is not None and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                # check: a refused initialize keeps no session
                if "error" in answer_in(body):
                    self._forget(opened)
            if message["type"] == "http.response.start" and message["status"] < _REFUSED:
                opened = Headers(raw=message["headers"]).get(MCP_SESSION_ID_HEADER)
                if opened is not None:
                    self._opening[agent] -= 1
                    self._sessions[opened] = _Session(owner=_owner(scope), scope=scope, used=self._clock.monotonic())
            await send(message)

        self._opening[agent] += 1
        try:
            await self._app(scope, receive, watched)
        finally:
            if opened is None:
                self._opening[agent] -= 1
            self._rest(opened)
        if opened is not None and opened not in self._sessions:
            await self._end(opened, scope)

    async def _end(self, session_id: str, scope: Scope) -> None:
        """Have the library forget a session too, as if its client had ended it."""
        headers = [(MCP_SESSION_ID_HEADER.encode(), session_id.encode())]
        await self._app({**scope, "method": "DELETE", "headers": headers}, _nothing_more, _unheard)

    async def _use(self, given: str, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._sessions.get(given)
        if session is None or session.owner != _owner(scope):
            await self._app(scope, receive, send)
            return
        over = False

        async def watched(message: Message) -> None:
            nonlocal over
            if message["type"] == "http.response.start":
                status = message["status"]
                over = status == _GONE or (scope["method"] == "DELETE" and status < _REFUSED)
            await send(message)

        session.under_way += 1
        try:
            await self._app(scope, receive, watched)
        finally:
            self._rest(given)
            if over:
                self._forget(given)

    async def end_revoked(self) -> None:
        """End the sessions whose tokens are good no more, as their clients could: the stream of each ends with it."""
        for name, session in list(self._sessions.items()):
            agent, token = session.owner
            if not self._holds(Principal(agent=agent, via=Via.HTTP, token=token)):
                await self._end(name, session.scope)
                self._forget(name)

    def _rest(self, session_id: str | None) -> None:
        session = self._sessions.get(session_id or "")
        if session is not None:
            session.under_way -= 1
            session.used = self._clock.monotonic()

    def _forget_idle(self) -> None:
        before = self._clock.monotonic() - self._idle_seconds
        for name in [name for name, each in self._sessions.items() if not each.under_way and each.used < before]:
            self._forget(name)

    def _forget(self, session_id: str) -> None:
        if self._sessions.pop(session_id, None) is not None:
            self._ended(session_id)


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _unheard(_: Message) -> None:
    """Nobody waits for this answer."""


def _owner(scope: Scope) -> tuple[str, str | None]:
    """The agent and its token: the protocol library binds a session to both."""
    user = scope["user"]
    return user.username, user.access_token.subject
