"""``crashgate serve`` with the sandbox, as a user starts it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

from clients.listed import HERE

AGENT = "client"
_CRASHGATE = str(Path(sys.executable).parent / "crashgate")
_HEAD = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server over HTTP."""

    url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What a client sends beside its requests."""
        return {"Authorization": f"Bearer {self.token}"}


def stdio_command(state: Path) -> list[str]:
    """What a client starts to reach a server of its own."""
    return [*_crashgate(state), "serve", "--sandbox", "--agent", AGENT]


@contextmanager
def over_http(state: Path) -> Generator[Served]:
    """A server on a free port, and a token for its one agent."""
    made = subprocess.run(
        [*_crashgate(state), "--json", "token", "new", AGENT, "--sandbox"], check=True, capture_output=True, text=True
    )
    words = [*_crashgate(state), "--json", "serve", "--http", "--sandbox", "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = json.loads(cast("IO[str]", process.stderr).readline())["url"]
            yield Served(url=url, token=json.loads(made.stdout)["token"])
        finally:
            process.terminate()


@asynccontextmanager
async def with_token(served: Served) -> AsyncGenerator[str]:
    """An address at which every request gets the token, for a client that cannot send headers of its own.

    One request a connection, so that a connection starts with a request's head. Where the head names this address, in
    Host and Origin, the server reads its own.
    """
    there = urlsplit(served.url)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            here = f"{there.hostname}:{writer.get_extra_info('sockname')[1]}"
            head = (await reader.readuntil(b"\r\n\r\n")).replace(here.encode(), there.netloc.encode())
            upstream, out = await asyncio.open_connection(there.hostname, there.port, limit=_HEAD)
            first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
            kept = [line for line in lines if not line.lower().startswith(b"connection:")]
            added = [f"Authorization: Bearer {served.token}".encode(), b"Connection: close"]
            out.write(b"\r\n".join([first, *kept, *added, b"", b""]))
            sending = asyncio.create_task(_copy(reader, out))
            await _copy(upstream, writer)
            sending.cancel()
            out.close()
        writer.close()

    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.create_task(forward(reader, writer)))

    async with await asyncio.start_server(accept, there.hostname, 0, limit=_HEAD) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://{there.hostname}:{port}{there.path}"
        for task in connections:
            task.cancel()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_HEAD):
        writer.write(data)
        await writer.drain()


def _crashgate(state: Path) -> list[str]:
    return [_CRASHGATE, "--policies", str(HERE / "policies"), "--state", str(state)]
