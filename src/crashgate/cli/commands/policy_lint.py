"""``crashgate policy lint``. Rule: it warns of what is legal; what is not legal, ``policy check`` tells."""

import click

from crashgate.cli import session
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.ground import as_given, ground
from crashgate.cli.shared import Command


@click.command("lint", cls=Command)
@click.option("--strict", is_flag=True, help="Exit with 1 when there is a warning.")
@in_sandbox_option
def policy_lint(*, strict: bool, in_sandbox: bool) -> None:
    """Warn of what is legal in a policy and worth a second look.

    Grants that can never match, "*", full, reading what outsiders wrote together with writing, no limits. Each warning
    is a line: FILE:LINE: WARNING.

    Exits with 0, or with 1 when --strict is given and there is a warning.
    """
    from crashgate.policy.lint import lint

    start = ground(in_sandbox=in_sandbox)
    policies, vocabulary, connections = start.policies(), start.vocabulary, start.connections
    warnings = (each for policy in policies.values() for each in lint(policy, vocabulary, connections))
    found = [as_given(each, start.folder) for each in warnings]
    screen = session.screen()
    if screen.json:
        screen.data({"warnings": [{"source": each.source, "line": each.line, "text": each.text} for each in found]})
    else:
        for each in found:
            screen.say(str(each), style="yellow")
        screen.say(f"{len(found)} warning{'' if len(found) == 1 else 's'} in {len(policies)} policies.")
    if strict and found:
        click.get_current_context().exit(ExitCode.NO)
