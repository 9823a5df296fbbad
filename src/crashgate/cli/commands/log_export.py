"""``crashgate log export``. Rule: one record after the other, so that any log fits; a file is whole or absent."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate import __version__
from crashgate.cli import session
from crashgate.cli.commands.log_show import Since, plain_record
from crashgate.cli.screen import note
from crashgate.cli.shared import Command
from crashgate.cli.whole_file import whole_file
from crashgate.errors import Code, CrashgateError

if TYPE_CHECKING:
    from datetime import datetime

    from crashgate.decisions.port import LogReader

_FORMATS = ("jsonl", "csv", "ocsf")


@click.command("export", cls=Command)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="jsonl", show_default=True, help="How.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write, and not stdout.")
@click.option("--force", is_flag=True, help="Write the file anew where it exists.")
@click.option("--since", type=Since(), metavar="TIME", help="From this time on: 2026-11-20T17:00:00Z, or 7d ago.")
@click.option("--until", type=Since(), metavar="TIME", help="Before this time.")
def log_export(
    *, form: str, output: Path | None, force: bool, since: "datetime | None", until: "datetime | None"
) -> None:
    """Write the log out, oldest first.

    jsonl: every record whole, with its place in the chain and its hash, a JSON document a line.

    csv: a row for each call with its outcome, and for each other record. No cell is a formula.

    ocsf: a JSON document a line, of the class API Activity (6003) of the Open Cybersecurity Schema Framework 1.3.

    A file is for its owner alone, and takes its name when it is complete.
    """
    from crashgate import wiring
    from crashgate.clock import timestamp

    if output is not None and not force and (output.exists() or output.is_symlink()):
        raise click.UsageError(f"{output} exists already. Name another file, or write it anew with --force.")
    reader = wiring.log_reader(session.settings())
    lines = _lines(reader, form, timestamp(since) if since else None, timestamp(until) if until else None)
    if output is None:
        for line in lines:
            click.echo(line)
        return
    count = _write(output, lines)
    note(f"Wrote {count} lines to {output}.")


def _lines(reader: "LogReader", form: str, since: str | None, until: str | None) -> Iterator[str]:
    from crashgate.decisions.export_csv import csv_lines
    from crashgate.decisions.export_ocsf import ocsf_event

    if form == "csv":
        return csv_lines(reader.history(since=since, until=until))
    if form == "ocsf":
        events = (ocsf_event(told, product_version=__version__) for told in reader.history(since=since, until=until))
        return (_dumped(event) for event in events)
    return (_dumped(plain_record(stored)) for stored in reader.records(since=since, until=until))


def _dumped(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _write(output: Path, lines: Iterable[str]) -> int:
    """How many were written. Raises CrashgateError where it cannot be."""
    count = 0
    try:
        with whole_file(output, mode=0o600, over=True) as stream:
            for line in lines:
                stream.write(f"{line}\n")
                count += 1
    except OSError as error:
        raise CrashgateError(
            f"{output} cannot be written.",
            why=f"{error.strerror}.",
            remedy="Make room for it, or name another file with --output. Nothing of it was kept.",
            code=Code.LOG_UNAVAILABLE,
        ) from error
    return count
