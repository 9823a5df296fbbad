"""Listening for HTTP. Rule: bounded in connections and header sizes, and calls under way may finish before the end."""

import socket
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from crashgate.errors import ConfigurationError

MOST_CONNECTIONS = 1_000
_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 15


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
    """Serve until a signal; then take nothing new, and give calls under way ``shutdown_seconds``."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        backlog=_BACKLOG,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=shutdown_seconds,
        access_log=False,
        server_header=False,
        log_level="warning",
    )
    await uvicorn.Server(config).serve(sockets=[listener.socket])
