"""``crashgate log key``. Rule: only the public half is shown; what an auditor is to keep is printed, not sent."""

import click

from crashgate.cli import session
from crashgate.cli.shared import Command


@click.command("key", cls=Command)
def log_key() -> None:
    """Print the public key of the log's checkpoints (Ed25519, hexadecimal).

    It is made where there is none. Keep it elsewhere, and give it to `crashgate log verify --signed-by`: then it shows
    when the key beside the log was replaced.
    """
    from crashgate import wiring

    key = wiring.log_reader(session.settings()).keeper().public_key()
    screen = session.screen()
    if screen.json:
        screen.data({"algorithm": "Ed25519", "key": key})
    else:
        screen.say(key)
