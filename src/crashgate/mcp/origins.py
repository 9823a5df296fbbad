"""Web pages of other origins as clients (CORS). Rule: for the origins that the operator named, and for no other.

It stands behind the guard, which has refused every other origin, and before the bearer check, because a browser asks
first, without a token, whether it may send one.

Host and Origin (row 4).

Rule: exactly one Host that we are known by, and an Origin only if it is that very Host or the operator named it.
"""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.audit.attempt import Attempt
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.body import refusal

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
        if not hosts:
            # Of HTTP/1.0; without it a later request is no HTTP/1.1.
            await self._attempts.note(Attempt.MALFORMED, "no_host")
            answer = refusal(400, "The request has no Host.", remedy="Send a Host header.")
            await answer(scope, receive, send)
        elif len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            await self._attempts.note(Attempt.WRONG_HOST, "host_not_served")
            answer = refusal(
                403,
                "This Host is not served.",
                remedy="The operator can add it to http.allowed_hosts in crashgate.toml.",
            )
            await answer(scope, receive, send)
        elif len(origins) > 1 or (origins and origins[0].lower() not in self._origins | _own(hosts[0])):
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
