"""``crashgate export`` and ``crashgate exports``.

An export from the command line uses the same tool, gate and log as an agent's. It belongs to the agent: its policy
decides what is in the file, and it may read the file too. A place that cannot be used is reported before anything is
asked.
"""

import os
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.command import Command, shared
from crashgate.cli.log import Since
from crashgate.cli.session import Workspace, choose_sandbox, in_sandbox_option
from crashgate.errors import ConfigurationError

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import Settings
    from crashgate.exports.port import Keeper, Kept
    from crashgate.tools.call_result import Answer
    from crashgate.tools.exports import Watch


def refuse_impossible(place: str) -> None:
    """Raises ConfigurationError for a folder that neither exists nor can be made; it is not made here.

    A URL is the storage's own to judge.
    """
    if "://" in place or Path(place).is_dir():
        return
    try:
        _try(next(path for path in Path(place).absolute().parents if path.exists()))
    except OSError as problem:
        raise ConfigurationError(
            f"The folder {place} cannot be created.",
            why=f"The system says: {problem.strerror}.",
            remedy="Name another with --to, or as `exports` in crashgate.toml. Nothing was asked.",
        ) from problem
    if Path(place).exists():
        raise ConfigurationError(
            f"{place} is not a folder.",
            remedy="Name one with --to, or as `exports` in crashgate.toml. Nothing was asked.",
        )


def _try(parent: Path) -> None:
    """Whether a folder can be made in it shows only when one is; root may do nearly everything, and not in /proc."""
    probe = parent / f".crashgate-{secrets.token_hex(8)}"
    probe.mkdir(mode=0o700)
    probe.rmdir()


SUBJECTS = ("sessions", "crashes", "session_events", "network_logs")
FORMATS = ("jsonl", "csv", "parquet")


@click.command("export", cls=Command)
@click.argument("subject", type=click.Choice(SUBJECTS), help="What to export.")
@click.argument(
    "arguments", metavar="[NAME=VALUE]...", nargs=-1, help="Arguments of the tool, as an agent would give them."
)
@click.option("--agent", metavar="NAME", required=True, help="The agent whose policy decides what is exported.")
@click.option("--connection", metavar="NAME", help="The connection, if the agent has several.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="jsonl", show_default=True, help="The file format."
)
@click.option("--to", metavar="PLACE", help="A folder or a URL. Default: exports in crashgate.toml.")
@click.option("--resume", metavar="ID", help="Continue an export that was interrupted.")
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

    A manifest beside the file records the query, the columns, the number of rows, the SHA-256 and the decision in the
    log. An export that was interrupted, even by Ctrl-C or kill -9, continues with --resume ID. No row is lost or
    written twice.

    Example: crashgate export sessions since=2026-11-01 --agent session-analyst --connection bugspulse --format csv
    """
    from crashgate.cli.serve import run
    from crashgate.cli.tool_question import read

    settings = session.settings({"exports": to} if to is not None else {}, in_sandbox=in_sandbox)
    if settings.exports is not None:
        refuse_impossible(settings.exports)
    more = {"connection": connection, "resume": resume}
    asked = {**read(arguments), "format": format_, **{name: each for name, each in more.items() if each is not None}}
    answer = run(_export(settings, choose_sandbox(in_sandbox=in_sandbox), agent, f"export_{subject}", asked))
    _tell(answer, settings)


async def _export(
    settings: "Settings", sandbox: "Sandbox | None", agent: str, tool: str, asked: Mapping[str, Any]
) -> "Answer":
    from crashgate.cli.session import find_policy
    from crashgate.config import wiring
    from crashgate.identity import Principal, Via

    find_policy(Workspace(settings=settings, sandbox=sandbox).policies(), agent)
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
    from crashgate.cli.command import exit_code
    from crashgate.cli.output import note
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


COLUMNS = ("id", "standing", "agent", "connection", "rows", "bytes", "at")


@click.command("list", cls=Command)
@click.option("--agent", metavar="NAME", help="Only exports of this agent.")
@click.option("--at", "place", metavar="PLACE", help="A folder or a URL. Default: exports in crashgate.toml.")
def exports_list(*, agent: str | None, place: str | None) -> None:
    """Print the exports that are kept, the oldest first.

    An unfinished export is being made, or was interrupted and can be resumed. One that is left behind is useless and is
    removed by the next prune. An unaccounted file is named like one of ours, but nothing shows that it is. It may be
    somebody else's, so it stays.
    """
    kept = keeper(place).kept(agent)
    screen = session.screen()
    if screen.json:
        screen.data([plain(each) for each in kept])
    elif kept:
        screen.table(COLUMNS, [row(each) for each in kept])
    else:
        screen.say("No exports are kept.")


def keeper(place: str | None) -> "Keeper":
    """What lists and removes the exports of a place. Raises ConfigurationError, ExportError."""
    from crashgate.config import wiring

    return wiring.export_keeper(session.settings({"exports": place} if place is not None else {}))


def plain(kept: "Kept") -> dict[str, Any]:
    """One export as JSON."""
    from crashgate.clock import timestamp

    return {
        "id": kept.id,
        "name": kept.name,
        "standing": kept.state.value,
        "agent": kept.agent,
        "connection": kept.connection,
        "rows": kept.rows,
        "bytes": kept.size,
        "at": timestamp(kept.at),
    }


def row(kept: "Kept") -> tuple[str, ...]:
    """One export as cells."""
    told = plain(kept)
    return tuple("-" if told[name] is None else str(told[name]) for name in COLUMNS)


@click.command("prune", cls=Command)
@click.option("--before", type=Since(), metavar="TIME", help="Exports from before this time: 2026-11-20T17:00:00Z.")
@click.option("--keep", type=Since(), metavar="AGE", help="Exports older than this: 30d, 12w.")
@click.option("--agent", metavar="NAME", help="Only exports of this agent.")
@click.option("--at", "place", metavar="PLACE", help="A folder or a URL. Default: exports in crashgate.toml.")
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
def exports_prune(
    *, before: datetime | None, keep: datetime | None, agent: str | None, place: str | None, dry_run: bool
) -> None:
    """Remove old exports, finished and interrupted.

    The age of a finished export is that of its last page; the age of an interrupted one is that of its last write.
    Servers can keep making exports meanwhile. If pruning is killed, the next run removes the rest. A file that neither
    a manifest nor an export in progress accounts for stays, whatever its name.
    """
    from crashgate.clock import timestamp
    from crashgate.exports.port import ExportState

    moment = before or keep
    if moment is None or (before is not None and keep is not None):
        raise click.UsageError("Give either --before TIME or --keep AGE.")
    exports = keeper(place)
    gone = exports.prune(moment, agent, dry_run=dry_run)
    stays = [each for each in exports.kept(agent) if each.state is ExportState.UNACCOUNTED and each.at < moment]
    screen = session.screen()
    if screen.json:
        told = {"exports": [plain(each) for each in gone], "unaccounted": [plain(each) for each in stays]}
        screen.data({"before": timestamp(moment), "dry_run": dry_run, **told})
        return
    if stays:
        screen.say(
            f"Nothing shows that these files are ours, so they stay: {', '.join(each.name for each in stays)}.",
            style="yellow",
        )
    if not gone:
        screen.say("Nothing is that old.")
    else:
        screen.table(COLUMNS, [row(each) for each in gone])
        removed = f"{len(gone)} export{'' if len(gone) == 1 else 's'}"
        screen.say(f"{removed} {'would be removed' if dry_run else 'removed'}.")
