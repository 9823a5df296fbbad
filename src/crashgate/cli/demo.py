"""``crashgate demo``: everything in it is real except the crashes.

The sandbox runs in this process, crashgate in processes of its own. ``crashgate_sandbox.demo`` has the story.
"""

import shutil
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mcp import Client

    from crashgate.cli.demo_run import DemoReport, DemoServer

_SECONDS = 55


@click.command("demo", cls=Command)
def demo() -> None:
    """Watch three agents triage crashes through the gate.

    It takes a few seconds and needs no account. It starts a sandbox and crashgate itself, with the example policies, in
    a folder that is removed at the end. Two agents connect over HTTP with tokens, one over stdio. For each call it
    prints what the agent asked, what it got, and what the decision log says. At the end it compares the requests that
    the sandbox received with the log.

    Exits with 0, or with 1 if something went wrong.
    """
    from crashgate.cli.demo_run import DemoReport
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

    from crashgate.cli.demo_run import first_words, start_demo
    from crashgate_sandbox.demo import DemoError

    # A failure inside a client arrives in a group; the `*` takes it alone as well.
    try:
        async with asyncio.timeout(_SECONDS), start_demo(folder) as running:
            report.open(running)
            await _acts(report, running)
            report.close(running)
    except* DemoError as problem:
        report.fail(first_words(problem))
    except* TimeoutError:
        report.fail(f"It took longer than {_SECONDS} seconds.")
    report.end()
    return report.went_well


async def _acts(report: "DemoReport", running: "DemoServer") -> None:
    from crashgate_sandbox import demo as demo_story

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
