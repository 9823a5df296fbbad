"""What is said of a chain that was checked. Rule: what could not be checked is told with it.

``crashgate log verify``. Rule: it says of each chain whether it is sound, and names the first bad record.

``crashgate log export``. Rule: one record after the other, so that any log fits; a file is whole or absent.

``crashgate log prune``. Rule: nothing goes without a signed checkpoint, and never from an unsound log.

``crashgate log checkpoint``. Rule: what an auditor is to keep is printed, not sent.

``crashgate log key``. Rule: only the public half is shown; what an auditor is to keep is printed, not sent.

``crashgate log acknowledge``. Rule: an operator says so, and the log says who it was.
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
    help="A statement of `crashgate log checkpoint` that was kept elsewhere, to hold the log against.",
)
@click.option("--signed-by", "key", metavar="HEX", help="The public key that must have signed; by default the log's.")
def log_verify(checkpoint: Path | None, key: str | None) -> None:
    """Check the hash chains of the decision log.

    All of it is read, from the first record to the last, and the first bad record is named. Where old records were
    pruned, a signed checkpoint must say so. A chain whose head is missing, or was when it was opened, is not sound
    until `crashgate log acknowledge`. The keys of the search are held against the records.

    Exits with 0 when every chain is sound, and with 4 when one is not.
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
            screen.say("The log holds no record yet.")
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
@click.option("--format", "form", type=click.Choice(_FORMATS), default="jsonl", show_default=True, help="How.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write, and not stdout.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
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
            remedy="Make room for it, or name another file with --output. Nothing of it was kept.",
            code=Code.LOG_UNAVAILABLE,
        ) from error
    return count


@click.command("prune", cls=Command)
@click.option("--before", type=Since(), metavar="TIME", help="Records from before this time: 2026-11-20T17:00:00Z.")
@click.option("--keep", type=Since(), metavar="AGE", help="Records older than this: 90d, 12w.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def log_prune(before: datetime | None, keep: datetime | None, *, dry_run: bool) -> None:
    """Take old records out of the log.

    The log is checked first. A signed checkpoint is stored before anything goes, so that `crashgate log verify` can
    tell a prune from a truncation, and a record of who did it afterwards. The last record of each chain always stays.
    A server may go on writing meanwhile. The file keeps its size, and the room is used again; on a full disk make some
    room first.
    """
    from crashgate.clock import timestamp
    from crashgate.config import wiring

    moment = before or keep
    if moment is None or (before is not None and keep is not None):
        raise click.UsageError("Say what is to go: either --before TIME or --keep AGE.")
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
    whether records that it vouches for were cut off or an older copy of the log was put back. It is JSON in any case.
    """
    from crashgate.config import wiring

    statement = wiring.log_keeper(session.settings()).statement()
    session.screen().data(statement.to_json())


@click.command("key", cls=Command)
def log_key() -> None:
    """Print the public key of the log's checkpoints (Ed25519, hexadecimal).

    It is made where there is none. Keep it elsewhere, and give it to `crashgate log verify --signed-by`: then it shows
    when the key beside the log was replaced.
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
    """Say that you know why a chain of the log had no head.

    A head that is missing beside records may mean that the last of them were deleted with it; a log that was restored
    without its heads looks the same. `crashgate log verify` tells of it until then. What you acknowledge is recorded,
    with your name at the operating system. Stop the servers first.
    """
    from crashgate.config import wiring

    records = wiring.log_keeper(session.settings()).acknowledge()
    screen = session.screen()
    if screen.json:
        screen.data({"acknowledged": [{"chain": each.chain, "seq": each.seq, "by": each.by} for each in records]})
    elif not records:
        screen.say("No head is missing that was not acknowledged.")
    for record in records if not screen.json else ():
        screen.say(record.sentence)
