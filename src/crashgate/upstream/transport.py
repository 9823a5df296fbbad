"""How requests reach an upstream: the port, and an application in this process that takes an upstream's place."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import anyio

from crashgate.model.message import Request, Response

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer, both as received and unpacked; the largest recorded answer has 31 kB."""

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

_LINK = re.compile(r'<([^<>]*)>((?:[^<>,"]|"[^"]*")*)')
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s";]*))')


@unique
class Fault(StrEnum):
    """Why there is no whole answer."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    """The connection broke before an answer began: at the upstream, or at a proxy before it."""
    CUT_OFF = "cut_off"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    """Its content coding is not the one that was asked for, or takes too much to undo."""


class TransportError(Exception):
    """There is no whole answer; carries no text from outside."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.value)


class Transport(Protocol):
    """Sends one request and reads one whole answer, following nothing."""

    async def send(self, request: Request) -> Response:
        """The answer, whatever its status.

        Raises TransportError when there is none; a cancelled caller cancels the exchange.
        """
        ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """An ASGI application in place of an upstream: the sandbox, and what tests put there."""

    app: AsgiApp

    async def send(self, request: Request) -> Response:
        """The application's answer; an application that fails before it answers is a status of 500."""
        exchange = _Exchange(request)
        try:
            await self.app(exchange.scope, exchange.receive, exchange.send)
        except Exception as problem:
            if exchange.start is not None:
                raise TransportError(exchange.fault) from problem
        if exchange.start is None:
            return Response(status=500, headers={}, body=b"")
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.start["headers"]]
        return build_response(exchange.start["status"], pairs, bytes(exchange.body))


class _Exchange:
    """One request and its answer, as ASGI passes them."""

    def __init__(self, request: Request) -> None:
        url = urlsplit(request.url)
        self.scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": unquote(url.path),
            "raw_path": url.path.encode(),
            "query_string": url.query.encode(),
            "root_path": "",
            "headers": [
                (b"host", url.netloc.encode()),
                *((name.lower().encode(), value.encode()) for name, value in request.headers.items()),
            ],
            "server": (url.hostname, url.port),
            "client": ("127.0.0.1", 0),
        }
        self.start: Message | None = None
        self.body = bytearray()
        self.fault = Fault.CUT_OFF
        self._given: bytes | None = request.body or b""
        self._answered = anyio.Event()

    async def receive(self) -> Message:
        """The request's body, and a disconnect once it is answered."""
        if self._given is not None:
            given, self._given = self._given, None
            return {"type": "http.request", "body": given, "more_body": False}
        await self._answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take one piece of the answer. Raises ConnectionError when it is too large."""
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if len(self.body) > LARGEST_ANSWER:
                self.fault = Fault.TOO_LARGE
                raise ConnectionError(self.fault)
            if not message.get("more_body", False):
                self._answered.set()


def build_response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Response:
    """The answer as a value: a header that came several times is one, its values separated by commas."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    link = joined.get("link")
    return Response(status=status, headers=joined, body=body, links=read_links(link) if link else {})


def read_links(header: str) -> Mapping[str, str]:
    """The addresses in a ``Link`` header by relation; what cannot be read gives none.

    One that says ``results="false"`` leads to an empty page, and is left out.
    """
    links: dict[str, str] = {}
    for address, rest in _LINK.findall(header):
        parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        relation = parameters.get("rel")
        if relation and parameters.get("results") != "false":
            links[relation] = address
    return links
