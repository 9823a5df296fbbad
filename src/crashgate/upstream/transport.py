"""How requests reach an upstream: the port, and an application in this process that takes an upstream's place."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Protocol

from crashgate.model.message import Request, Response

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer, both as received and unpacked; the largest recorded answer has 31 kB."""

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

    app: Any

    async def send(self, request: Request) -> Response:
        """The application's answer; an application that fails is an upstream that answers with a status of 500."""
        import httpx2  # noqa: PLC0415 - only for the sandbox

        sent = httpx2.Request(request.method, request.url, headers=dict(request.headers), content=request.body)
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        answer = await transport.handle_async_request(sent)
        body = await answer.aread()
        if len(body) > LARGEST_ANSWER:
            raise TransportError(Fault.TOO_LARGE)
        return build_response(answer.status_code, answer.headers.multi_items(), body)


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
