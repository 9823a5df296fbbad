"""``crashgate policy lint``. Rule: it warns of what is legal; what is not legal, ``policy check`` tells."""

import click

from crashgate.cli import session
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.shared import Command


@click.command("lint", cls=Command)
@click.option("--strict", is_flag=True, help="Exit with 1 when there is a warning.")
def policy_lint(*, strict: bool) -> None:
    """Warn of what is legal in a policy and worth a second look.

    Grants that can never match, "*", full, reading what outsiders wrote together with writing, no limits. Each warning
    is a line: FILE:LINE: WARNING.

    Exits with 0, or with 1 when --strict is given and there is a warning.
    """
    from crashgate import wiring
    from crashgate.policy.lint import lint

    settings = session.settings()
    policies = wiring.policies(settings).current()
    connections = {name: each.provider for name, each in wiring.spoken_of(settings).items()}
    found = [each for policy in policies.values() for each in lint(policy, wiring.vocabulary(settings), connections)]
    screen = session.screen()
    if screen.json:
        screen.data({"warnings": [{"source": each.source, "line": each.line, "text": each.text} for each in found]})
    else:
        for each in found:
            screen.say(str(each), style="yellow")
        screen.say(f"{len(found)} warning{'' if len(found) == 1 else 's'} in {len(policies)} policies.")
    if strict and found:
        click.get_current_context().exit(ExitCode.NO)
