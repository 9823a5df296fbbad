"""``crashgate log verify``. Rule: it says of each chain whether it is sound, and names the first bad record."""

from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.decisions.chain import Verdict


@click.command("verify", cls=Command)
def log_verify() -> None:
    """Check the hash chains of the decision log.

    All of it is read, from the first record to the last, and the first bad record is named.

    Exits with 0 when every chain is sound, and with 4 when one is not.
    """
    from crashgate import wiring

    verdicts = wiring.log_reader(session.settings()).verify()
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


def in_words(verdict: "Verdict") -> str:
    """``Chain main: 42 records, sound.``, or what is wrong with it and where."""
    records = f"{verdict.good} record{'' if verdict.good == 1 else 's'}"
    if not verdict.sound:
        return f"Chain {verdict.chain}: NOT SOUND at record {verdict.seq}: {verdict.why}. Sound before that: {records}."
    end = "" if verdict.end_checked else " Its end could not be checked: no head was kept beside it."
    return f"Chain {verdict.chain}: {records}, sound.{end}"


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
    }
