"""The protocol's conformance suite against the server, and what is known of its scenarios."""

import asyncio
import re
from collections.abc import Iterator, Mapping

from clients.environments import FOLDER, NODE, NODE_BIN, environment
from clients.expected import Outcome
from clients.listed import Suite
from clients.served import Served, with_token

_RESULT = re.compile(r"^([✓✗]) ([a-z0-9-]+): (\d+) passed, (\d+) failed", re.MULTILINE)


async def run(served: Served) -> Mapping[str, bool]:
    """Each scenario that is run, and whether it passes."""
    script = NODE / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    async with with_token(served) as url:
        words = ["server", "--url", url, "--output-dir", str(FOLDER / "results")]
        process = await asyncio.create_subprocess_exec(
            str(NODE_BIN / "node"),
            str(script),
            *words,
            cwd=FOLDER,
            env=environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
    return {name: mark == "✓" for mark, name, *_ in _RESULT.findall(out.decode())}


def outcomes(suite: Suite, passed: Mapping[str, bool]) -> Iterator[Outcome]:
    """Each scenario passes, or is listed as one that cannot; a listed one that passes is to be taken off the list."""
    if not passed:
        yield Outcome(expectation="the suite runs", problem="it printed no result")
    for name, good in passed.items():
        if name in suite.known:
            problem = "passes; take it out of clients.toml" if good else ""
            yield Outcome(expectation=f"{name} fails, as is known: {suite.known[name]}", problem=problem)
        else:
            yield Outcome(expectation=f"{name} passes", problem="" if good else "fails")
