"""A server that says exactly the bytes that a test wants. Rule: it notes what came and when the caller left."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from crashgate.model.message import Request
from crashgate.upstream.transport import Fault, Transport, TransportError

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Wire:
    """``heads`` are the requests' heads in the order in which they came. ``left`` is set when a caller has gone."""

    base_url: str = ""
    heads: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def header(self, name: str) -> list[str]:
        """The values of a header in all requests."""
        lines = [line for head in self.heads for line in head.split("\r\n")[1:]]
        return [value.strip() for found, _, value in (line.partition(":") for line in lines) if found.lower() == name]


@asynccontextmanager
async def speaking(speak: Speak) -> AsyncGenerator[Wire]:
    """A server on loopback; ``speak`` answers each request on a connection of its own."""
    wire = Wire()
    open_tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_tasks.add(task)
        gone = asyncio.create_task(_until_gone(reader, writer, wire, speak))
        try:
            await gone
        finally:
            open_tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        for task in tuple(open_tasks):
            task.cancel()
        await asyncio.gather(*open_tasks, return_exceptions=True)


async def _until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire, speak: Speak) -> None:
    """Read one request, answer it, and wait until the caller closes."""
    wire.heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
    wire.came.set()
    answer = asyncio.create_task(_answer(writer, speak))
    try:
        while await reader.read(1024):
            pass
    except ConnectionError:
        pass
    finally:
        wire.left.set()
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)


async def _answer(writer: asyncio.StreamWriter, speak: Speak) -> None:
    try:
        await speak(writer)
    except ConnectionError:
        return


def saying(*parts: bytes, close: bool = False) -> Speak:
    """Answer with these bytes, and close the connection if wanted."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if close:
            writer.close()

    return speak


def without_end(head: bytes, part: bytes) -> Speak:
    """Answer with ``head`` and then ``part`` for ever."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()

    return speak


def silent(head: bytes = b"") -> Speak:
    """Answer with ``head`` and then nothing."""
    return saying(head)


def request_to(base_url: str, path: str = "/projects/x", *, method: str = "GET", body: bytes | None = None) -> Request:
    """A request with a token that must not travel further."""
    return Request(
        method=method,
        url=f"{base_url}{path}",
        headers={"Authorization": "token canary-token"},
        body=body,
        repeatable=method == "GET",
    )


async def fault_of(transport: Transport, request: Request) -> Fault:
    """Why the request gets no whole answer."""
    with pytest.raises(TransportError) as caught:
        await transport.send(request)
    return caught.value.fault
