"""``crashgate token list``. Rule: what names a token is shown, and nothing that opens or proves one."""

import click

from crashgate.cli import session
from crashgate.cli.screen import note
from crashgate.cli.shared import Command


@click.command("list", cls=Command)
def token_list() -> None:
    """Print the tokens that are in force, the oldest first.

    Each with its public id, as the log names it, its agent, and when it was made. The tokens themselves are kept
    nowhere.
    """
    from crashgate import wiring

    tokens = wiring.tokens(session.settings())
    found = tokens.all()
    for fault in tokens.faults():
        note(f"Warning: {fault}")
    screen = session.screen()
    if screen.json:
        screen.data([{"id": each.id, "agent": each.agent, "created": each.created} for each in found])
    elif found:
        screen.table(("id", "agent", "made"), [(each.id, each.agent, each.created) for each in found])
    else:
        screen.say("There is no token. Make one with: crashgate token new AGENT")
