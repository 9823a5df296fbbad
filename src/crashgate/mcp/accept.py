"""The form of an answer. Rule: JSON or an event stream as ``Accept`` says; where it does not say, JSON.

The protocol's library wants clients to accept both, and chooses one. So that clients of one form are served, it is told
that both are accepted, and its answer is converted. Notices of progress, which only a stream can carry, are left out of
a JSON answer. A request for a stream of changes that accepts only JSON is refused (406).
"""

import json
from collections.abc import Generator, MutableMapping
from contextlib import suppress
from typing import Any

from mcp_types.jsonrpc import INTERNAL_ERROR
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_JSON, _STREAM = "application/json", "text/event-stream"
_BOTH = f"{_JSON}, {_STREAM}".encode()
_OF_JSON = frozenset({_JSON, "application/*", "*/*"})
_OF_STREAM = frozenset({_STREAM, "text/*", "*/*"})
_STANDING = "subscriptions/listen"
_OK = 200


class AcceptLayer:
    """Answers in the form that was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as one that accepts both, and its answer back in its form."""
        headers = Headers(scope=scope)
        given = [value for value in headers.getlist("accept") if value.strip()]
        types = set(_types(given))
        as_json, as_stream = bool(types & _OF_JSON), bool(types & _OF_STREAM)
        standing = scope["method"] == "GET" or headers.get("mcp-method") == _STANDING
        if given and not as_stream and (standing or not as_json):
            await self._app(scope, receive, send)
            return
        rest = [(name, value) for name, value in scope["headers"] if name != b"accept"]
        both = {**scope, "headers": [*rest, (b"accept", _BOTH)]}
        if scope["method"] != "POST" or (as_json and as_stream) or standing:
            await self._app(both, receive, send)
        elif as_stream:
            await self._app(both, receive, _Streamed(send))
        else:
            await self._app(both, receive, _Whole(send))


def answer_in(body: bytearray) -> dict[str, Any]:
    """The message that answers, in a body of either form; an empty one while it is not here."""
    if not body.startswith(b"{"):
        nothing: dict[str, Any] = {}
        return next((each for each in messages(bytearray(body)) if "method" not in each), nothing)
    with suppress(ValueError):
        return dict(json.loads(body))
    return {}


def messages(buffer: bytearray) -> Generator[dict[str, Any]]:
    """The messages of the events that are whole in ``buffer``, which loses them."""
    while (end := buffer.find(b"\r\n\r\n")) >= 0:
        event = bytes(buffer[:end])
        del buffer[: end + 4]
        data = [line.removeprefix(b"data:") for line in event.split(b"\r\n") if line.startswith(b"data:")]
        if data:
            yield json.loads(b"\n".join(data))


def _types(given: list[str]) -> Generator[str]:
    """The media types of all Accept headers but those that are refused there (``q=0``)."""
    for each in ",".join(given).split(","):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        if not any(part.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for part in parameters):
            yield name


class _Whole:
    """A sender of JSON: from a stream, the one message that answers."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: MutableMapping[str, Any] | None = None
        self._buffer = bytearray()
        self._answer: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": None,
            "error": {"code": INTERNAL_ERROR, "message": "The session ended before there was an answer."},
        }

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_stream(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._buffer += message.get("body", b"")
            for each in messages(self._buffer):
                if "method" not in each:
                    self._answer = each
            if not message.get("more_body", False):
                body = json.dumps(self._answer, ensure_ascii=False, separators=(",", ":")).encode()
                await self._send(_with_type(self._start, _JSON, length=len(body)))
                await self._send({"type": "http.response.body", "body": body})


class _Streamed:
    """A sender of events: a JSON answer becomes one. Errors of HTTP stay as they are."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._wrapped = False
        self._body = bytearray()
        self._start: MutableMapping[str, Any] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._wrapped = message["status"] == _OK and not _is_stream(message)
            self._start = message
        if not self._wrapped:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send(_with_type(self._start, _STREAM))
                event = b"event: message\r\ndata: " + bytes(self._body) + b"\r\n\r\n"
                await self._send({"type": "http.response.body", "body": event})


def _is_stream(start: MutableMapping[str, Any]) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith(_STREAM)


def _with_type(start: MutableMapping[str, Any], content_type: str, *, length: int | None = None) -> Message:
    """``start`` with this type; without ``length`` the body is sent in chunks."""
    headers = [pair for pair in start["headers"] if pair[0].lower() not in {b"content-type", b"content-length"}]
    headers.append((b"content-type", content_type.encode()))
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return {**start, "headers": headers}
