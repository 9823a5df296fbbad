"""``crashgate token``: a token is printed once, when it is made. Only its hash is kept, and its public id names it."""

import re

import click

from crashgate.cli import session
from crashgate.cli.command import Command, shared
from crashgate.cli.output import note
from crashgate.cli.session import find_policy


@click.command("list", cls=Command)
def token_list() -> None:
    """Print the valid tokens, the oldest first.

    For each it shows the public id, which the log uses, the agent, and when it was made. The tokens themselves are not
    stored.
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
@click.argument("agent", help="The agent that connects with the token.")
@click.option("--sandbox", "in_sandbox", is_flag=True, help="For an agent of serve --sandbox.")
@click.option("--force", is_flag=True, help="Create the token even if the agent has no policy yet.")
def token_new(agent: str, *, in_sandbox: bool, force: bool) -> None:
    """Create a bearer token for an agent, and print it once.

    The agent uses it to connect over HTTP. crashgate stores only its hash. Put the token into the agent's configuration
    or secret store.
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
    """Revoke a token.

    The next request that uses it is refused, also by servers that are running. The token's line in the file is erased.
    """
    from crashgate.config import wiring
    from crashgate.errors import NotAvailableError

    revoked = wiring.tokens(session.settings()).revoke(identifier)
    if revoked is None:
        raise NotAvailableError(
            "There is no token with that id.", remedy="`crashgate token list` shows the valid tokens."
        )
    screen = session.screen()
    if screen.json:
        screen.data({"id": revoked.id, "agent": revoked.agent, "created": revoked.created})
    else:
        screen.say(f"Token {revoked.id} of {revoked.agent} has been revoked.")
