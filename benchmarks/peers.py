"""The servers that are compared, as processes of their own: how they start, and how a call reaches them."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp

HERE = Path(__file__).resolve().parent.parent
SMARTBEAR = ("@smartbear/mcp@0.41.0", "node@22")
_NODE_FOLDER = HERE / ".bench"
_OLDER, _NEWER = "2025-11-25", "2026-07-28"
_CLIENT = {"name": "bench", "version": "1"}
_META = {
    "io.modelcontextprotocol/protocolVersion": _NEWER,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": _CLIENT,
}
_LONGEST_LINE = 64 * 1024 * 1024
_TOKEN = "benchmark-token"  # noqa: S105 - the local upstream accepts anything
_POLICY = """agent = "bench"
about = "Reads in a benchmark."
owner = "owner@example.com"

[[grant]]
connection = "bugsnag"
projects = ["checkout-ios"]
access.error = "read"
access.event = "read"
access.project = "read"
"""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One tool call in a server's own words."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A server: how it is started for stdio and for HTTP, and what the measured calls are called there."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    http_command: tuple[str, ...]
    http_environment: Mapping[str, str]
    http_headers: Mapping[str, str]
    calls: Mapping[str, Call]


class Session(Protocol):
    """A server that runs, and a client's connection to it."""

    pid: int

    async def call(self, call: Call) -> bytes:
        """Make the call; the answer's bytes."""
        ...


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process (Linux: its CPU clock has this number)."""
    return time.clock_gettime((~pid << 3) | 2)


def install_smartbear() -> Path | None:
    """Node with SmartBear's server in a folder of its own; None, with a message, where there is no npm."""
    server = _NODE_FOLDER / "node_modules/@smartbear/mcp/dist/index.js"
    if server.exists():
        return server
    if shutil.which("npm") is None:
        print("npm is missing: SmartBear's server is left out.")
        return None
    words = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(_NODE_FOLDER), *SMARTBEAR]
    if subprocess.run(words, check=False, capture_output=True).returncode:  # noqa: S603 - fixed words
        print("npm could not install SmartBear's server: it is left out.")
        return None
    return server


def peers(upstream: Mapping[str, str], folder: Path) -> list[Peer]:
    """The servers: ours first."""
    port, url = str(_free_port()), upstream["url"]
    project, event = upstream["project_id"], upstream["event_id"]
    bare = ("-m", "benchmarks.bare_server")
    bare_environment = {"UPSTREAM": url, "TOKEN": _TOKEN}
    found = [
        _crashgate(upstream, folder),
        Peer(
            name="bare",
            command=(sys.executable, *bare),
            environment=bare_environment,
            http_command=(sys.executable, *bare, port),
            http_environment={**bare_environment, "PORT": port},
            http_headers={},
            calls={
                "list": Call(tool="get", arguments={"path": f"/projects/{project}/errors?per_page=30"}),
                "event": Call(tool="get", arguments={"path": f"/projects/{project}/events/{event}"}),
            },
        ),
    ]
    server = install_smartbear()
    if server is not None:
        node = (str(_NODE_FOLDER / "node_modules/.bin/node"), str(server))
        port = str(_free_port())
        found.append(
            Peer(
                name="smartbear",
                command=node,
                environment={"BUGSNAG_AUTH_TOKEN": _TOKEN, "BUGSNAG_ENDPOINT": url},
                http_command=node,
                http_environment={"MCP_TRANSPORT": "http", "PORT": port},
                http_headers={"Bugsnag-Auth-Token": _TOKEN, "Bugsnag-Endpoint": url},
                calls={
                    "list": Call(tool="bugsnag_list_project_errors", arguments={"projectId": project}),
                    "event": Call(tool="bugsnag_get_event", arguments={"projectId": project, "eventId": event}),
                },
            )
        )
    return found


