"""How long calls take behind the gate, durable records included. Rule: one run, the sandbox in this process.

Prints the median and the 99th percentile in milliseconds, and how many calls a second go through together.
"""

import asyncio
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.config.settings import load
from crashgate.identity import Principal, Via
from crashgate.tools.toolbox import Toolbox
from crashgate_sandbox.app import create_app

HERE = Path(__file__).resolve().parent.parent
ROUNDS = 400
CALLS: Mapping[str, Mapping[str, Any]] = {
    "my_access": {},
    "get_project": {"project_id": "checkout-ios"},
    "list_errors": {"project_id": "checkout-ios"},
    "delete_error": {"project_id": "checkout-ios", "error_id": "0" * 24},
}


async def main() -> None:
    """Measure each call, then how many a second go through together."""
    agent = Principal(agent="triage-agent", via=Via.MEMORY)
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        settings = load(
            config=None, options={"state": Path(folder), "policies": HERE / "policies"}, environment={}, here=HERE
        )
        sandbox = Sandbox(app=create_app(limits=None))
        async with wiring.toolbox(settings, {}, sandbox=sandbox) as tools:
            print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
            print(f"{'call':<14} {'median ms':>10} {'p99 ms':>10}")
            for name, arguments in CALLS.items():
                times = [await _timed(tools, agent, name, arguments) for _ in range(ROUNDS)]
                print(f"{name:<14} {statistics.median(times):>10.2f} {statistics.quantiles(times, n=100)[98]:>10.2f}")
            started = time.perf_counter()
            await asyncio.gather(
                *(_timed(tools, agent, "get_project", CALLS["get_project"]) for _ in range(ROUNDS * 2))
            )
            print(f"together       {ROUNDS * 2 / (time.perf_counter() - started):>10.0f} calls a second (get_project)")


async def _timed(tools: Toolbox, agent: Principal, name: str, arguments: Mapping[str, Any]) -> float:
    started = time.perf_counter()
    await tools.call(agent, name, arguments)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    asyncio.run(main())
