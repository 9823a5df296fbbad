"""``crashgate token new``. Rule: the token stands on stdout once and alone; only its hash is kept."""

import re

import click

from crashgate.cli import session
from crashgate.cli.agents import known
from crashgate.cli.screen import note
from crashgate.cli.shared import Command, shared


@click.command("new", cls=Command)
@click.argument("agent", help="The agent that the token stands for.")
@click.option("--sandbox", "in_sandbox", is_flag=True, help="For serve --sandbox: its connections are those there are.")
@click.option("--force", is_flag=True, help="Make it although no policy speaks of the agent yet.")
def token_new(agent: str, *, in_sandbox: bool, force: bool) -> None:
    """Make a bearer token for an agent, and print it once.

    With it the agent connects over HTTP. What is kept is its hash. The token goes into the agent's own configuration or
    secret store.
    """
    from crashgate import wiring
    from crashgate.cli.embedded_sandbox import embedded
    from crashgate.errors import InvalidArgumentsError
    from crashgate.identity import AGENT_NAME_PATTERN

    if not re.fullmatch(AGENT_NAME_PATTERN.removesuffix("$"), agent):
        raise InvalidArgumentsError(
            "That is not an agent's name.", remedy="Write 1 to 64 of a-z, 0-9 and hyphens, no hyphen at either end."
        )
    settings = session.settings()
    if not force:
        known(wiring.policies(settings, sandbox=embedded() if in_sandbox else None).current(), agent)
    token = wiring.tokens(settings).new(agent)
    identifier = token.split("_")[1]
    screen = session.screen()
    if screen.json:
        screen.data({"agent": agent, "id": identifier, "token": token})
        return
    screen.raw(token)
    note(f"This is the token of {agent}. It is shown only now. Its public id, as the log names it, is {identifier}.")
    note("The agent sends it as:  Authorization: Bearer TOKEN")
    note(f"Serve with:  crashgate{shared().flags} serve --http{' --sandbox' if in_sandbox else ''}")