def _crashgate(upstream: Mapping[str, str], folder: Path) -> Peer:
    policies, state, port = folder / "policies", folder / "state", str(_free_port())
    policies.mkdir(mode=0o700)
    document = policies / "bench.toml"
    document.write_text(_POLICY, encoding="utf-8")
    document.chmod(0o600)
    environment = {
        "CRASHGATE_STATE": str(state),
        "CRASHGATE_POLICIES": str(policies),
        "CRASHGATE_CONNECTIONS": json.dumps({"bugsnag": {"base_url": upstream["url"], "token_env": "TOKEN"}}),
        "TOKEN": _TOKEN,
    }
    program = str(Path(sys.executable).parent / "crashgate")
    made = subprocess.run(  # noqa: S603 - our own program
        [program, "--json", "token", "new", "bench"],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    ids = {"project_id": upstream["project_id"]}
    return Peer(
        name="crashgate",
        command=(program, "serve", "--agent", "bench"),
        environment=environment,
        http_command=(program, "serve", "--http", "--port", port),
        http_environment={**environment, "PORT": port},
        http_headers={"Authorization": f"Bearer {json.loads(made.stdout)['token']}"},
        calls={
            "list": Call(tool="list_errors", arguments=ids),
            "event": Call(tool="get_event", arguments={**ids, "event_id": upstream["event_id"]}),
            "few": Call(tool="list_errors", arguments={**ids, "per_page": 10}),
            "many": Call(tool="list_errors", arguments={**ids, "per_page": 100}),
        },
    )


@asynccontextmanager
async def over_stdio(peer: Peer) -> AsyncGenerator["Stdio"]:
    """The server, after its initialize."""
    process = await asyncio.create_subprocess_exec(
        *peer.command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LONGEST_LINE,
        env={**os.environ, **peer.environment},
        cwd=HERE,
    )
    try:
        session = Stdio(process)
        await session.initialize()
        yield session
    finally:
        process.kill()
        await process.wait()


class Stdio:
    """A ``Session`` over pipes, in the era of most clients."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101 - the same
        self.pid = process.pid
        self._in, self._out = process.stdin, process.stdout
        self._last = 0
        self._free = asyncio.Lock()

    async def initialize(self) -> None:
        """Begin, as clients of the older era do."""
        params = {"protocolVersion": _OLDER, "capabilities": {}, "clientInfo": _CLIENT}
        await self._ask("initialize", params)
        self._in.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')

    async def list_tools(self) -> bytes:
        """Everything that a client waits for at its start."""
        return await self._ask("tools/list", {})

    async def call(self, call: Call) -> bytes:
        """Whose answer comes first is not looked at: calls of one kind are counted, not told apart."""
        return await self._ask("tools/call", {"name": call.tool, "arguments": call.arguments})

    async def _ask(self, method: str, params: Mapping[str, Any]) -> bytes:
        self._last += 1
        message = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}
        self._in.write(json.dumps(message).encode() + b"\n")
        async with self._free:
            while True:
                line = await self._out.readline()
                if not line:
                    raise ConnectionError("the server ended")
                if b'"method":"notifications/' not in line[:200]:
                    return line


@asynccontextmanager
async def over_http(peer: Peer, *, newer: bool) -> AsyncGenerator["Http"]:
    """The server on a port of its own, ready for calls of that era."""
    process = await asyncio.create_subprocess_exec(
        *peer.http_command,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **peer.http_environment},
        cwd=HERE,
    )
    try:
        address = f"http://127.0.0.1:{peer.http_environment['PORT']}/mcp"
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=1),  # while the others have their turn, servers hang up
            headers=peer.http_headers,
            timeout=aiohttp.ClientTimeout(total=30),
        ) as client:
            session = Http(process.pid, client, address, newer=newer)
            await session.begin()
            yield session
    finally:
        process.kill()
        await process.wait()


class Http:
    """A ``Session`` over streamable HTTP."""

    def __init__(self, pid: int, client: aiohttp.ClientSession, address: str, *, newer: bool) -> None:
        self.pid = pid
        self._client = client
        self._address = address
        self._newer = newer
        self._last = 0
        self._headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": _NEWER if newer else _OLDER,
        }

    async def begin(self) -> None:
        """Wait until it listens; in the older era open a session."""
        params = {"protocolVersion": _OLDER, "capabilities": {}, "clientInfo": _CLIENT}
        for _ in range(200):
            try:
                if self._newer:
                    await self._post("tools/list", {})
                    return
                headers, _ = await self._post("initialize", params)
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.1)
                continue
            if session := headers.get("mcp-session-id"):
                self._headers["Mcp-Session-Id"] = session
            await self._post("notifications/initialized", None)
            return
        raise ConnectionError("the server does not listen")

    async def call(self, call: Call) -> bytes:
        """One POST."""
        _, body = await self._post("tools/call", {"name": call.tool, "arguments": call.arguments})
        return body

    async def _post(self, method: str, params: Mapping[str, Any] | None) -> tuple[Mapping[str, str], bytes]:
        headers = dict(self._headers)
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            self._last += 1
            message |= {"id": self._last, "params": {**params, **({"_meta": _META} if self._newer else {})}}
        if self._newer:
            headers |= {"Mcp-Method": method}
            if params and "name" in params:
                headers["Mcp-Name"] = params["name"]
        async with self._client.post(self._address, json=message, headers=headers) as response:
            body = await response.read()
            if response.status >= 400:  # noqa: PLR2004 - an error
                raise ConnectionError(f"{response.status}: {body[:300]!r}")
            return response.headers, body


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
