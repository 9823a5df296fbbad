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
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.audit.attempt import Attempt
from crashgate.clock import Clock
from crashgate.gate.revocation import Revocation
from crashgate.mcp.accept import AcceptLayer
from crashgate.mcp.attempts import Attempts, Refusals, RefusedLayer
from crashgate.mcp.body import BodyLayer, refusal
from crashgate.mcp.concurrency import ConcurrencyLayer
from crashgate.mcp.health import HealthLayer, Readiness
from crashgate.mcp.sessions import SessionLayer
from crashgate.mcp.tokens import BearerLayer, Tokens

_METHODS = ("GET", "POST", "DELETE")
_REQUEST_HEADERS = (
    "Accept", "Authorization", "Content-Type", "Last-Event-ID",
    "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id",
)  # fmt: skip
_ANSWER_HEADERS = ("Mcp-Session-Id", "WWW-Authenticate")
_PREFLIGHT_SECONDS = 600
"""For which a browser may keep the answer."""


def cross_origin(app: ASGIApp, origins: frozenset[str]) -> ASGIApp:
    """``app``, with answers that a browser gives to pages of ``origins``; unchanged where there are none."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=sorted(origins),
        allow_methods=_METHODS,
        allow_headers=_REQUEST_HEADERS,
        expose_headers=_ANSWER_HEADERS,
        max_age=_PREFLIGHT_SECONDS,
    )


class GuardLayer:
    """Refuses, with 403, requests that a web page of another origin could have made (DNS rebinding, CSRF)."""

    def __init__(self, app: ASGIApp, attempts: Attempts, *, hosts: frozenset[str], origins: frozenset[str]) -> None:
        self._app = app
        self._attempts = attempts
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        # check: a request without Host is 400
        if not hosts:
            # Of HTTP/1.0; without it a later request is no HTTP/1.1.
            await self._attempts.note(Attempt.MALFORMED, "no_host")
            answer = refusal(400, "The request has no Host.", remedy="Send a Host header.")
            await answer(scope, receive, send)
        elif (
            len(hosts) != 1
            # check: a host that we are known by
            or hosts[0].lower() not in self._hosts
        ):
            # check: a wrong host has a record
            await self._attempts.note(Attempt.WRONG_HOST, "host_not_served")
            answer = refusal(
                403,
                "This Host is not served.",
                remedy="The operator can add it to http.allowed_hosts in crashgate.toml.",
            )
            await answer(scope, receive, send)
        elif (
            len(origins) > 1  # check: one origin at most
            # check: an origin that the operator named
            or (origins and origins[0].lower() not in self._origins | _own(hosts[0]))
        ):
            await self._attempts.note(Attempt.WRONG_HOST, "origin_not_allowed")
            answer = refusal(
                403,
                "This Origin is not allowed.",
                remedy="The operator can add it to http.allowed_origins in crashgate.toml.",
            )
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _own(host: str) -> frozenset[str]:
    """The origins of a page that came from the host itself, which was found to be ours: what it may ask anyway."""
    return frozenset({f"http://{host.lower()}", f"https://{host.lower()}"})


MCP_PATH = "/mcp"


class HttpLimits(Protocol):
    """How much the operator lets clients do; the settings are one.

    ``largest_body`` is in bytes, and the body must arrive within ``body_seconds``.
    """

    @property
    def largest_body(self) -> int: ...  # noqa: D102 - see the class
    @property
    def body_seconds(self) -> float: ...  # noqa: D102 - see the class
    @property
    def max_sessions_per_agent(self) -> int: ...  # noqa: D102 - see the class
    @property
    def max_concurrent_per_agent(self) -> int: ...  # noqa: D102 - see the class


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
    readiness: Callable[[], Readiness],
) -> "HttpApp":
    """The ASGI application: the protocol at ``MCP_PATH``, ``/livez`` and ``/readyz``, and nothing else.

    ``ended`` is told the id of each session of the older era that is over. ``readiness`` is what ``/readyz`` answers.
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
        most=face.limits.max_sessions_per_agent,
        idle_seconds=face.idle_seconds,
        holds=revocation.holds,
        ended=ended,
    )
    body = BodyLayer(sessions, attempts, refusals, largest=face.limits.largest_body, seconds=face.limits.body_seconds)
    concurrency = ConcurrencyLayer(body, attempts, refusals, most=face.limits.max_concurrent_per_agent)
    allowed = cross_origin(BearerLayer(concurrency, attempts, tokens), face.origins)
    checked = GuardLayer(allowed, attempts, hosts=face.hosts, origins=face.origins)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await protocol(scope, receive, send)
        elif scope["type"] != "http":
            return
        else:
            await checked(scope, receive, send)

    return HttpApp(app=HealthLayer(app, readiness), sessions=sessions, revocation=revocation)


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
        # check: a session of the older era ends with its token
        await self.sessions.end_revoked()
