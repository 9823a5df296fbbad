"""``crashgate policy explain``. Rule: the gate's own ``decide`` answers, on what can be known without asking upstream.

The gate would look up a project's id, slug and organization. Offline, what is written is all that is known of a place.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.agents import known
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.cli.tool_question import Explained


@click.command("explain", cls=Command)
@click.argument("agent", help="Who asks.")
@click.argument("tool", help="A tool, or an operation such as bugsnag.errors.fix.")
@click.argument("arguments", metavar="[NAME=VALUE]...", nargs=-1, help="The tool's own arguments, or a JSON object.")
@in_sandbox_option
def policy_explain(agent: str, tool: str, arguments: Sequence[str], *, in_sandbox: bool) -> None:
    """Say whether an agent may call a tool, and why.

    It names the line that decides and what would allow the call. Arguments that name a place matter; the others may be
    left out. Nothing is asked upstream: a place is taken by the name that is written.

    A tool that asks several operations has a line for each. The first decides; what is refused of the others is left
    out of the tool's answer.

    Example: crashgate policy explain triage-agent resolve_error project_id=checkout-ios

    Exits with 0 when it is allowed, 1 when it is denied, 6 when it depends on a place that is not named.
    """
    from crashgate.cli.named_arguments import read
    from crashgate.cli.tool_question import explained

    start = ground(in_sandbox=in_sandbox)
    policy = known(start.policies(), agent)
    found = explained(policy, agent=agent, tool=tool, given=read(arguments), connections=start.connections)
    _tell(found)
    click.get_current_context().exit(_code(found))


def _code(found: "Explained") -> ExitCode:
    from crashgate.policy.decision import Effect

    if found.allowed:
        return ExitCode.OK
    return ExitCode.DEPENDS if found.decision.effect is Effect.DEPENDS else ExitCode.NO


def _tell(found: "Explained") -> None:
    screen = session.screen()
    if screen.json:
        screen.data({**_plain(found), "parts": [_plain(each) for each in found.parts]})
        return
    operation = found.operation
    subject = f"{found.tool} is {operation.id}" if found.tool else operation.id
    screen.say(f"{subject}: {operation.access} {operation.resource}", style="dim")
    screen.say(found.sentence, style=_style(found))
    for part in found.parts:
        went = "asked too" if part.allowed else "left out"
        screen.say(f"{part.operation.id}, {went}: {part.sentence}", style=_style(part))


def _style(found: "Explained") -> str:
    return {ExitCode.OK: "green", ExitCode.NO: "red"}.get(_code(found), "yellow")


def _plain(found: "Explained") -> dict[str, object]:
    operation, decision = found.operation, found.decision
    return {
        "agent": found.question.agent,
        "tool": found.tool,
        "operation": operation.id,
        "resource": operation.resource,
        "access": operation.access.value,
        "connection": found.question.connection,
        "allowed": found.allowed,
        "effect": decision.effect.value,
        "needs_approval": decision.needs_approval,
        "needs_approval_after_untrusted_minutes": found.after_untrusted if found.allowed else None,
        "observed": found.observed,
        "asks_by_redacted": found.hidden,
        "reason": decision.reason.value,
        "because": decision.because,
        "rule": decision.rule.words() if decision.rule else None,
        "line": decision.rule.line if decision.rule else None,
        "would_allow": decision.would_allow,
        "sentence": found.sentence,
    }
