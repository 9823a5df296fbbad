"""``crashgate policy export``. Rule: what is printed means the same as the documents, or it is not printed."""

import click

from crashgate.cli import session
from crashgate.cli.agents import known
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command


@click.command("export", cls=Command)
@click.argument("agent", required=False, help="Only this one.")
@click.option("--cedar", is_flag=True, required=True, help="As Cedar policies.")
@click.option("--schema", is_flag=True, help="The Cedar schema instead.")
@in_sandbox_option
def policy_export(agent: str | None, *, cedar: bool, schema: bool, in_sandbox: bool) -> None:
    """Print the policies in the words of another engine.

    Levels become permits, off becomes forbid. Mode, limits, redaction and approvals have no words there and are left
    out. A request names each place of the call with its id and its slug.

    Example: crashgate policy export --cedar triage-agent > triage-agent.cedar
    """
    del cedar
    from crashgate.policy import cedar as words

    start = ground(in_sandbox=in_sandbox)
    policies = start.policies()
    chosen = [known(policies, agent)] if agent is not None else list(policies.values())
    text = words.SCHEMA if schema else words.policies(chosen, start.vocabulary)
    screen = session.screen()
    if screen.json:
        screen.data({"cedar": text})
    else:
        screen.raw(text)
