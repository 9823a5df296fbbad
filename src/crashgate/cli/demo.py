"""``crashgate demo``. Rule: everything in it is real but the crashes: HTTP, clients, the log, and the refusals.

The sandbox runs here; crashgate runs as processes of its own, started as an operator would start them.
"""

import shutil
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.failure import ExitCode
from crashgate.cli.global_options import Command

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mcp import Client

    from crashgate.cli.demo_processes import DemoServer
    from crashgate.cli.demo_steps import DemoReport

_SECONDS = 55


@click.command("demo", cls=Command)
def demo() -> None:
    """Watch three agents triage crashes through the gate.

    It takes some seconds and needs no account. A sandbox BugSnag and crashgate itself are started with the example
    policies and a folder that is removed at the end. Two agents connect over HTTP with tokens, one over stdio. For each
    call it prints what the agent asked, what it got, and what the decision log says of it. At the end, what the sandbox
    received is held against the log.

    Exits with 0, or with 1 when something did not go as it should.
    """
    from crashgate.cli.demo_steps import DemoReport
    from crashgate.cli.serve import run

    report = DemoReport(session.screen())
    folder = Path(tempfile.mkdtemp(prefix="crashgate-demo-"))
    try:
        went_well = run(_play(report, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    click.get_current_context().exit(ExitCode.OK if went_well else ExitCode.NO)


async def _play(report: "DemoReport", folder: Path) -> bool:
    import asyncio

    from crashgate.cli.demo_processes import start_demo
    from crashgate.cli.demo_steps import NotAsToldError, first_words

    # A failure inside a client arrives in a group; the `*` takes it alone as well.
    try:
        async with asyncio.timeout(_SECONDS), start_demo(folder) as running:
            report.open(running)
            await _acts(report, running)
            report.close(running)
    except* NotAsToldError as problem:
        report.fail(first_words(problem))
    except* TimeoutError:
        report.fail(f"It took longer than {_SECONDS} seconds.")
    report.end()
    return report.went_well


async def _acts(report: "DemoReport", running: "DemoServer") -> None:
    from crashgate.cli import demo_story

    async with AsyncExitStack() as clients:
        triage = await clients.enter_async_context(_over_http(running, "triage-agent"))
        reader = await clients.enter_async_context(_over_http(running, "read-only-assistant"))
        error_id = await demo_story.triage(report.agent("triage-agent", triage, running, "HTTP"))
        await demo_story.reading(report.agent("read-only-assistant", reader, running, "HTTP"), error_id)
    async with _over_stdio(running, "release-manager") as manager:
        await demo_story.release(report.agent("release-manager", manager, running, "stdio"))


@asynccontextmanager
async def _over_http(running: "DemoServer", agent: str) -> "AsyncGenerator[Client]":
    """An agent with a token of its own."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Authorization": f"Bearer {running.token(agent)}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
        Client(streamable_http_client(running.url, http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def _over_stdio(running: "DemoServer", agent: str) -> "AsyncGenerator[Client]":
    """An agent whose client starts crashgate itself."""
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    command, *arguments = running.command("serve", "--agent", agent)
    parameters = StdioServerParameters(command=command, args=arguments, env=running.environment, cwd=running.folder)
    async with Client(stdio_client(parameters)) as client:
        yield client
