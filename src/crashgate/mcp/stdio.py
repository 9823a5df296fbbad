"""MCP over this process's own pipes. Rule: one line a message, and stdout carries nothing else.

This replaces the SDK's own entry, which reads and writes through worker threads, and which refuses the ``initialize``
that many clients send after a ``server/discover`` probe. Here an ``initialize`` after other requests opens a new
conversation. When stdin ends, calls under way have a few seconds to finish, where the SDK cancels them at once.
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
from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
    jsonrpc_message_adapter,
)
from mcp_types.jsonrpc import INVALID_REQUEST, PARSE_ERROR, ErrorData
from pydantic import ValidationError

from crashgate.audit.attempt import Attempt
from crashgate.mcp.attempts import Attempts
from crashgate.strict_json import NotStrictError, parse

_LAST_SECONDS = 3.0
"""For calls under way when stdin has ended."""

_STANDING = "subscriptions/listen"
"""The request whose answer is a stream without an end."""

Incoming = SessionMessage | Exception


async def serve_stdio(server: Server[dict[str, Any]], attempts: Attempts, *, agent: str, longest: int) -> None:
    """Serve until stdin ends. A line has at most ``longest`` bytes.

    Lines of ``agent`` that are no message are noted in ``attempts``.
    """
    async with _pipes(longest) as (reader, writer), anyio.create_task_group() as tasks:
        await _Conversations(server, writer, tasks, attempts, agent=agent, longest=longest).follow(reader)


class UnderWay:
    """The requests of one conversation that have no answer yet."""

    def __init__(self) -> None:
        self._ids: set[RequestId] = set()
        self._over = anyio.Event()
        self._over.set()

    def came(self, message: JSONRPCMessage) -> None:
        """A message of the client's: a request, or the end of one, which then has no answer."""
        if isinstance(message, JSONRPCRequest) and message.method != _STANDING:
            self._ids.add(message.id)
            if self._over.is_set():
                self._over = anyio.Event()
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._drop((message.params or {}).get("requestId"))

    def went(self, message: JSONRPCMessage) -> None:
        """A message of ours, already written."""
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._drop(message.id)

    @property
    def none(self) -> bool:
        """True when all are answered."""
        return not self._ids

    async def all_answered(self) -> None:
        """Wait for the last answer."""
        await self._over.wait()

    def _drop(self, request: object) -> None:
        if isinstance(request, int | str):
            self._ids.discard(request)
        if self.none:
            self._over.set()


class _Conversations:
    """The conversation under way, and how a new one begins."""

    def __init__(  # noqa: PLR0913 - both ends of a conversation, and what becomes of a bad line
        self,
        server: Server[dict[str, Any]],
        writer: asyncio.StreamWriter,
        tasks: TaskGroup,
        attempts: Attempts,
        *,
        agent: str,
        longest: int,
    ) -> None:
        self._server = server
        self._writer = writer
        self._tasks = tasks
        self._attempts = attempts
        self._agent = agent
        self._longest = longest
        self._under_way = UnderWay()
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
                self._under_way.came(message.message)
                await self._current.send(message)
        if self._current is not None:
            with anyio.move_on_after(_LAST_SECONDS):
                await self._under_way.all_answered()
            await self._current.aclose()

    async def _begin(self) -> None:
        if self._current is not None:
            await self._current.aclose()
        self._current, incoming = anyio.create_memory_object_stream[Incoming](16)
        outgoing, answers = anyio.create_memory_object_stream[SessionMessage](16)
        self._under_way = UnderWay()
        self._tasks.start_soon(self._write, answers, self._under_way)
        self._tasks.start_soon(self._server.run, incoming, outgoing, self._server.create_initialization_options())

    async def _write(self, answers: MemoryObjectReceiveStream[SessionMessage], under_way: UnderWay) -> None:
        async with answers:
            async for answer in answers:
                await self._send(answer.message.model_dump_json(by_alias=True, exclude_unset=True))
                under_way.went(answer.message)

    async def _read(self, line: bytes | None) -> SessionMessage | None:
        """The message in a line; a line that is none gets its error at once."""
        if line is None:
            await self._attempts.note(Attempt.OVERSIZED, "line_too_long", agent=self._agent)
            await self._refuse(INVALID_REQUEST, f"a message is at most {self._longest} bytes long")
            return None
        if not line.strip():
            return None
        document: Any = None
        try:
            document = parse(line)
            return SessionMessage(jsonrpc_message_adapter.validate_python(document, by_name=False))
        except NotStrictError as problem:
            await self._attempts.note(Attempt.MALFORMED, "not_strict_json", agent=self._agent)
            await self._refuse(PARSE_ERROR, str(problem))
        except ValidationError:
            batch = isinstance(document, list)
            what = (Attempt.BATCH, "batch") if batch else (Attempt.MALFORMED, "not_a_message")
            await self._attempts.note(*what, agent=self._agent)
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
async def _pipes(longest: int) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Our own copies of stdin and stdout; the originals then lead nowhere and to stderr, so no stray print can hurt."""
    loop = asyncio.get_running_loop()
    sys.stdout.flush()
    source, sink = _take(0, os.O_RDONLY), _take(1, os.O_WRONLY)
    reader = asyncio.StreamReader(
        # check[huge]: a line of stdin has a longest length
        limit=longest
    )
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
    # check: a stray print does not get into the protocol
    os.dup2(away, number)
    os.close(away)
    return os.fdopen(private, "rb" if number == 0 else "wb", buffering=0)
