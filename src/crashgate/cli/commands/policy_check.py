"""``crashgate policy check``. Rule: every problem at once, each with file and line."""

from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.policy.policy import PolicySet
    from crashgate.policy.problem import Problem
    from crashgate.settings import Settings


@click.command("check", cls=Command)
@in_sandbox_option
def policy_check(*, in_sandbox: bool) -> None:
    """Load all policies and print what is wrong with them.

    Each problem is a line: FILE:LINE: PROBLEM.

    Exits with 0 when all can be used, with 3 when one cannot. Then serve refuses that agent and serves the others; with
    --strict-policies it does not start.
    """
    from crashgate.policy.problem import PolicyDocumentError

    start = ground(in_sandbox=in_sandbox)
    try:
        found = start.policies()
    except PolicyDocumentError as error:
        _tell_problems(error.problems)
        click.get_current_context().exit(ExitCode.CONFIGURATION)
    _tell_policies(found, start.settings)


def _tell_problems(problems: "tuple[Problem, ...]") -> None:
    screen = session.screen()
    if screen.json:
        rows = [{"source": each.source, "line": each.line, "text": each.text} for each in problems]
        screen.data({"usable": False, "problems": rows})
        return
    for problem in problems:
        screen.say(str(problem))
    documents = {each.source for each in problems}
    screen.say(
        f"{len(problems)} problem{'s' if len(problems) > 1 else ''}."
        f" {'This document' if len(documents) == 1 else 'These documents'} would not be used."
    )


def _tell_policies(found: "PolicySet", settings: "Settings") -> None:
    screen = session.screen()
    if screen.json:
        rows = [
            {"agent": each.agent, "about": each.about, "owner": each.owner, "source": each.source, "hash": each.hash}
            for each in found.values()
        ]
        screen.data({"usable": True, "problems": [], "folder": str(settings.policies), "policies": rows})
        return
    if not found:
        screen.say(f"{settings.policies} holds no policy, so every call would be refused.")
        return
    screen.table(("agent", "owner", "about"), [(each.agent, each.owner, each.about) for each in found.values()])
    screen.say(f"{len(found)} polic{'ies' if len(found) > 1 else 'y'} in {settings.policies}: no problem found.")
