"""Listening for HTTP until a signal. Rule: bounded in connections and heads; calls under way may finish first.

The first SIGTERM or SIGINT asks for an orderly end. A second one cuts off what is still under way.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.errors import ConfigurationError
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.body import refusal
from crashgate.mcp.connections import MOST, Network, Places, connections


class Stop:
    """How many signals to stop have come."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """Count a signal; the server looks at ``asked``."""
        self.asked += 1


@contextmanager
def stop_on_signal() -> Generator[Stop]:
    """SIGTERM and SIGINT are counted, from before anything is open until everything is closed."""
    stop = Stop()
    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 15
_GRACE_SECONDS = 1
"""For answers that are written but not yet sent, and for calls that outlast ``shutdown_seconds``."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How it ends: ``stop`` says when, calls under way have ``seconds``, and ``last_words`` ends standing streams."""

    stop: Stop
    seconds: float
    last_words: Callable[[], None]


class Reach(Protocol):
    """How clients may reach us; the settings are one. ``proxies`` are networks whose addresses stand for many."""

    @property
    def head_seconds(self) -> float: ...  # noqa: D102 - see the class
    @property
    def proxies(self) -> tuple[Network, ...]: ...  # noqa: D102 - see the class


async def listen(app: ASGIApp, listener: Listener, attempts: Attempts, *, reach: Reach, ending: Ending) -> None:
    """Serve until told to stop; then take nothing new, and let calls under way finish. Told again, it ends them."""
    calls = _Calls(app, ending.stop)
    await _Server(config(calls, attempts, reach=reach), calls, ending).serve(sockets=[listener.socket])


def config(app: ASGIApp, attempts: Attempts, *, reach: Reach) -> uvicorn.Config:
    """How uvicorn serves ``app``."""
    return uvicorn.Config(
        app,
        http=connections(attempts, Places(reach.proxies), seconds=reach.head_seconds),
        ws="none",
        lifespan="on",
        backlog=_BACKLOG,
        limit_concurrency=MOST + 1,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        access_log=False,
        # Without a word uvicorn believes loopback, or what a variable of the environment says.
        # check: only a proxy that the operator named says who its client is
        forwarded_allow_ips=[str(each) for each in reach.proxies],
        server_header=False,
        log_level="error",  # the warnings are about single requests, and those are in the decision log
    )


class _Calls:
    """Counts the calls under way, and takes no new one after we were told to stop."""

    def __init__(self, app: ASGIApp, stop: Stop) -> None:
        self._app = app
        self._stop = stop
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Only a POST is a call; a standing stream of the older era is none."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
        elif self._stop.asked:
            await refusal(503, "crashgate is stopping.", remedy="Connect again in a moment.")(scope, receive, send)
        else:
            self.under_way += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self.under_way -= 1


class _Server(uvicorn.Server):
    """uvicorn, which is told to stop only when no call is under way: streamed answers break off as soon as it is."""

    def __init__(self, config: uvicorn.Config, calls: _Calls, ending: Ending) -> None:
        super().__init__(config)
        self._calls = calls
        self._ending = ending
        self._deadline: float | None = None

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone: uvicorn raises them again at the end, and the process dies with its log open."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Stop when the last call is done, patience ends, or we are told again."""
        asked = self._ending.stop.asked
        if asked and self._deadline is None:
            self._deadline = time.monotonic() + self._ending.seconds
            self._ending.last_words()
        if self._deadline is not None:
            done = not self._calls.under_way or time.monotonic() >= self._deadline
            self.should_exit = self.should_exit or done or asked > 1
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop as uvicorn does; calls that it gives up still write their outcome down."""
        await super().shutdown(sockets)
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
