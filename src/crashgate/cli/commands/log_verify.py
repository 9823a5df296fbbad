"""``crashgate log verify``. Rule: it says of each chain whether it is sound, and names the first bad record."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.log_verdict import in_words
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.decisions.chain import Verdict
    from crashgate.decisions.statement import Statement

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
    from crashgate import wiring

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
    from crashgate.decisions.statement import read_statement

    try:
        with path.open("rb") as file:
            return read_statement(file.read(_LONGEST).decode("utf-8"))
    except (OSError, ValueError) as error:
        raise click.BadParameter(
            "it is no file that `crashgate log checkpoint` printed", param_hint="--checkpoint"
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
