"""Sending a request over HTTP. Rule: sends what it is given, once, follows nothing, and reads no more than it may."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx2

from crashgate.adapters.content_coding import ACCEPTED, is_coded, unpacked
from crashgate.adapters.unreachable import Outages
from crashgate.aside import aside
from crashgate.upstream.message import Request, Response
from crashgate.upstream.port import Fault, TransportError

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
    """The ``Link`` header's addresses by relation; an unreadable header gives none."""
    try:
        return {name: link["url"] for name, link in response.links.items() if name and "url" in link}
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
