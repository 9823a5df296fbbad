"""MCP over this process's own pipes. Rule: one line a message, and stdout carries nothing else.

An entry of our own, on asyncio pipes over the SDK's public ``Server.run``: the SDK's reads and writes through worker
threads, and after a ``server/discover`` probe it refuses the ``initialize`` that shipping clients then send. Here an
``initialize`` that comes after other requests simply opens a new conversation.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCRequest, jsonrpc_message_adapter
from mcp_types.jsonrpc import INVALID_REQUEST, PARSE_ERROR, ErrorData
from pydantic import ValidationError

from crashgate.server.strict_json import NotStrictError, parse

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; what the HTTP side takes as a body at most."""

Incoming = SessionMessage | Exception


async def serve_stdio(server: Server[dict[str, Any]]) -> None:
    """Serve until stdin ends."""
    async with _pipes() as (reader, writer), anyio.create_task_group() as tasks:
        await _Conversations(server, writer, tasks).follow(reader)


class _Conversations:
    """The conversation under way, and how a new one begins."""

    def __init__(self, server: Server[dict[str, Any]], writer: asyncio.StreamWriter, tasks: TaskGroup) -> None:
        self._server = server
        self._writer = writer
        self._tasks = tasks
        self._current: MemoryObjectSendStream[Incoming] | None = None

    async def follow(self, reader: asyncio.StreamReader) -> None:
        """Hand each line to the conversation that it belongs to."""
        async for line in _lines(reader):
            message = await self._read(line)
            if message is None:
                continue
            opens = isinstance(message.message, JSONRPCRequest) and message.message.method == "initialize"
            if self._current is None or opens:
                await self._begin()
            if self._current is not None:
                await self._current.send(message)
        if self._current is not None:
            await self._current.aclose()

    async def _begin(self) -> None:
        if self._current is not None:
            await self._current.aclose()
        self._current, incoming = anyio.create_memory_object_stream[Incoming](16)
        outgoing, answers = anyio.create_memory_object_stream[SessionMessage](16)
        self._tasks.start_soon(self._write, answers)
        self._tasks.start_soon(self._server.run, incoming, outgoing, self._server.create_initialization_options())

    async def _write(self, answers: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with answers:
            async for answer in answers:
                await self._send(answer.message.model_dump_json(by_alias=True, exclude_unset=True))

    async def _read(self, line: bytes | None) -> SessionMessage | None:
        """The message in a line; a line that is none gets its error at once."""
        if line is None:
            await self._refuse(INVALID_REQUEST, f"a message is at most {LONGEST_LINE} bytes long")
            return None
        if not line.strip():
            return None
        try:
            return SessionMessage(jsonrpc_message_adapter.validate_python(parse(line), by_name=False))
        except NotStrictError as problem:
            await self._refuse(PARSE_ERROR, str(problem))
        except ValidationError:
            await self._refuse(INVALID_REQUEST, "it is not one JSON-RPC message")
        return None

    async def _refuse(self, code: int, why: str) -> None:
        error = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=code, message=f"Message refused: {why}."))
        body = error.model_dump(mode="json", by_alias=True, exclude_none=True) | {"id": None}
        await self._send(JSONRPCError.model_validate(body).model_dump_json(by_alias=True, exclude_unset=True))

    async def _send(self, text: str) -> None:
        self._writer.write(text.encode() + b"\n")
        await self._writer.drain()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes | None]:
    """Each line; None for one that is too long, whose rest is thrown away."""
    too_long = False
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial or too_long:
                yield None if too_long else end.partial
            return
        except asyncio.LimitOverrunError as overrun:
            await reader.readexactly(overrun.consumed)
            too_long = True
            continue
        yield None if too_long else line
        too_long = False


@asynccontextmanager
async def _pipes() -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Our own copies of stdin and stdout; the originals then lead nowhere and to stderr, so no stray print can hurt."""
    loop = asyncio.get_running_loop()
    sys.stdout.flush()
    source, sink = _take(0, os.O_RDONLY), _take(1, os.O_WRONLY)
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sink)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    try:
        yield reader, writer
    finally:
        transport.close()


def _take(number: int, mode: int) -> BinaryIO:
    """A private duplicate of a standard descriptor, whose number then belongs to nobody's protocol."""
    private = os.dup(number)
    away = os.open(os.devnull, mode) if number == 0 else os.dup(2)
    os.dup2(away, number)
    os.close(away)
    return os.fdopen(private, "rb" if number == 0 else "wb", buffering=0)
