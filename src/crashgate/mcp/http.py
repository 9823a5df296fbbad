"""MCP over streamable HTTP. Rule: Host, Origin, token, size and form are checked before the protocol sees a byte.

THREATS rows 2, 3, 4, 16, 17, 23, 24 and 43. The layers from the outside in: health, guard, cross-origin, bearer,
concurrency, body, sessions, accept, refused, protocol. Whatever one of them refuses is recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.clock import Clock
from crashgate.gate.revocation import Revocation
from crashgate.mcp.accept import AcceptLayer
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.body import BodyLayer, reply
from crashgate.mcp.concurrency import ConcurrencyLayer
from crashgate.mcp.origins import GuardLayer, cross_origin
from crashgate.mcp.refused import Refusals, RefusedLayer
from crashgate.mcp.sessions import SessionLayer
from crashgate.mcp.tokens import BearerLayer, Tokens

MCP_PATH = "/mcp"


class HttpLimits(Protocol):
    """How much the operator lets clients do; the settings are one.

    ``largest_body`` is in bytes; it must be here in ``body_seconds``. ``most_of_an_agent`` and ``most_at_once`` are one
    agent's sessions and its requests under way.
    """

    @property
    def largest_body(self) -> int: ...  # noqa: D102 - see the class
    @property
    def body_seconds(self) -> float: ...  # noqa: D102 - see the class
    @property
    def most_of_an_agent(self) -> int: ...  # noqa: D102 - see the class
    @property
    def most_at_once(self) -> int: ...  # noqa: D102 - see the class


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpFace:
    """How the HTTP side shows itself.

    ``hosts`` and ``origins`` are exact values of the two headers, ports included. ``idle_seconds`` ends sessions of the
    older era that say nothing. ``most_sessions`` are those of all agents together.
    """

    limits: HttpLimits
    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()
    most_sessions: int = 1_000
    idle_seconds: float = 1_800.0


def http_app(  # noqa: PLR0913 - one place where the side is put together
    server: Server[dict[str, Any]],
    *,
    tokens: Tokens,
    face: HttpFace,
    attempts: Attempts,
    clock: Clock,
    revocation: Revocation,
    ended: Callable[[str], None],
) -> "HttpApp":
    """The ASGI application: the protocol at ``MCP_PATH``, ``/healthz``, and nothing else.

    ``ended`` is told the id of each session of the older era that is over.
    """
    protocol = server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        max_request_body_size=face.limits.largest_body,
        max_sessions=face.most_sessions,
        session_idle_timeout=face.idle_seconds,
        # The guard has checked both headers already, and strictly.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    refusals = Refusals(clock)
    sessions = SessionLayer(
        AcceptLayer(RefusedLayer(AuthContextMiddleware(protocol), attempts, refusals)),
        attempts,
        clock,
        most=face.limits.most_of_an_agent,
        idle_seconds=face.idle_seconds,
        holds=revocation.holds,
        ended=ended,
    )
    body = BodyLayer(sessions, attempts, refusals, largest=face.limits.largest_body, seconds=face.limits.body_seconds)
    concurrency = ConcurrencyLayer(body, attempts, refusals, most=face.limits.most_at_once)
    allowed = cross_origin(BearerLayer(concurrency, attempts, tokens), face.origins)
    checked = GuardLayer(allowed, attempts, hosts=face.hosts, origins=face.origins)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await protocol(scope, receive, send)
        elif scope["type"] != "http":
            return
        elif scope["path"] == "/healthz":
            await reply(200, {"status": "ok"})(scope, receive, send)
        else:
            await checked(scope, receive, send)

    return HttpApp(app=app, sessions=sessions, revocation=revocation)


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpApp:
    """The ASGI application, and how what belongs to revoked tokens is ended."""

    app: ASGIApp
    sessions: SessionLayer
    revocation: Revocation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.app(scope, receive, send)

    async def end_revoked(self) -> None:
        """End calls, streams and sessions of tokens that are revoked (THREATS row 39)."""
        self.revocation.end_revoked()
        await self.sessions.end_revoked()
