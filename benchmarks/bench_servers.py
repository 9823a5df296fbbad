"""crashgate against a server without a gate and against SmartBear's, one list and one event, in turn in one run."""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.peers import Call, Peer, Session, cpu_seconds, over_http, over_stdio, peers
from benchmarks.table import Figure

TOGETHER = 16
_WARM_UP = 40


async def measure(*, quick: bool) -> list[Figure]:
    """All figures that compare servers."""
    rounds, calls = (5, 40) if quick else (11, 60)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.upstream", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        upstream: dict[str, str] = json.loads(await process.stdout.readline())
        with tempfile.TemporaryDirectory() as folder:
            return await _measure(peers(upstream, Path(folder)), rounds, calls)
    finally:
        process.kill()
        await process.wait()


async def _measure(servers: Sequence[Peer], rounds: int, calls: int) -> list[Figure]:
    figures: list[Figure] = []
    figures += await _starts(servers, max(3, rounds // 2))
    async with AsyncExitStack() as stack:
        sessions: dict[str, Session] = {p.name: await stack.enter_async_context(over_stdio(p)) for p in servers}
        figures += await _compare("stdio", "list", sessions, servers, rounds=rounds, calls=calls)
        figures += await _compare("stdio", "event", sessions, servers, rounds=rounds, calls=calls, cpu_only=True)
        figures.append(await _rows(sessions["crashgate"], servers[0], rounds, calls // 2))
    for newer in (True, False):
        async with AsyncExitStack() as stack:
            sessions = {p.name: await stack.enter_async_context(over_http(p, newer=newer)) for p in servers}
            era = "HTTP, 2026-07-28" if newer else "HTTP, 2025-11-25"
            figures += await _compare(era, "list", sessions, servers, rounds=rounds, calls=calls)
    return figures


async def _compare(  # noqa: PLR0913 - what is measured, and how often
    way: str,
    what: str,
    sessions: Mapping[str, Session],
    servers: Sequence[Peer],
    *,
    rounds: int,
    calls: int,
    cpu_only: bool = False,
) -> list[Figure]:
    """CPU and p50 of calls one after the other, and calls a second of ``TOGETHER`` at once."""
    todo = {peer.name: peer.calls[what] for peer in servers}
    cpu, p50, rate = (defaultdict[str, list[float]](list) for _ in range(3))
    for name, session in sessions.items():
        for _ in range(_WARM_UP):
            _check(name, await session.call(todo[name]))
    for _ in range(rounds):
        for name, session in sessions.items():
            before, times = cpu_seconds(session.pid), list[float]()
            for _ in range(calls):
                begin = time.perf_counter()
                await session.call(todo[name])
                times.append(time.perf_counter() - begin)
            cpu[name].append((cpu_seconds(session.pid) - before) / calls * 1000)
            p50[name].append(statistics.median(times) * 1000)
        if not cpu_only:
            for name, session in sessions.items():
                rate[name].append(await _rate(session, todo[name], calls * 2))
    label = f"{way}: {what}"
    figures = [Figure.of(f"{label}, CPU per call", "ms", cpu)]
    if not cpu_only:
        figures += [
            Figure.of(f"{label}, p50", "ms", p50),
            Figure.of(f"{label}, calls per second at {TOGETHER}", "/s", rate),
        ]
    return figures


async def _rate(session: Session, call: Call, calls: int) -> float:
    left = calls

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await session.call(call)

    begin = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(TOGETHER)))
    return calls / (time.perf_counter() - begin)


async def _rows(session: Session, peer: Peer, rounds: int, calls: int) -> Figure:
    """What a further row of a list costs: lists of 10 and of 100 in turn."""
    found: list[float] = []
    for _ in range(rounds):
        cost: list[float] = []
        for size in ("few", "many"):
            before = cpu_seconds(session.pid)
            for _ in range(calls):
                await session.call(peer.calls[size])
            cost.append((cpu_seconds(session.pid) - before) / calls)
        found.append((cost[1] - cost[0]) / 90 * 1e6)
    return Figure.of("stdio: each further row of a list, CPU", "µs", {peer.name: found})


async def _starts(servers: Sequence[Peer], rounds: int) -> list[Figure]:
    """CPU of a process from its start to the answer to ``tools/list``."""
    cpu = defaultdict[str, list[float]](list)
    for number in range(rounds + 1):
        for peer in servers:
            async with over_stdio(peer) as session:
                await session.list_tools()
                if number:  # the first one compiles
                    cpu[peer.name].append(cpu_seconds(session.pid))
    return [Figure.of("stdio: start to tools/list, CPU", "s", cpu)]


def _check(name: str, answer: bytes) -> None:
    if b'"isError":true' in answer or b'"error":{' in answer[:200]:
        raise SystemExit(f"{name}: {answer[:500].decode(errors='replace')}")
