"""Why an upstream cannot be reached, for the operator. Rule: our own words, the host, and no text from outside.

An agent is told only that it cannot be reached: which host it is, is not the agent's to know.

Sending a request over HTTP. Rule: sends what it is given, once, follows nothing, and reads no more than it may.
"""

import errno
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum, unique
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2

from crashgate.model.message import Request, Response
from crashgate.offload import aside
from crashgate.upstream.content_coding import ACCEPTED, is_coded, unpacked
from crashgate.upstream.message import Fault, TransportError

_log = logging.getLogger(__name__)
_DEEPEST = 10


@unique
class Obstacle(StrEnum):
    """What is in the way."""

    NAME = "its name is not known (DNS)"
    REFUSED = "the connection was refused"
    CERTIFICATE = "its TLS certificate is not accepted"
    TLS = "it does not speak TLS as it should"
    NO_ROUTE = "there is no way to it in the network"
    TIMEOUT = "it did not answer in time"
    PROXY = "the proxy before it does not let us through"
    BROKEN = "the connection broke, there or at a proxy before it"
    OTHER = "the connection failed"


class Outages:
    """The hosts that are out of reach now. Each is told once on stderr for each obstacle, until it answers again."""

    def __init__(self) -> None:
        self._told: dict[str, Obstacle] = {}

    def failed(self, url: str, problem: BaseException) -> None:
        """A request got no answer because of ``problem``."""
        host, obstacle = _host(url), obstacle_of(problem)
        if self._told.get(host) is not obstacle:
            self._told[host] = obstacle
            _log.warning("No answer from %s: %s.", host, obstacle)

    def answered(self, url: str) -> None:
        """A request got an answer."""
        if self._told and (host := _host(url)) in self._told:
            del self._told[host]
            _log.warning("%s answers again.", host)


def obstacle_of(problem: BaseException) -> Obstacle:
    """The first cause of the error that says what it is; libraries wrap it in errors of their own."""
    found: list[BaseException] = [problem]
    for each in found:
        known = _known(each)
        if known is not None:
            return known
        if isinstance(each, BaseExceptionGroup):
            found += cast("BaseExceptionGroup[BaseException]", each).exceptions
        cause = each.__cause__ or each.__context__
        if cause is not None and len(found) < _DEEPEST:
            found.append(cause)
    return Obstacle.OTHER


_ERRORS: tuple[tuple[type[BaseException], Obstacle], ...] = (
    (socket.gaierror, Obstacle.NAME),
    (ssl.SSLCertVerificationError, Obstacle.CERTIFICATE),
    (ssl.SSLError, Obstacle.TLS),
    (ConnectionRefusedError, Obstacle.REFUSED),
    (TimeoutError, Obstacle.TIMEOUT),
    (httpx2.ProxyError, Obstacle.PROXY),
    (httpx2.RemoteProtocolError, Obstacle.BROKEN),
    (httpx2.ReadError, Obstacle.BROKEN),
    (httpx2.WriteError, Obstacle.BROKEN),
)
"""The narrower ones first."""


def _known(problem: BaseException) -> Obstacle | None:
    for kind, obstacle in _ERRORS:
        if isinstance(problem, kind):
            return obstacle
    if isinstance(problem, OSError) and problem.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return Obstacle.NO_ROUTE
    return None


def _host(url: str) -> str:
    return urlsplit(url).netloc


LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes, as they come and unpacked; the largest recorded answer has 31 kB."""

_UNPACKS_TO = 8
"""How many times its size compressed JSON usually has; what is large then is unpacked aside."""

_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 25.0
_LIMITS = httpx2.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=60.0)


class HttpTransport:
    """A ``Transport`` on httpx2. Cookies are never kept, redirects never followed."""

    def __init__(self, client: httpx2.AsyncClient, *, largest_answer: int = LARGEST_ANSWER) -> None:
        # Not cleared afterwards: a request that runs beside this one would send them.
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._client = client
        self._largest = largest_answer
        self._outages = Outages()

    async def send(self, request: Request) -> Response:
        """The whole answer. Raises TransportError; a cancelled caller closes the exchange."""
        began = False
        try:
            async with self._client.stream(
                request.method,
                request.url,
                headers={**request.headers, "Accept-Encoding": ACCEPTED},
                content=request.body,
            ) as response:
                began = True
                self._outages.answered(request.url)
                body = await self._read(response)
                return Response(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=body,
                    links=_links(response),
                )
        except httpx2.TimeoutException as problem:
            self._outages.failed(request.url, problem)
            raise TransportError(Fault.TIMEOUT) from problem
        except (httpx2.ConnectError, httpx2.ProxyError) as problem:
            self._outages.failed(request.url, problem)
            raise TransportError(Fault.UNREACHABLE) from problem
        except httpx2.HTTPError as problem:
            # A peer that closes without a word is the same kind of error as one that answers with no HTTP.
            dropped = isinstance(problem, httpx2.NetworkError) or "disconnected" in str(problem)
            if began or not dropped:
                raise TransportError(Fault.CUT_OFF) from problem
            self._outages.failed(request.url, problem)
            raise TransportError(Fault.DROPPED) from problem

    async def _read(self, response: httpx2.Response) -> bytes:
        coded = is_coded(response.headers.get_list("content-encoding", split_commas=True))
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._largest:
                raise TransportError(Fault.TOO_LARGE)
        if not coded or not body:
            return bytes(body)
        return await aside(len(body) * _UNPACKS_TO, partial(unpacked, bytes(body), largest=self._largest))


def _links(response: httpx2.Response) -> Mapping[str, str]:
    """The ``Link`` header's addresses by relation; an unreadable header gives none.

    One that says ``results="false"`` leads to an empty page, and is left out.
    """
    try:
        there = ((name, link) for name, link in response.links.items() if link.get("results") != "false")
        return {name: link["url"] for name, link in there if name and "url" in link}
    except (ValueError, IndexError):
        return {}


def in_process(app: Any) -> httpx2.AsyncBaseTransport:  # noqa: ANN401 - any ASGI application
    """What takes the network's place when the upstream is an application in this process."""
    return httpx2.ASGITransport(app=app, raise_app_exceptions=False)


@asynccontextmanager
async def http_transport(transport: httpx2.AsyncBaseTransport | None = None) -> AsyncGenerator[HttpTransport]:
    """A transport with its own pool of connections; ``transport`` takes the network's place (the sandbox)."""
    async with httpx2.AsyncClient(
        transport=transport,
        follow_redirects=False,
        timeout=httpx2.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
        limits=_LIMITS,
        headers={"User-Agent": "crashgate"},
    ) as client:
        yield HttpTransport(client)
