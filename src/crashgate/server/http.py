"""MCP over streamable HTTP. Rule: Host, Origin, token, size and form are checked before the protocol sees a byte.

THREATS rows 2, 3, 4, 16, 17 and 24. The layers from the outside in: health, guard, bearer, body, protocol.
"""

from dataclasses import dataclass
from typing import Any

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.server.bearer import BearerLayer
from crashgate.server.body import BodyLayer
from crashgate.server.guard import GuardLayer
from crashgate.server.identity import Tokens
from crashgate.server.replies import reply


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpFace:
    """How the HTTP side shows itself.

    ``hosts`` and ``origins`` are exact values of the two headers, ports included. ``largest_body`` is in bytes,
    ``idle_seconds`` ends sessions of the older era that say nothing.
    """

    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()
    path: str = "/mcp"
    largest_body: int = 1024 * 1024
    most_sessions: int = 1_000
    idle_seconds: float = 1_800.0


def http_app(server: Server[dict[str, Any]], *, tokens: Tokens, face: HttpFace) -> ASGIApp:
    """The ASGI application: the protocol at ``face.path``, ``/healthz``, and nothing else."""
    protocol = server.streamable_http_app(
        streamable_http_path=face.path,
        max_request_body_size=face.largest_body,
        max_sessions=face.most_sessions,
        session_idle_timeout=face.idle_seconds,
        # The guard has checked both headers already, and strictly.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    checked = GuardLayer(
        BearerLayer(BodyLayer(AuthContextMiddleware(protocol), largest=face.largest_body), tokens),
        hosts=face.hosts,
        origins=face.origins,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await protocol(scope, receive, send)
        elif scope["type"] != "http":
            return
        elif scope["path"] == "/healthz":
            await reply(200, {"status": "ok"})(scope, receive, send)
        else:
            await checked(scope, receive, send)

    return app
