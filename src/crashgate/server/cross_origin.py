"""Web pages of other origins as clients (CORS). Rule: for the origins that the operator named, and for no other.

It stands behind the guard, which has refused every other origin, and before the bearer check, because a browser asks
first, without a token, whether it may send one.
"""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_METHODS = ("GET", "POST", "DELETE")
_REQUEST_HEADERS = (
    "Accept", "Authorization", "Content-Type", "Last-Event-ID",
    "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id",
)  # fmt: skip
_ANSWER_HEADERS = ("Mcp-Session-Id", "WWW-Authenticate")
_SECONDS = 600
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
        max_age=_SECONDS,
    )
