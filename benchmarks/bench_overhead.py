"""What the gate costs: the whole server over HTTP, with it and with it out. Rule: all in one run, in turn.

With the gate out, a call's arguments are read and its operation is sent; nothing is decided, recorded, limited,
narrowed or redacted. A third server has the gate out too, but writes a kilobyte to the disk before it sends: what any
durable record costs here, whoever writes it. The sandbox, each server and the clients are processes of their own.
"""

import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from crashgate.cli.serve import run as on_uvloop
from crashgate.config import wiring
from crashgate.config.settings import load
from crashgate.gate import arguments
from crashgate.gate.call import Ask
from crashgate.gate.gateway import Gateway
from crashgate.model.tool import Reply
from crashgate.upstream.client import Call, Trace, Upstream, exchange
from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import serve

HERE = Path(__file__).resolve().parent.parent
CALL = ("get_project", {"project_id": "checkout-ios"})
CLIENTS, ROUNDS, CALLS = 8, 10, 100
GATES = ("in", "out", "disk")
"""The gate in, out, and out but with a bare durable write."""

_RECORD, _ROOM = 1024, 4 * 1024 * 1024


class _Forgetful(RequestLog):
    """A sandbox that is asked ten thousand times need not remember it."""

    def arrived(self, *, method: str, path: str, query: str, body: bytes) -> int:
        number = super().arrived(method=method, path=path, query=query, body=body)
        if number % 1000 == 0:
            self.clear()
        return number


class _GateOut(Gateway):
    """A door that is open."""

    def __init__(self, gateway: Gateway, upstreams: dict[str, Upstream]) -> None:
        self.__dict__.update(gateway.__dict__)
        self._sent_to = upstreams

    async def before(self) -> None:
        """What happens before the operation is sent."""

    async def run(self, ask: Ask) -> Reply:
        await self.before()
        if ask.operation is None or ask.connection is None:
            raise ValueError("only real calls are measured")
        params = arguments.read(ask.operation.params, ask.arguments)
        page: Any = await exchange(self._sent_to[ask.connection], Call(operation=ask.operation, params=params), Trace())
        return Reply(page=page, params=params, connection=ask.connection, where=None, call="", policy_hash=None)


class _DiskOnly(_GateOut):
    """An open door with a durable write before it, and nothing else; calls that come meanwhile share the next one."""

    def __init__(self, gateway: Gateway, upstreams: dict[str, Upstream]) -> None:
        super().__init__(gateway, upstreams)
        self._threads = ThreadPoolExecutor(1)
        self._file = os.open(Path(os.environ["CRASHGATE_STATE"]) / "disk", os.O_RDWR | os.O_CREAT)
        os.pwrite(self._file, bytes(_ROOM), 0)
        os.fsync(self._file)
        self._place = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._writing: asyncio.Task[None] | None = None

    def _write(self, records: int) -> None:
        os.pwrite(self._file, bytes(_RECORD * records), self._place)
        os.fdatasync(self._file)
        self._place = (self._place + _RECORD * records) % _ROOM

    async def _write_all(self) -> None:
        while self._waiting:
            mine, self._waiting = self._waiting, []
            await asyncio.get_running_loop().run_in_executor(self._threads, self._write, len(mine))
            for each in mine:
                each.set_result(None)
        self._writing = None

    async def before(self) -> None:
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await mine


def _serve_sandbox() -> None:
    app = create_app(limits=None, log=_Forgetful())
    serve(app, port=0, ready=lambda url: print(url, flush=True))


