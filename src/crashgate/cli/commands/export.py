"""``crashgate export``. Rule: the same tool, gate and log as for an agent; only the progress is drawn here.

The export is the agent's: it may read the file too, and the policy of the agent decides what is in it.
"""

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.embedded_sandbox import chosen, in_sandbox_option
from crashgate.cli.ground import Ground
from crashgate.cli.shared import Command, shared

if TYPE_CHECKING:
    from crashgate.settings import Settings
    from crashgate.tools.call_result import Answer
    from crashgate.tools.exports import Watch
    from crashgate.wiring import Sandbox

SUBJECTS = ("sessions", "crashes", "session_events", "network_logs")
FORMATS = ("jsonl", "csv", "parquet")


@click.command("export", cls=Command)
@click.argument("subject", type=click.Choice(SUBJECTS), help="What to export.")
@click.argument("arguments", metavar="[NAME=VALUE]...", nargs=-1, help="Arguments of the tool, as an agent gives them.")
@click.option("--agent", metavar="NAME", required=True, help="Whose export it is; its policy decides.")
@click.option("--connection", metavar="NAME", help="Which connection, where the agent has several.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="jsonl", show_default=True, help="Of the file."
)
@click.option("--to", metavar="PLACE", help="A folder or a URL; otherwise `exports` of crashgate.toml.")
@click.option("--resume", metavar="ID", help="Go on with an export that was interrupted.")
@in_sandbox_option
def export(  # noqa: PLR0913 - options are arguments
    *,
    subject: str,
    arguments: Sequence[str],
    agent: str,
    connection: str | None,
    format_: str,
    to: str | None,
    resume: str | None,
    in_sandbox: bool,
) -> None:
    """Write a whole list to a file, paced to what the upstream allows.

    Beside the file comes a manifest: the query, the columns, the number of rows, the SHA-256, and the decision in the
    log. An export that is interrupted, also by Ctrl-C or kill -9, goes on with --resume ID; no row is twice or lost.

    Example: crashgate export sessions since=2026-11-01 --agent session-analyst --connection bugspulse --format csv
    """
    from crashgate.cli.export_place import refuse_impossible
    from crashgate.cli.loop import run
    from crashgate.cli.named_arguments import read

    settings = session.settings({"exports": to} if to is not None else {})
    if settings.exports is not None:
        refuse_impossible(settings.exports)
    more = {"connection": connection, "resume": resume}
    asked = {**read(arguments), "format": format_, **{name: each for name, each in more.items() if each is not None}}
    answer = run(_export(settings, chosen(in_sandbox=in_sandbox), agent, f"export_{subject}", asked))
    _tell(answer, settings)


async def _export(
    settings: "Settings", sandbox: "Sandbox | None", agent: str, tool: str, asked: Mapping[str, Any]
) -> "Answer":
    from crashgate import wiring
    from crashgate.cli.agents import known
    from crashgate.identity import Principal, Via

    known(Ground(settings=settings, sandbox=sandbox).policies(), agent)
    async with wiring.toolbox(settings, os.environ, sandbox=sandbox) as toolbox, _bar(tool) as watch:
        # Where there is one connection the tool has no such argument; naming it here is not wrong for that.
        only = toolbox.open_connections(agent, tool)
        given = {name: each for name, each in asked.items() if name != "connection" or only != (each,)}
        return await toolbox.call(Principal(agent=agent, via=Via.CLI), tool, given, progress=watch)


@asynccontextmanager
async def _bar(tool: str) -> "AsyncGenerator[Watch]":
    """A bar on stderr; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(tool.removeprefix("export_").replace("_", " "), total=None)

        async def watch(rows: float, total: float | None, _: str) -> None:
            progress.update(task, completed=rows, total=total)

        yield watch


def _tell(answer: "Answer", settings: "Settings") -> None:
    """The summary; or the error, with the exit code that goes with it."""
    from crashgate.cli.exit_codes import exit_code
    from crashgate.cli.screen import note
    from crashgate.errors import Code

    screen = session.screen()
    if answer.error is not None:
        if screen.json:
            screen.data({"error": {"code": answer.error.value, "text": answer.text}})
        else:
            note(answer.text)
        if answer.error is Code.NOT_AVAILABLE and not screen.json:
            note(f"Why:  crashgate{shared().flags} log show -n 1")
        click.get_current_context().exit(exit_code(answer.error))
    made: Mapping[str, Any] = answer.content["export"]
    if screen.json:
        screen.data(made)
        return
    screen.say(answer.text)
    screen.under("place", str(settings.exports or settings.state / "exports"))
    screen.under("sha256", str(made["sha256"]))
    screen.under("id", str(made["id"]))
