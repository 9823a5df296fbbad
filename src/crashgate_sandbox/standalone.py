"""The sandbox on a port of its own. Rule: it listens on this machine alone unless told otherwise."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from crashgate.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 4000
_TICK = 0.1
_TICKS_A_DAY = 864_000
_GRACE_SECONDS = 3


def serve(app: ASGIApp, host: str = LOOPBACK, port: int = DEFAULT_PORT, *, ready: Callable[[str], None]) -> None:
    """Run until an interrupt or termination signal; running answers get three seconds to end.

    ``ready`` is called with the base URL once connections are accepted. Raises ConfigurationError when the address
    cannot be used. An interrupt is raised again as KeyboardInterrupt when everything has stopped.
    """
    listener = _listen(host, port)
    server = _Server(app, ready=lambda: ready(_base_url(listener)))
    with listener:
        asyncio.run(server.serve(sockets=[listener]))


@asynccontextmanager
async def running(app: ASGIApp, *, host: str = LOOPBACK, port: int = 0) -> AsyncGenerator[str]:
    """Run in the same event loop while the block runs; gives the base URL. Port 0 takes any free one."""
    listener = _listen(host, port)
    started = asyncio.Event()
    server = _Server(app, ready=started.set, signals=False)
    with listener:
        task = asyncio.create_task(server.serve(sockets=[listener]), name="sandbox")
        task.add_done_callback(lambda _: started.set())
        try:
            await started.wait()
            if not task.done():
                yield _base_url(listener)
        finally:
            server.stop()
            await task


class _Config(uvicorn.Config):
    """uvicorn's settings, without its hand on the process's logging: another server may run beside this one."""

    def configure_logging(self) -> None:
        """Leave logging as it is."""


class _Server(uvicorn.Server):
    """uvicorn, which says when it is ready, stops at once when told to, and leaves signals alone if it shall."""

    def __init__(self, app: ASGIApp, *, ready: Callable[[], None], signals: bool = True) -> None:
        super().__init__(
            _Config(app, lifespan="off", server_header=False, ws="none", timeout_graceful_shutdown=_GRACE_SECONDS)
        )
        self._ready = ready
        self._signals = signals
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End without waiting for the next tick or for answers that are still running."""
        self.should_exit = True
        self.force_exit = True
        self._stopping.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def main_loop(self) -> None:
        """Tick like uvicorn, but wake up when told to stop."""
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % _TICKS_A_DAY
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for running answers as uvicorn does, or break them off after ``stop``."""
        if not self.force_exit:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        running_answers = tuple(self.server_state.tasks)
        if running_answers:
            _, stuck = await asyncio.wait(running_answers, timeout=_GRACE_SECONDS)
            for answer in stuck:
                answer.cancel()
        while self.server_state.connections:  # noqa: ASYNC110 - uvicorn keeps a set and tells nobody
            await asyncio.sleep(0)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take the process's signals only when this server is the process's business."""
        if not self._signals:
            yield
            return
        with super().capture_signals():
            yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's delay off on each connection.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"The sandbox cannot listen on {host}:{port}.",
            why=f"The system says: {error.strerror}.",
            remedy="Choose another port, or stop what is using this one.",
        ) from error
    return listener


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