def _serve(gate: str) -> None:
    """One of ``GATES``, on a port that goes to stdout."""
    from crashgate.mcp.listen import open_listener  # noqa: PLC0415 - only in the process that serves

    settings = load(config=None, options={}, environment=os.environ, here=Path.cwd())
    if gate != "in":
        opened = wiring.opened

        @asynccontextmanager
        async def without(*given: Any, **more: Any) -> AsyncGenerator[wiring.Opened]:  # noqa: ANN401 - as it is given
            async with opened(*given, **more) as found:
                gateway = found.toolbox.gateway
                door = (_GateOut if gate == "out" else _DiskOnly)(gateway, vars(gateway)["_upstreams"])
                yield replace(found, toolbox=replace(found.toolbox, gateway=door))

        wiring.opened = without  # the one part that is measured by leaving it out
    listener = open_listener(settings.http.host, settings.http.port)

    def ready() -> None:
        listener.socket.listen()
        print(listener.url, flush=True)

    with listener.socket:
        on_uvloop(wiring.run_http(settings, os.environ, listener, ready=ready))


@asynccontextmanager
async def _process(*words: str, environment: dict[str, str] | None = None) -> AsyncGenerator[str]:
    """A process of this file; gives the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.bench_overhead",
        *words,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        cwd=HERE,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _client(url: str, token: str) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        yield client


async def _times(client: Client, calls: int) -> list[float]:
    """Milliseconds of each call."""
    found: list[float] = []
    for _ in range(calls):
        begin = time.perf_counter()
        result = await client.call_tool(*CALL)
        found.append((time.perf_counter() - begin) * 1000)
        if result.is_error:
            raise SystemExit(str(result))
    return found


async def _rate(clients: Sequence[Client], calls: int) -> float:
    """Calls a second of all clients together."""
    begin = time.perf_counter()
    await asyncio.gather(*(_times(client, calls) for client in clients))
    return len(clients) * calls / (time.perf_counter() - begin)


async def main() -> None:
    """Alone and eight at once, the two servers in turn."""
    with tempfile.TemporaryDirectory(dir=HERE) as name:
        async with AsyncExitStack() as stack:
            upstream = await stack.enter_async_context(_process("sandbox"))
            clients: dict[str, list[Client]] = {}
            for gate in GATES:
                state = Path(name) / gate
                environment = {
                    "CRASHGATE_STATE": str(state),
                    "CRASHGATE_POLICIES": str(HERE / "policies"),
                    "CRASHGATE_HTTP__PORT": "0",
                    "CRASHGATE_CONNECTIONS": json.dumps({"bugsnag": {"base_url": upstream, "token_env": "TOKEN"}}),
                    "TOKEN": SANDBOX_TOKEN,
                }
                settings = load(config=None, options={"state": state}, environment={}, here=HERE)
                token = wiring.tokens(settings).new("triage-agent")
                url = await stack.enter_async_context(_process(gate, environment=environment))
                clients[gate] = [await stack.enter_async_context(_client(url, token)) for _ in range(CLIENTS)]
            alone: dict[str, list[float]] = {gate: [] for gate in GATES}
            together: dict[str, list[float]] = {gate: [] for gate in GATES}
            for each in clients.values():
                await _times(each[0], CALLS)
            for _ in range(ROUNDS):
                for gate, each in clients.items():
                    alone[gate] += await _times(each[0], CALLS)
                for gate, each in clients.items():
                    together[gate].append(await _rate(each, CALLS // 2))
    _tell(alone, together)


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def _tell(alone: dict[str, list[float]], together: dict[str, list[float]]) -> None:
    load_now = os.getloadavg()[0]
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, load {load_now:.1f}"
    )
    for name, of in (("median", statistics.median), ("p99", _p99)):
        times = {gate: of(found) for gate, found in alone.items()}
        added = {gate: each - times["out"] for gate, each in times.items()}
        told = f"the gate adds {added['in']:+.2f} ms, the disk {added['disk']:+.2f}"
        print(f"{name:<7} out {times['out']:.2f} ms: {told}")
    rate = {gate: statistics.median(rates) for gate, rates in together.items()}
    kept = {gate: f"{each / rate['out']:.0%}" for gate, each in rate.items()}
    print(f"{CLIENTS} clients out {rate['out']:.0f}/s: the gate keeps {kept['in']}, the disk {kept['disk']}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sandbox"]:
            _serve_sandbox()
        case [gate]:
            _serve(gate)
        case _:
            asyncio.run(main())
