"""The request body. Rule: read once, bounded, and of one reading only; the protocol gets those very bytes (row 16)."""

from mcp_types.jsonrpc import INVALID_REQUEST, PARSE_ERROR
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crashgate.server.replies import refusal, reply
from crashgate.server.strict_json import NotStrictError, parse

_SMALLER = "Send a smaller request, with fewer or shorter arguments."


class BodyLayer:
    """Refuses bodies that are too large (413), not JSON by their type (415) or by their form (400)."""

    def __init__(self, app: ASGIApp, *, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body of a POST and pass it on; other methods have none that matters."""
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refused_by_headers(headers)
        body = b"" if refused else await self._read(receive)
        if refused is None and body is None:
            refused = refusal(413, "The request is too large.", remedy=_SMALLER)
        if refused is None and body is not None:
            refused = _refused_by_form(body)
        if refused is not None or body is None:
            await (refused or Response(status_code=499))(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _refused_by_headers(self, headers: Headers) -> Response | None:
        types, length = headers.getlist("content-type"), headers.get("content-length", "0")
        if len(types) != 1 or types[0].partition(";")[0].strip().lower() != "application/json":
            return refusal(415, "The body must be JSON.", remedy="Send Content-Type: application/json.")
        if headers.get("content-encoding", "identity") != "identity":
            return refusal(415, "The body must not be compressed.", remedy="Send it without Content-Encoding.")
        if not length.isdigit() or int(length) > self._largest:
            return refusal(413, "The request is too large.", remedy=_SMALLER)
        return None

    async def _read(self, receive: Receive) -> bytes | None:
        """The body, or None as soon as it is too large."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b""  # broken off: whatever came of it is not the message, even if it could be read as one
            body += message.get("body", b"")
            if len(body) > self._largest:
                return None
            if not message.get("more_body", False):
                return bytes(body)


def _refused_by_form(body: bytes) -> Response | None:
    try:
        document = parse(body)
    except NotStrictError as problem:
        return _rpc_error(PARSE_ERROR, f"Message refused: {problem}.")
    if not isinstance(document, dict):
        return _rpc_error(INVALID_REQUEST, "Message refused: it is not one JSON-RPC message.")
    return None


def _rpc_error(code: int, message: str) -> Response:
    return reply(400, {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}})


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body again in one piece, then whatever the client does next (a disconnect cancels the call)."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again
