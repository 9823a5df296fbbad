"""What a client can cost the server by attacking it. Rule: bounded, in one run, the server a process of its own.

Prints, for each attack, what was sent, how the connection ended, and the server's resident memory and CPU time before
and after. Memory and CPU are read from ``/proc``, so it needs Linux.
"""

import asyncio
import gzip
import json
import os
import platform
import re
import resource
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crashgate.model.message import Request
from crashgate.upstream.http import http_transport
from crashgate.upstream.transport import TransportError

HERE = Path(__file__).resolve().parent.parent
MEBIBYTE = 1024 * 1024
SECONDS = 30.0
"""For one attack."""
_AGENT, _VERSION = "triage-agent", "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": _VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """The server: its process, its port and a token."""

    pid: int
    port: int
    token: str

    def resident(self) -> float:
        """Its memory in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE

    def cpu(self) -> float:
        """The seconds that it has computed."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def head(self, *lines: str, token: bool = True) -> bytes:
        """The head of a POST."""
        own = [f"Authorization: Bearer {self.token}"] if token else []
        usual = [f"Host: 127.0.0.1:{self.port}", "Content-Type: application/json", "Accept: application/json", *own]
        return "\r\n".join(["POST /mcp HTTP/1.1", *usual, *lines, "", ""]).encode()

    def request(self, body: Mapping[str, Any], *lines: str) -> bytes:
        """A whole request."""
        content = json.dumps(body).encode()
        return self.head(*lines, f"Content-Length: {len(content)}") + content


Attack = Callable[[Target], Awaitable[str]]


async def _send(target: Target, first: bytes, piece: bytes, *, most: int) -> str:
    """Send and read nothing; says how it ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port, limit=1)
    writer.transport.set_write_buffer_limits(0)
    sent, how = 0, "all was taken"
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(first)
            while sent < most:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
    except TimeoutError:
        how = "not read on"
    except ConnectionError:
        how = "closed"
    finally:
        writer.transport.abort()
    del reader
    return f"{sent / MEBIBYTE:.1f} MB, {how}"


async def _answer(target: Target, request: bytes) -> str:
    """The status of the answer to one request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(request)
            return (await reader.readline()).split(b" ")[1].decode()
    except (ConnectionError, TimeoutError, IndexError) as problem:
        return type(problem).__name__
    finally:
        writer.transport.abort()


async def pipelining(target: Target) -> str:
    """30 MB of requests without a token, and no answer is read."""
    return await _send(target, b"", (target.head("Content-Length: 2", token=False) + b"{}") * 500, most=30 * MEBIBYTE)


async def trailers(target: Target) -> str:
    """100 MB of trailers."""
    first = target.head("Transfer-Encoding: chunked", token=False) + b"2\r\n{}\r\n0\r\n"
    return await _send(target, first, (b"X-More: " + b"y" * 200 + b"\r\n") * 300, most=100 * MEBIBYTE)


async def one_trailer(target: Target) -> str:
    """One trailer of 100 MB."""
    first = target.head("Transfer-Encoding: chunked", token=False) + b"2\r\n{}\r\n0\r\nX-More: "
    return await _send(target, first, b"y" * 65_536, most=100 * MEBIBYTE)


async def chunks(target: Target) -> str:
    """A body in chunks of one byte."""
    return await _send(target, target.head("Transfer-Encoding: chunked"), b"1\r\n \r\n" * 10_000, most=6 * MEBIBYTE)


async def long_list(target: Target) -> str:
    """A list of 300,000 numbers in one call, eight times at once."""
    arguments = {"project_id": "checkout-ios", "filters": {"error.status": [0] * 300_000}}
    params = {"name": "list_errors", "arguments": arguments, "_meta": _META}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    lines = (f"MCP-Protocol-Version: {_VERSION}", "Mcp-Method: tools/call", "Mcp-Name: list_errors")
    request = target.request(body, *lines)
    return ", ".join(await asyncio.gather(*(_answer(target, request) for _ in range(8))))


