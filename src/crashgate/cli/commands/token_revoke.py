"""``crashgate token revoke``. Rule: a token is named by its public id, never by itself."""

import click

from crashgate.cli import session
from crashgate.cli.shared import Command


@click.command("revoke", cls=Command)
@click.argument("identifier", metavar="ID", help="The public id of the token, as `crashgate token list` shows it.")
def token_revoke(identifier: str) -> None:
    """Take a token back.

    The next request that bears it is refused, also by servers that run. Its line in the file is wiped.
    """
    from crashgate import wiring
    from crashgate.errors import NotAvailableError

    revoked = wiring.tokens(session.settings()).revoke(identifier)
    if revoked is None:
        raise NotAvailableError(
            "There is no token with this id.", remedy="`crashgate token list` shows those there are."
        )
    screen = session.screen()
    if screen.json:
        screen.data({"id": revoked.id, "agent": revoked.agent, "created": revoked.created})
    else:
        screen.say(f"Token {revoked.id} of {revoked.agent} is revoked.")
