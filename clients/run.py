"""Run each client against a server with the sandbox, and compare what its model is given with what it must be given.

``python -m clients.run [--write] [NAME …]``: all clients or the named ones; ``--write`` writes docs/clients.md.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx2
from mcp import Client as Protocol
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent

from clients import environments, page, suite
from clients.expected import Call, Outcome, of_call, of_server, of_tools, part_of
from clients.listed import Client, Listed, Way, read
from clients.served import Served, over_http, stdio_command

PROBE_SECONDS = 120
IOS, ANDROID = "checkout-ios", "checkout-android"


@dataclass(kw_only=True)
class Tally:
    """Prints outcomes as they come, and counts."""

    met: int = 0
    missed: int = 0

    def add(self, name: str, outcomes: Iterator[Outcome]) -> None:
        """Print a line each."""
        for outcome in outcomes:
            self.met += not outcome.problem
            self.missed += bool(outcome.problem)
            print(f"{'FAIL' if outcome.problem else 'ok  '} {name}: {outcome.expectation}", flush=True)
            if outcome.problem:
                print(f"       {outcome.problem}", flush=True)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What the server itself says, asked with the protocol's own client."""

    tools: Mapping[str, Sequence[str]]
    calls: Sequence[Call]


async def ask(served: Served) -> Reference:
    """List the tools, and make the calls that every client will make."""
    http = httpx2.AsyncClient(headers=served.headers, timeout=60)
    async with http, Protocol(streamable_http_client(served.url, http_client=http)) as protocol:

        async def call(label: str, tool: str, arguments: Mapping[str, Any], *words: str) -> Call:
            result = await protocol.call_tool(tool, dict(arguments))
            return Call(
                label=label,
                tool=tool,
                arguments=arguments,
                fails=bool(words),
                text=[block.text for block in result.content if isinstance(block, TextContent)],
                structured=cast("Mapping[str, Any]", result.structured_content or {}),
                is_error=bool(result.is_error),
                words=words,
            )

        listed = (await protocol.list_tools()).tools
        few = {"project_id": IOS, "per_page": 3}
        rows = await call("a list", "list_errors", few)
        theirs = await call("another list", "list_errors", {"project_id": ANDROID, "per_page": 1})
        first, other = (each.structured["errors"][0]["id"] for each in (rows, theirs))
        nothing = dict.fromkeys(("filters", "sort", "cursor"))
        calls = [
            rows,
            await call("a composite answer", "triage_error", {"project_id": IOS, "error_id": first}),
            await call("null for what is not given", "list_errors", few | nothing),
            await call("an object as JSON text", "list_errors", few | {"filters": '{"error.status": ["open"]}'}),
            await call("a refusal", "delete_error", {"error_id": other}, "mobile-platform@example.com"),
            await call("a wrong argument", "list_errors", few | {"per_page": 0}, "per_page"),
            await call("an unknown argument", "list_errors", few | {"colour": "red"}, "per_page"),
        ]
    tools = {tool.name: sorted(tool.input_schema.get("properties", {})) for tool in listed}
    return Reference(tools=tools, calls=calls)


async def probe(client: Client, way: Way, served: Served, state: Path, calls: Sequence[Call]) -> Mapping[str, Any]:
    """What the client's probe reports; only ``fault`` where it failed."""
    stdio = way.transport == "stdio"
    job = {
        "command": stdio_command(state) if stdio else None,
        "url": None if stdio else served.url,
        "headers": {} if stdio else served.headers,
        "era": way.era,
        "calls": [{"label": each.label, "tool": each.tool, "arguments": each.arguments} for each in calls],
    }
    process = await asyncio.create_subprocess_exec(
        *environments.command(client),
        cwd=environments.NODE,
        env=environments.environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            out, err = await process.communicate(json.dumps(job).encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        return {"fault": f"no end after {PROBE_SECONDS} s"}
    if process.returncode:
        lines = [line.strip(" |") for line in err.decode(errors="replace").splitlines()]
        told = [line for line in lines if "Error" in line] or lines[-1:] or ["it said nothing"]
        return {"fault": told[-1][:300]}
    return cast("Mapping[str, Any]", json.loads(out))


def compare(client: Client, reference: Reference, report: Mapping[str, Any]) -> Iterator[Outcome]:
    """Every expectation of one client on one way."""
    yield Outcome(expectation="runs to its end", problem=report.get("fault", ""))
    if "fault" in report:
        return
    yield of_tools(client, report["tools"], reference.tools)
    for call in reference.calls:
        if call.is_error is call.fails:  # otherwise the server's own line says what is wrong
            yield from of_call(client, call, report["given"].get(call.label))


def seen(reference: Reference, report: Mapping[str, Any]) -> tuple[str, str]:
    """The part that the model was given, of an answer and of an error."""
    if "fault" in report:
        return "nothing", "nothing"
    first, refusal = reference.calls[0], next(call for call in reference.calls if call.is_error)
    answer, error = (part_of(call, report["given"].get(call.label)) for call in (first, refusal))
    return answer, error


async def run(listed: Listed, *, whole: bool, write: bool) -> int:
    """All clients in turn; the number of expectations that are not met."""
    tally, states = Tally(), count()
    parts: dict[str, tuple[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder, over_http(Path(folder) / "http") as served:
        reference = await ask(served)
        for call in reference.calls:
            tally.add("crashgate", of_server(call))
        for client in listed.clients:
            for way in client.ways:
                report = await probe(client, way, served, Path(folder) / str(next(states)), reference.calls)
                tally.add(f"{client.name}, {way}", compare(client, reference, report))
                parts[client.name] = seen(reference, report)
        if whole:
            passed = await suite.run(served)
            tally.add("conformance suite", suite.outcomes(listed.suite, passed))
            tally.add("docs/clients.md", _page(page.write(listed, parts, passed), write=write))
    print(f"{tally.met} expectations met, {tally.missed} not")
    return tally.missed


def _page(text: str, *, write: bool) -> Iterator[Outcome]:
    if write:
        page.PATH.write_text(text, encoding="utf-8")
    current = page.PATH.exists() and page.PATH.read_text(encoding="utf-8") == text
    problem = "" if current else "it does not: make clients CLIENTS=--write"
    yield Outcome(expectation="says what this run saw", problem=problem)


def main() -> None:
    """Install what is missing, run, and exit with 1 where something is not as it must be."""
    parser = argparse.ArgumentParser(description="What each client's model is given, compared with what it must be.")
    parser.add_argument("--write", action="store_true", help="write docs/clients.md")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these clients, without suite and page")
    given = parser.parse_args()
    listed = read()
    environments.install(listed)
    chosen = [client for client in listed.clients if not given.names or client.name in given.names]
    if not chosen:
        parser.error(f"no such client; there are {', '.join(client.name for client in listed.clients)}")
    listed = replace(listed, clients=tuple(chosen))
    sys.exit(1 if asyncio.run(run(listed, whole=not given.names, write=given.write)) else 0)


if __name__ == "__main__":
    main()
