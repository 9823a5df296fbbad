"""What stands before every page. Rule: only a page of the console itself may send anything to it.

THREATS rows 60 and 61. A request under another Host, or a change that comes from a page of another origin, goes no
further. Every answer carries the same strict content policy.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not `no-referrer`: under it a browser sends `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_READS = frozenset({"GET", "HEAD"})


class GuardLayer:
    """Refuses, with 403, what a page of another origin could have sent. ``host`` is ours: ``127.0.0.1:8322``."""

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        app = PlainTextResponse(refusal, status_code=403) if refusal else self._app
        await app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> str:
        # check: the console answers under its own host only
        if headers.getlist("host") != [self._host]:
            return f"This console is at http://{self._host}/ only."
        # check: a change comes from a page of the console
        if method not in _READS and headers.getlist("origin") != [f"http://{self._host}"]:
            return "This was not sent by a page of the console."
        return ""
