"""Requests over HTTP, with aiohttp. Rule: sends what it is given, once, follows nothing, and reads no more than it may.

It also says on stderr why an upstream cannot be reached, in our own words. Agents are told only that it cannot be:
which host it is is not for them to know.
"""

import errno
import logging
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import StrEnum, unique
from functools import cache, cached_property, partial
from typing import cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass  # noqa: TID251 - reads settings, sends nothing

import aiohttp
import httpx2
from yarl import URL

from crashgate.model.message import Request, Response
from crashgate.offload import offload
from crashgate.upstream.content_coding import ACCEPTED, is_coded, unpacked
from crashgate.upstream.transport import LARGEST_ANSWER, Fault, TransportError, build_response

_log = logging.getLogger(__name__)

_UNPACKS_TO = 8
"""How many times its size compressed JSON usually has; an answer that is large then is unpacked in a thread."""

_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 25.0
_MOST_CONNECTIONS = 32
_IDLE_SECONDS = 60.0
_LARGEST_HEADER = 64 * 1024
_MOST_HEADERS = 256


class HttpTransport:
    """A ``Transport`` over the network. Cookies are never kept, redirects never followed, requests never repeated."""

    def __init__(self, session: aiohttp.ClientSession, *, largest_answer: int = LARGEST_ANSWER) -> None:
        self._session = session
        self._largest = largest_answer
        self._outages = Outages()
        self._proxy_of = cache(_proxy_of)

    async def send(self, request: Request) -> Response:
        """The whole answer. Raises TransportError; a cancelled caller closes the exchange."""
        url = URL(request.url, encoded=True)
        began = False
        try:
            async with self._session.request(
                request.method,
                url,
                headers={**request.headers, "Accept-Encoding": ACCEPTED},
                data=request.body,
                # check[always]: a redirect is not followed
                allow_redirects=False,
                proxy=self._proxy_of(url.scheme, url.host or "", url.port),
                ssl=self._tls if url.scheme == "https" else True,
            ) as response:
                began = True
                self._outages.end(request.url)
                body = await self._read(response)
                pairs = ((name, _to_text(value)) for name, value in response.headers.items())
                return build_response(response.status, pairs, body)
        except TimeoutError as problem:
            self._outages.begin(request.url, problem)
            raise TransportError(Fault.TIMEOUT) from problem
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            fault = _fault_of(problem, began=began)
            if fault is not Fault.CUT_OFF:
                self._outages.begin(request.url, problem)
            raise TransportError(fault) from problem

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        coded = is_coded(",".join(response.headers.getall("Content-Encoding", ())).split(","))
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            # check: an answer is bounded after decompression
            if len(body) > self._largest:
                raise TransportError(Fault.TOO_LARGE)
        if not coded or not body:
            return bytes(body)
        return await offload(
            # check[never]: a large answer is unpacked off the event loop
            len(body) * _UNPACKS_TO,
            partial(unpacked, bytes(body), largest=self._largest),
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Checks certificates against the system's trust store, or SSL_CERT_FILE or SSL_CERT_DIR."""
        return httpx2.create_ssl_context()


@asynccontextmanager
async def http_transport(
    *, largest_answer: int = LARGEST_ANSWER, silence_seconds: float = _SILENCE_SECONDS
) -> AsyncGenerator[HttpTransport]:
    """A transport with its own pool of connections. An upstream may be silent for ``silence_seconds``."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_MOST_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=silence_seconds),
        headers={"User-Agent": "crashgate"},
        skip_auto_headers=("Content-Type",),
        # check: a cookie is not kept
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,  # it would also send what .netrc holds for the host; see _proxy_of
        max_line_size=_LARGEST_HEADER,
        max_field_size=_LARGEST_HEADER,
        max_headers=_MOST_HEADERS,
        middlewares=(_send_once,),
    ) as session:
        yield HttpTransport(session, largest_answer=largest_answer)


class _UnusableProxyError(OSError):
    """The proxy speaks no HTTP."""


class _DroppedError(ConnectionError):
    """The connection broke before an answer began."""


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a request again: it repeats PUT, DELETE and reads after these errors."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as problem:
        raise _DroppedError from problem


def _fault_of(problem: Exception, *, began: bool) -> Fault:
    if isinstance(problem, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError | _UnusableProxyError):
        return Fault.UNREACHABLE
    return Fault.DROPPED if isinstance(problem, OSError) and not began else Fault.CUT_OFF


def _proxy_of(scheme: str, host: str, port: int | None) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system's settings, say for a host."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(address).scheme not in {"http", "https"}:
        raise _UnusableProxyError
    return address


def _to_text(value: str) -> str:
    """The value of a header, without the lone surrogates that aiohttp puts in place of bytes that are not UTF-8."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@unique
class Obstacle(StrEnum):
    """Why an upstream gives no answer."""

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
    """The hosts that give no answer now. Each is reported once for each obstacle, until it answers again."""

    def __init__(self) -> None:
        self._reported: dict[str, Obstacle] = {}

    def begin(self, url: str, problem: BaseException) -> None:
        """A request got no answer because of ``problem``."""
        host, obstacle = urlsplit(url).netloc, obstacle_of(problem)
        if self._reported.get(host) is not obstacle:
            self._reported[host] = obstacle
            _log.warning("No answer from %s: %s.", host, obstacle)

    def end(self, url: str) -> None:
        """A request got an answer."""
        if self._reported and (host := urlsplit(url).netloc) in self._reported:
            del self._reported[host]
            _log.warning("%s answers again.", host)


_MOST_CAUSES = 10
_OBSTACLES: tuple[tuple[type[BaseException], Obstacle], ...] = (
    (socket.gaierror, Obstacle.NAME),
    (ssl.SSLCertVerificationError, Obstacle.CERTIFICATE),
    (ssl.SSLError, Obstacle.TLS),
    (ConnectionRefusedError, Obstacle.REFUSED),
    (TimeoutError, Obstacle.TIMEOUT),
    (_UnusableProxyError, Obstacle.PROXY),
    (aiohttp.ClientProxyConnectionError, Obstacle.PROXY),
    (aiohttp.ClientHttpProxyError, Obstacle.PROXY),
    (ConnectionError, Obstacle.BROKEN),
)
"""The narrower ones first."""


def obstacle_of(problem: BaseException) -> Obstacle:
    """The first cause of the error that says what it is; libraries wrap it in errors of their own."""
    causes: list[BaseException] = [problem]
    for each in causes:
        for kind, obstacle in _OBSTACLES:
            if isinstance(each, kind):
                return obstacle
        if isinstance(each, OSError) and each.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
            return Obstacle.NO_ROUTE
        if isinstance(each, BaseExceptionGroup):
            causes += cast("BaseExceptionGroup[BaseException]", each).exceptions
        cause = each.__cause__ or each.__context__
        if cause is not None and len(causes) < _MOST_CAUSES:
            causes.append(cause)
    return Obstacle.OTHER
