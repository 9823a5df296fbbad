"""``crashgate log checkpoint``. Rule: what an auditor is to keep is printed, not sent."""

import click

from crashgate.cli import session
from crashgate.cli.shared import Command


@click.command("checkpoint", cls=Command)
def log_checkpoint() -> None:
    """Print a signed statement of where the log ends now.

    Keep it where nobody who can change the log can change it. `crashgate log verify --checkpoint FILE` then shows
    whether records that it vouches for were cut off or an older copy of the log was put back. It is JSON in any case.
    """
    from crashgate import wiring

    statement = wiring.log_reader(session.settings()).keeper().statement()
    session.screen().data(statement.to_json())
