"""The network, opened when the first request leaves."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from crashgate.model.message import Request, Response

if TYPE_CHECKING:
    from crashgate.upstream.transport import Transport


class Network:
    """A transport over HTTP. Its library is imported when the first request leaves: a start does not wait for it."""

    def __init__(self) -> None:
        self._held = AsyncExitStack()
        self._transport: Transport | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()

    async def send(self, request: Request) -> Response:
        """As ``Transport``."""
        if self._transport is None:
            from crashgate.upstream.http import http_transport  # noqa: PLC0415 - see the class

            self._transport = await self._held.enter_async_context(http_transport())
        return await self._transport.send(request)
