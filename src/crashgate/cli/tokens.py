"""``crashgate token list``. Rule: what names a token is shown, and nothing that opens or proves one.

``crashgate token new``. Rule: the token stands on stdout once and alone; only its hash is kept.

``crashgate token revoke``. Rule: a token is named by its public id, never by itself.
"""

import re

import click

from crashgate.cli import session
from crashgate.cli.command import Command, shared
from crashgate.cli.output import note
from crashgate.cli.session import find_policy


@click.command("list", cls=Command)
def token_list() -> None:
    """Print the tokens that are in force, the oldest first.

    Each with its public id, as the log names it, its agent, and when it was made. The tokens themselves are kept
    nowhere.
    """
    from crashgate.config import wiring

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
        screen.say("There are no tokens. Create one with: crashgate token new AGENT")


@click.command("new", cls=Command)
@click.argument("agent", help="The agent that the token stands for.")
@click.option("--sandbox", "in_sandbox", is_flag=True, help="For serve --sandbox: its connections are those there are.")
@click.option("--force", is_flag=True, help="Make the token even if there is no policy for the agent yet.")
def token_new(agent: str, *, in_sandbox: bool, force: bool) -> None:
    """Make a bearer token for an agent, and print it once.

    With it the agent connects over HTTP. What is kept is its hash. The token goes into the agent's own configuration or
    secret store.
    """
    from crashgate.cli.session import embedded
    from crashgate.clients.launch import shell_command
    from crashgate.config import wiring
    from crashgate.errors import InvalidArgumentsError
    from crashgate.identity import AGENT_NAME_PATTERN

    if not re.fullmatch(AGENT_NAME_PATTERN.removesuffix("$"), agent):
        raise InvalidArgumentsError(
            "That is not an agent's name.", remedy="Write 1 to 64 of a-z, 0-9 and hyphens, no hyphen at either end."
        )
    settings = session.settings(in_sandbox=in_sandbox)
    if not force:
        find_policy(wiring.policies(settings, sandbox=embedded() if in_sandbox else None).current(), agent)
    token = wiring.tokens(settings).new(agent)
    identifier = token.split("_")[1]
    screen = session.screen()
    if screen.json:
        screen.data({"agent": agent, "id": identifier, "token": token})
        return
    screen.raw(token)
    note(f"This is the token of {agent}. It is shown only now. Its public id, as the log names it, is {identifier}.")
    note("The agent sends it as:  Authorization: Bearer TOKEN")
    note(f"Serve with:  {shell_command()}{shared().flags} serve --http{' --sandbox' if in_sandbox else ''}")


@click.command("revoke", cls=Command)
@click.argument("identifier", metavar="ID", help="The public id of the token, as `crashgate token list` shows it.")
def token_revoke(identifier: str) -> None:
    """Take a token back.

    The next request that bears it is refused, also by servers that run. Its line in the file is wiped.
    """
    from crashgate.config import wiring
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
