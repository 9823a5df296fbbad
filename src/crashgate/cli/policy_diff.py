"""``crashgate policy diff``. Rule: what widens is never told as anything else, and has an exit code of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.embedded import in_sandbox_option
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashgate.policy.diff import Change

WIDENS = 2
"""The exit code when anything widens. Click uses it for wrong usage too: either way, the change is not to go in."""


@click.command("diff", cls=Command)
@click.argument("before", type=click.Path(exists=True, path_type=Path), help="A folder of policies, or a document.")
@click.argument("after", type=click.Path(exists=True, path_type=Path), help="What is to take its place.")
@in_sandbox_option
def policy_diff(before: Path, after: Path, *, in_sandbox: bool) -> None:
    """Say what widens and what narrows between two sets of policies.

    Every operation is asked of both, in every place that either names. What widens is marked with +, what narrows
    with -.

    Example: crashgate policy diff policies /tmp/proposed

    Exits with 0 when nothing widens, with 2 when anything does.
    """
    from crashgate.policy.diff import compare

    start = ground(in_sandbox=in_sandbox)
    changes = compare(start.held(before), start.held(after), start.connections)
    screen = session.screen()
    if screen.json:
        widens = any(change.widens for change in changes)
        screen.data({"widens": widens, "changes": [_plain(change) for change in changes]})
    else:
        for (sign, agent, turn, where), subjects in _grouped(changes).items():
            style = "red" if sign == "+" else "green"
            screen.say(f"{sign} {agent}: {turn} in {where}: {', '.join(subjects)}", style=style)
        screen.say(_summary(changes))
    if any(change.widens for change in changes):
        click.get_current_context().exit(WIDENS)


def _grouped(changes: "Sequence[Change]") -> dict[tuple[str, str, str, str], list[str]]:
    """Operations that change alike in one place stand on one line; what widens comes first."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for change in sorted(changes, key=lambda each: not each.widens):
        key = ("+" if change.widens else "-", change.agent, f"{change.before} to {change.after}", change.where)
        found.setdefault(key, []).append(change.subject)
    return found


def _summary(changes: "Sequence[Change]") -> str:
    wider = sum(change.widens for change in changes)
    if not changes:
        return "Both mean the same."
    return f"{wider} thing{'' if wider == 1 else 's'} wider, {len(changes) - wider} narrower."


def _plain(change: "Change") -> dict[str, object]:
    return {
        "agent": change.agent,
        "widens": change.widens,
        "subject": change.subject,
        "where": change.where,
        "before": change.before,
        "after": change.after,
    }
