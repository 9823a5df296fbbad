"""Listening for HTTP. Rule: bounded in connections and header sizes, and calls under way may finish before the end."""

import asyncio
import socket
import time
from dataclasses import dataclass
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.errors import ConfigurationError
from crashgate.server.replies import refusal

MOST_CONNECTIONS = 1_000
_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 15
_GRACE_SECONDS = 1
"""For answers that are written but not yet sent, and for calls that outlast the operator's patience."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """An open socket and the address that clients use."""

    socket: socket.socket
    url: str


def open_listener(host: str, port: int) -> Listener:
    """Bind ``host`` and ``port`` (0 for any free one). Raises ConfigurationError when that is not possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's delay (40 ms an answer) off on each connection.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # From here on a client that comes early waits instead of being turned away.
        bound.listen(_BACKLOG)
    except OSError as problem:
        bound.close()
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}.",
            why=f"{problem.strerror}.",
            remedy="Choose another with --host and --port, or stop what uses it.",
        ) from problem
    shown = f"[{host}]" if family is socket.AF_INET6 else host
    return Listener(socket=bound, url=f"http://{shown}:{bound.getsockname()[1]}")


async def listen(app: ASGIApp, listener: Listener, *, shutdown_seconds: int) -> None:
    """Serve until a signal; then take nothing new, and give calls under way ``shutdown_seconds``. A second one ends it.

    uvicorn raises the signal again when it has stopped, for whoever handled it before.
    """
    calls = _Calls(app)
    config = uvicorn.Config(
        calls,
        http="httptools",
        ws="none",
        lifespan="on",
        backlog=_BACKLOG,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        access_log=False,
        server_header=False,
        log_level="warning",
    )
    await _Server(config, calls, patience=shutdown_seconds).serve(sockets=[listener.socket])


class _Calls:
    """Counts the calls under way, and takes no new one after ``closing``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.under_way = 0
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Only a POST is a call; a standing stream of the older era is none."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
        elif self.closing:
            await refusal(503, "crashgate is stopping.", remedy="Connect again in a moment.")(scope, receive, send)
        else:
            self.under_way += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self.under_way -= 1


class _Server(uvicorn.Server):
    """uvicorn, which is told to stop only when no call is under way: streamed answers break off as soon as it is."""

    def __init__(self, config: uvicorn.Config, calls: _Calls, *, patience: float) -> None:
        super().__init__(config)
        self._calls = calls
        self._patience = patience
        self._told: tuple[int, float] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; the second signal stops at once."""
        if self._told is not None:
            super().handle_exit(sig, frame)
        self._told = sig, time.monotonic() + self._patience
        self._calls.closing = True

    async def on_tick(self, counter: int) -> bool:
        """Stop when the last call is done or patience ends."""
        if self._told is not None and not self.should_exit:
            sig, deadline = self._told
            if not self._calls.under_way or time.monotonic() >= deadline:
                super().handle_exit(sig, None)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop as uvicorn does; calls that it gives up still write their outcome down."""
        await super().shutdown(sockets)
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
