"""``crashgate log verify``, ``export``, ``prune``, ``checkpoint``, ``key`` and ``acknowledge``.

Nothing is pruned without a signed checkpoint, and never from a log that is not sound. What an auditor should keep is
printed, not sent.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate import __version__
from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode
from crashgate.cli.log import Since, plain_record
from crashgate.cli.output import note, whole_file
from crashgate.errors import Code, CrashgateError

if TYPE_CHECKING:
    from crashgate.audit.chain import Verdict
    from crashgate.audit.reader import LogReader
    from crashgate.audit.retention import Cut
    from crashgate.audit.statement import Statement


def in_words(verdict: "Verdict") -> str:
    """``Chain main: 42 records, sound.``, or what is wrong with it and where."""
    records = f"{verdict.good} record{'' if verdict.good == 1 else 's'}"
    if not verdict.sound:
        return f"Chain {verdict.chain}: NOT SOUND at record {verdict.seq}: {verdict.why}. Sound before that: {records}."
    told = [f"Chain {verdict.chain}: {records}, sound."]
    if verdict.pruned:
        told.append(
            f"It starts after record {verdict.pruned}: a signed checkpoint says that the older ones were pruned."
        )
    if not verdict.end_checked:
        told.append("Its end could not be checked: no head was kept beside it.")
    if verdict.unproved:
        told.append("THE STATEMENT SHOWS NOTHING HERE: the record that it names was pruned since.")
    return " ".join(told)


_LONGEST = 1_000_000


@click.command("verify", cls=Command)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A statement of `crashgate log checkpoint`, kept elsewhere, to compare the log with.",
)
@click.option("--signed-by", "key", metavar="HEX", help="The public key that must have signed. Default: the log's.")
def log_verify(checkpoint: Path | None, key: str | None) -> None:
    """Check the hash chains of the decision log.

    The whole log is read, and the first bad record is named. If old records were pruned, a signed checkpoint must say
    so. A chain whose head is missing, or was missing when it was opened, is not sound until you run `crashgate log
    acknowledge`. The search keys are compared with the records.

    Exits with 0 if every chain is sound, and with 4 if one is not.
    """
    from crashgate.config import wiring

    if key is not None and not re.fullmatch(r"[0-9a-f]{64}", key):
        raise click.BadParameter(
            "write the 64 hexadecimal digits that `crashgate log key` prints", param_hint="--signed-by"
        )
    statement = None if checkpoint is None else _read(checkpoint)
    verdicts = wiring.log_reader(session.settings()).verify(statement=statement, key=key)
    screen = session.screen()
    sound = all(verdict.sound for verdict in verdicts)
    if screen.json:
        screen.data({"sound": sound, "chains": [_plain(verdict) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            screen.say(in_words(verdict), style="green" if verdict.sound else "bold red")
        if not verdicts:
            screen.say("The log has no records yet.")
    click.get_current_context().exit(ExitCode.OK if sound else ExitCode.LOG)


def _read(path: Path) -> "Statement":
    from crashgate.audit.statement import read_statement

    try:
        with path.open("rb") as file:
            return read_statement(file.read(_LONGEST).decode("utf-8"))
    except (OSError, ValueError) as error:
        raise click.BadParameter(
            "it is not a file that `crashgate log checkpoint` printed", param_hint="--checkpoint"
        ) from error


def _plain(verdict: "Verdict") -> dict[str, object]:
    return {
        "chain": verdict.chain,
        "sound": verdict.sound,
        "good": verdict.good,
        "head": {"seq": verdict.head.seq, "hash": verdict.head.hash},
        "fault": verdict.fault.value if verdict.fault else None,
        "seq": verdict.seq,
        "why": verdict.why,
        "end_checked": verdict.end_checked,
        "pruned": verdict.pruned,
        "unproved": verdict.unproved,
    }


_FORMATS = ("jsonl", "csv", "ocsf")


@click.command("export", cls=Command)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="jsonl", show_default=True, help="The format.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of stdout.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
@click.option("--since", type=Since(), metavar="TIME", help="From this time on: 2026-11-20T17:00:00Z, or 7d ago.")
@click.option("--until", type=Since(), metavar="TIME", help="Before this time.")
def log_export(
    *, form: str, output: Path | None, force: bool, since: "datetime | None", until: "datetime | None"
) -> None:
    """Export the log, the oldest record first.

    jsonl: every record in full, with its place in the chain and its hash, one JSON document per line.

    csv: one row for each call with its outcome, and one for each other record. No cell is a formula.

    ocsf: one JSON document per line, of the class API Activity (6003) of the Open Cybersecurity Schema Framework 1.3.

    Only its owner can read the file, and it appears under its name when it is complete.
    """
    from crashgate.clock import timestamp
    from crashgate.config import wiring

    if output is not None and not force and (output.exists() or output.is_symlink()):
        raise click.UsageError(f"{output} exists already. Name another file, or overwrite it with --force.")
    reader = wiring.log_reader(session.settings())
    lines = _lines(reader, form, timestamp(since) if since else None, timestamp(until) if until else None)
    if output is None:
        for line in lines:
            click.echo(line)
        return
    count = _write(output, lines)
    note(f"Wrote {count} lines to {output}.")


def _lines(reader: "LogReader", form: str, since: str | None, until: str | None) -> Iterator[str]:
    from crashgate.audit.formats.csv import csv_lines
    from crashgate.audit.formats.ocsf import ocsf_event

    if form == "csv":
        return csv_lines(reader.history(since=since, until=until))
    if form == "ocsf":
        history, creating = reader.history(since=since, until=until), _find_creating()
        events = (ocsf_event(told, product_version=__version__, creating=creating) for told in history)
        return (_dumped(event) for event in events)
    return (_dumped(plain_record(stored)) for stored in reader.records(since=since, until=until))


def _find_creating() -> frozenset[str]:
    """The operations that make something new, of our own providers and of those that the connections name."""
    from crashgate.providers.installed import installed_providers
    from crashgate.tools.own import load_catalogue

    ours = {name for name, each in installed_providers().items() if each.is_ours}
    named = {each.provider for each in session.settings().connections.values()}
    operations = load_catalogue(frozenset(ours | named)).operations
    return frozenset(name for name, operation in operations.items() if operation.creates)


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
            remedy="Free some space, or name another file with --output. Nothing was kept.",
            code=Code.LOG_UNAVAILABLE,
        ) from error
    return count


@click.command("prune", cls=Command)
@click.option("--before", type=Since(), metavar="TIME", help="Records from before this time: 2026-11-20T17:00:00Z.")
@click.option("--keep", type=Since(), metavar="AGE", help="Records older than this: 90d, 12w.")
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
def log_prune(before: datetime | None, keep: datetime | None, *, dry_run: bool) -> None:
    """Remove old records from the log.

    The log is verified first. Before anything is removed, a signed checkpoint is stored, so that `crashgate log verify`
    can tell pruning from truncation; afterwards a record says who pruned. The last record of each chain always stays.
    Servers can keep writing meanwhile. The file keeps its size and its free space is used again. If the disk is full,
    free some space first.
    """
    from crashgate.clock import timestamp
    from crashgate.config import wiring

    moment = before or keep
    if moment is None or (before is not None and keep is not None):
        raise click.UsageError("Give either --before TIME or --keep AGE.")
    keeper = wiring.log_keeper(session.settings())
    cuts = keeper.prune(timestamp(moment), dry_run=dry_run)
    screen = session.screen()
    if screen.json:
        plain = [{"chain": cut.chain, "count": cut.count, "seq": cut.seq, "hash": cut.hash} for cut in cuts]
        screen.data({"before": timestamp(moment), "dry_run": dry_run, "chains": plain})
    elif not cuts:
        screen.say("Nothing is that old.")
    for cut in cuts if not screen.json else ():
        screen.say(_in_words(cut, dry_run=dry_run))


def _in_words(cut: "Cut", *, dry_run: bool) -> str:
    records = f"{cut.count} record{'' if cut.count == 1 else 's'}"
    deed = "would be pruned" if dry_run else "pruned"
    return f"Chain {cut.chain}: {records} {deed}, up to number {cut.seq}."


@click.command("checkpoint", cls=Command)
def log_checkpoint() -> None:
    """Print a signed statement of where the log ends now.

    Keep it where nobody who can change the log can change it. `crashgate log verify --checkpoint FILE` then shows
    whether records were cut off since, or an older copy of the log was restored. The output is always JSON.
    """
    from crashgate.config import wiring

    statement = wiring.log_keeper(session.settings()).statement()
    session.screen().data(statement.to_json())


@click.command("key", cls=Command)
def log_key() -> None:
    """Print the public key of the log's checkpoints (Ed25519, hexadecimal).

    If there is no key yet, it is created. Keep the key elsewhere and pass it to `crashgate log verify --signed-by`,
    which then shows whether the key beside the log was replaced.
    """
    from crashgate.config import wiring

    key = wiring.log_keeper(session.settings()).public_key()
    screen = session.screen()
    if screen.json:
        screen.data({"algorithm": "Ed25519", "key": key})
    else:
        screen.say(key)


@click.command("acknowledge", cls=Command)
def log_acknowledge() -> None:
    """Acknowledge that a chain of the log had no head.

    A missing head may mean that the last records were deleted with it. A log that was restored without its heads looks
    the same. `crashgate log verify` reports it until you acknowledge it. The log records this with your user name.
    Stop the servers first.
    """
    from crashgate.config import wiring

    records = wiring.log_keeper(session.settings()).acknowledge()
    screen = session.screen()
    if screen.json:
        screen.data({"acknowledged": [{"chain": each.chain, "seq": each.seq, "by": each.by} for each in records]})
    elif not records:
        screen.say("There is no missing head to acknowledge.")
    for record in records if not screen.json else ():
        screen.say(record.sentence)
