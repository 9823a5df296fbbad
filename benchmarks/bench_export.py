"""Exports, against the shell loop of the vendor's page, on one sandbox. Rule: ratios of one run, never bare times.

    python -m benchmarks.bench_export memory    # peak memory at 10,000 and at 1,000,000 rows
    python -m benchmarks.bench_export pace      # three minutes at 60 requests a minute: how much of the budget is used

Each export runs in a process of its own, over HTTP, with the decision log on disk, as an operator runs it.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.table import Figure
from crashgate_sandbox.app import create_app
from crashgate_sandbox.browserstack.service import BrowserStack
from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.devrev.service import DevRev
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import serve
from tests.session_providers import BROWSERSTACK_PREFIX, BUGSPULSE_PREFIX, DEVREV_PREFIX, SessionProviders

FORMS = ("jsonl", "csv", "parquet")
_LOOP = """
page=1
while true; do
  response=$(curl -s "$BASE/export/sessions?page=$page&limit=1000" -H "Authorization: Bearer $API_KEY")
  echo "$response" >> sessions.jsonl
  pages=$(echo "$response" | jq '.pages')
  [ "$page" -ge "$pages" ] && break
  page=$((page+1))
done
"""
"""The loop of the page "Data warehouse pipeline", with the page's own commands."""

_POLICY = """agent = "exporter"
about = "Exports sessions in a benchmark."
owner = "owner@example.com"

[[grant]]
connection = "bugspulse"
access.session = "read"
"""


def _sandbox(sessions: int, per_minute: int | None) -> None:
    """Serve until told to stop; the address goes to stdout."""
    clock, now = MachineClock(), datetime.now(tz=UTC)
    providers = SessionProviders(
        bugspulse=BugsPulse(
            prefix=BUGSPULSE_PREFIX, requests_per_minute=per_minute, sessions=sessions, now=now, clock=clock
        ),
        browserstack=BrowserStack(prefix=BROWSERSTACK_PREFIX, now=now, clock=clock),
        devrev=DevRev(prefix=DEVREV_PREFIX, now=now, clock=clock),
    )
    app = create_app(limits=None, services=providers.services, log=RequestLog())
    serve(app, port=0, ready=lambda url: print(url, flush=True))


@asynccontextmanager
async def _upstream(sessions: int, per_minute: int | None = None) -> AsyncGenerator[str]:
    words = [sys.executable, "-m", "benchmarks.bench_export", "sandbox", str(sessions), str(per_minute or 0)]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        yield f"{(await process.stdout.readline()).decode().strip()}{BUGSPULSE_PREFIX}"
    finally:
        process.kill()
        await process.wait()


def _export(base: str, folder: Path, form: str, *, per_minute: int = 0) -> tuple[float, int]:
    """Seconds and peak memory in KiB of one export by a process of its own."""
    policies = folder / "policies"
    policies.mkdir(mode=0o700, exist_ok=True)
    document = policies / "exporter.toml"
    document.write_text(_POLICY, encoding="utf-8")
    document.chmod(0o600)
    connection = {"provider": "bugspulse", "base_url": base, "token_env": "KEY", "requests_per_minute": per_minute}
    environment = {
        **os.environ,
        "KEY": BUGSPULSE_KEY,
        "CRASHGATE_CONNECTIONS": json.dumps({"bugspulse": connection}),
        "CRASHGATE_POLICIES": str(policies),
        "CRASHGATE_STATE": str(folder / "state"),
        "CRASHGATE_EXPORTS": str(folder / "exports"),
    }
    words = [sys.executable, "-m", "benchmarks.bench_export", "export", form]
    done = subprocess.run(words, env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    seconds, kibibytes = done.stdout.split()
    return float(seconds), int(kibibytes)


def _exporting(form: str) -> None:
    """In the process of its own: the export without the start of Python, which the shell's loop does not have."""
    from crashgate.cli import serve as loop  # noqa: PLC0415 - the same
    from crashgate.config import wiring  # noqa: PLC0415 - the time of importing is not measured
    from crashgate.config.settings import load  # noqa: PLC0415 - the same
    from crashgate.identity import Principal, Via  # noqa: PLC0415 - the same

    if form == "parquet":
        import_module("pyarrow.parquet")
    settings = load(config=None, options={}, environment=os.environ, here=Path.cwd())

    async def run() -> float:
        async with wiring.toolbox(settings, os.environ) as toolbox:
            principal = Principal(agent="exporter", via=Via.CLI)
            begin = time.perf_counter()
            answer = await toolbox.call(principal, "export_sessions", {"format": form})
            seconds = time.perf_counter() - begin
            if answer.error is not None:
                raise SystemExit(answer.text)
            return seconds

    seconds = loop.run(run())
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


async def measure(*, quick: bool) -> list[Figure]:
    """The shell's loop and exports in turn; none, with a message, where curl or jq is missing."""
    if shutil.which("curl") is None or shutil.which("jq") is None:
        print("curl or jq is missing: exports are not compared.")
        return []
    rows, rounds = (20_000, 2) if quick else (100_000, 3)
    rates = {form: defaultdict[str, list[float]](list) for form in FORMS}
    async with _upstream(rows) as base:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as name:
                shell = {**os.environ, "BASE": base, "API_KEY": BUGSPULSE_KEY}
                begin = time.perf_counter()
                await asyncio.to_thread(subprocess.run, ["bash", "-c", _LOOP], cwd=name, env=shell, check=True)
                loop = rows / (time.perf_counter() - begin)
                for form in FORMS:
                    seconds, _ = await asyncio.to_thread(_export, base, Path(name), form)
                    rates[form]["crashgate"].append(rows / seconds)
                    rates[form]["curl and jq"].append(loop)
    return [Figure.of(f"export of sessions, {form}, rows per second", "/s", rates[form]) for form in FORMS]


async def memory() -> None:
    """Peak memory of the exporting process."""
    peaks: dict[int, dict[str, int]] = {}
    for rows in (10_000, 1_000_000):
        async with _upstream(rows) as base:
            for form in FORMS:
                with tempfile.TemporaryDirectory() as name:
                    _, peak = await asyncio.to_thread(_export, base, Path(name), form)
                    peaks.setdefault(rows, {})[form] = peak
    for form, small in peaks[10_000].items():
        large = peaks[1_000_000][form]
        print(f"{form}: {small / 1024:.1f} MiB at 10,000 rows, {(large - small) / 1024:+.1f} MiB at 1,000,000")


async def pace(minutes: int) -> None:
    """How much of a budget of 60 requests a minute is used; a 429 would end it with an error."""
    pages = 60 * minutes + 1
    async with _upstream(pages * 1000, per_minute=60) as base:
        with tempfile.TemporaryDirectory() as name:
            seconds, _ = await asyncio.to_thread(_export, base, Path(name), "jsonl", per_minute=60)
    most = 60 * (seconds / 60) + 60  # what the window allows from an idle start
    print(f"{pages} requests in {seconds:.1f} s; the budget allows {pages} no sooner than {60 * minutes} s:")
    print(f"{60 * minutes / seconds:.1%} of the budget used, no 429 (at most {most:.0f} could have been sent)")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("memory", "pace", "sandbox", "export"))
    parser.add_argument("more", nargs="*")
    given = parser.parse_args()
    match given.what:
        case "sandbox":
            _sandbox(int(given.more[0]), int(given.more[1]) or None)
        case "export":
            _exporting(given.more[0])
        case "memory":
            asyncio.run(memory())
        case _:
            asyncio.run(pace(int(given.more[0]) if given.more else 3))


if __name__ == "__main__":
    main()
