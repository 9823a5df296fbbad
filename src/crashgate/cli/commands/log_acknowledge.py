"""``crashgate log acknowledge``. Rule: an operator says so, and the log says who it was."""

import click

from crashgate.cli import session
from crashgate.cli.shared import Command


@click.command("acknowledge", cls=Command)
def log_acknowledge() -> None:
    """Say that you know why a chain of the log had no head.

    A head that is missing beside records may mean that the last of them were deleted with it; a log that was restored
    without its heads looks the same. `crashgate log verify` tells of it until then. What you acknowledge is recorded,
    with your name at the operating system. Stop the servers first.
    """
    from crashgate import wiring

    records = wiring.log_reader(session.settings()).keeper().acknowledge()
    screen = session.screen()
    if screen.json:
        screen.data({"acknowledged": [{"chain": each.chain, "seq": each.seq, "by": each.by} for each in records]})
    elif not records:
        screen.say("No head is missing that was not acknowledged.")
    for record in records if not screen.json else ():
        screen.say(record.sentence)