async def idle_connections(target: Target) -> str:
    """1,100 connections that say nothing, and then an agent."""
    idle = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(1_100)]
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": _META}}
    try:
        lines = (f"MCP-Protocol-Version: {_VERSION}", "Mcp-Method: tools/list")
        return f"an agent beside them: {await _answer(target, target.request(body, *lines))}"
    finally:
        for _, writer in idle:
            writer.transport.abort()


async def refused_initializes(target: Target) -> str:
    """100 sessions whose initialize is refused, and then a right one."""
    wrong = target.request({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": 7}})
    for _ in range(100):
        await _answer(target, wrong)
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    right = target.request({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    return f"a right one then: {await _answer(target, right)}"


ATTACKS: tuple[Attack, ...] = (
    pipelining,
    trailers,
    one_trailer,
    chunks,
    long_list,
    idle_connections,
    refused_initializes,
)


def _stacked() -> bytes:
    """A gzip stream of empty blocks, 64 MB of them and no content, packed twice more."""
    packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b"\x00\x00\x00\xff\xff" * (64 * MEBIBYTE // 5)
    for _ in range(2):
        packed = gzip.compress(packed, 1)
    return packed


async def stacked_codings() -> None:
    """An upstream answer under three content codings, read by our own client; prints how that ended."""
    body = _stacked()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head + body)
            await writer.drain()
        writer.close()

    upstream = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}/"
    before, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time()
    async with upstream, http_transport() as transport:
        try:
            found = await transport.send(Request(method="GET", url=url, headers={}, repeatable=False))
            how = f"read as {len(found.body)} bytes"
        except TransportError as problem:
            how = f"refused: {problem.fault}"
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _show("stacked_codings", f"{len(body) / 1024:.0f} kB, {how}", (before, after), time.process_time() - cpu)


def _show(name: str, how: str, memory: tuple[float, float], cpu: float) -> None:
    print(f"{name:20} {how:45} RSS {memory[0]:6.0f} -> {memory[1]:6.0f} MB   CPU {cpu:5.2f} s", flush=True)


@asynccontextmanager
async def _served() -> AsyncGenerator[Target]:
    """The server as an operator starts it, with the sandbox in it."""
    with tempfile.TemporaryDirectory(dir=HERE) as state:
        environment = {**os.environ, "CRASHGATE_STATE": state, "CRASHGATE_POLICIES": str(HERE / "policies")}
        words = (sys.executable, "-m", "crashgate", "--json")

        async def start(*more: str) -> asyncio.subprocess.Process:
            pipe = asyncio.subprocess.PIPE
            return await asyncio.create_subprocess_exec(
                *words, *more, "--sandbox", env=environment, cwd=HERE, stdout=pipe, stderr=pipe
            )

        issuing = await start("token", "new", _AGENT)
        token = max(re.findall(r"[A-Za-z0-9_-]+", (await issuing.communicate())[0].decode()), key=len)
        server = await start("serve", "--http", "--port", "0")
        try:
            assert server.stderr is not None  # noqa: S101 - asked for above
            while not (line := await server.stderr.readline()).startswith(b"{"):
                if not line:
                    raise SystemExit("The server did not start.")
            port = int(json.loads(line)["url"].removesuffix("/mcp").rpartition(":")[2])
            yield Target(pid=server.pid, port=port, token=token)
        finally:
            server.kill()
            await server.wait()


async def main() -> None:
    """Each attack in turn on one server; then the one on our own client, in a process that can be ended."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}")
    async with _served() as target:
        for attack in ATTACKS:
            before, cpu = target.resident(), target.cpu()
            how = await attack(target)
            await asyncio.sleep(1)  # what is still under way counts
            _show(attack.__name__, how, (before, target.resident()), target.cpu() - cpu)
    alone = await asyncio.create_subprocess_exec(sys.executable, "-m", __spec__.name, "stacked", cwd=HERE)
    try:
        async with asyncio.timeout(SECONDS):
            await alone.wait()
    except TimeoutError:
        print("stacked_codings      not ended in time")
        alone.kill()
        await alone.wait()


if __name__ == "__main__":
    asyncio.run(stacked_codings() if "stacked" in sys.argv else main())
