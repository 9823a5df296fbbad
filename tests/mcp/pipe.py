"""A process of crashgate spoken to line by line."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.house import TRIAGE
from tests.system.served import Site

INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": "hello",
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}},
}


@dataclass(frozen=True, kw_only=True)
class Pipe:
    """stdin and stdout of a process; ``heard`` is every line that came out."""

    process: asyncio.subprocess.Process
    heard: list[bytes] = field(default_factory=list[bytes])

    def say(self, *messages: Mapping[str, Any] | bytes) -> None:
        """Write the lines in one piece."""
        assert self.process.stdin is not None
        lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in messages]
        self.process.stdin.write(b"".join(line + b"\n" for line in lines))

    async def hear(self) -> dict[str, Any]:
        """The next line, which must be a JSON-RPC message."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            line = await self.process.stdout.readline()
        self.heard.append(line)
        message: dict[str, Any] = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    async def ask(self, *messages: Mapping[str, Any] | bytes) -> dict[str, Any]:
        """Say it, and hear one answer."""
        self.say(*messages)
        return await self.hear()

    async def end(self) -> int:
        """Close stdin and wait for the end; the exit code. Whatever else came out is heard too."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            rest = await self.process.stdout.read()
            self.heard.extend(line + b"\n" for line in rest.splitlines())
            return await self.process.wait()


@asynccontextmanager
async def open_pipe(site: Site, agent: str = TRIAGE) -> AsyncGenerator[Pipe]:
    """``crashgate serve --agent AGENT``."""
    async with site.process("--agent", agent) as process:
        yield Pipe(process=process)
