"""``crashgate policy diff``. Rule: what widens is never told as anything else, and has an exit code of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from crashgate.cli import session
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashgate.policy.diff import Change

WIDENS = 2
"""The exit code when anything widens, here alone; a wrong call of this command is told like a wrong configuration."""


class _WrongCallError(click.UsageError):
    exit_code = ExitCode.CONFIGURATION


class _Diff(Command):
    """The one command whose 2 is an answer: who asks for that must not take a mistyped folder for it."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's own
    ) -> click.Context:
        """Read its words; what is wrong with them has another exit code."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as problem:
            raise _WrongCallError(problem.format_message(), problem.ctx) from problem


@click.command("diff", cls=_Diff)
@click.argument("before", type=click.Path(exists=True, path_type=Path), help="A folder of policies, or a document.")
@click.argument("after", type=click.Path(exists=True, path_type=Path), help="What is to take its place.")
@in_sandbox_option
@click.option("--verbose", is_flag=True, help="Name each operation.")
def policy_diff(before: Path, after: Path, *, in_sandbox: bool, verbose: bool) -> None:
    """Say what widens and what narrows between two sets of policies.

    Every operation is asked of both, in every place that either names. What widens is marked with +, what narrows
    with -. A line tells of one resource in one place; --verbose and --json name its operations.

    Example: crashgate policy diff policies /tmp/proposed

    Exits with 0 when nothing widens, with 2 when anything does, with 3 when that cannot be told: a document cannot be
    used, or this command was not called as its help says.
    """
    from crashgate.policy.diff import compare

    start = ground(in_sandbox=in_sandbox)
    changes = compare(start.held(before), start.held(after), start.connections)
    screen = session.screen()
    if screen.json:
        widens = any(change.widens for change in changes)
        screen.data({"widens": widens, "changes": [_plain(change) for change in changes]})
    else:
        for line, subjects in _grouped(changes).items():
            screen.say(_told(line, subjects), style="red" if line.widens else "green")
            if verbose and len(subjects) > _FEW:
                screen.say(f"    {', '.join(subjects)}", style="dim")
        screen.say(_summary(changes))
    if any(change.widens for change in changes):
        click.get_current_context().exit(WIDENS)


_FEW = 2
"""So many operations are named anyway."""


class _Line(NamedTuple):
    """What changes alike."""

    widens: bool
    agent: str
    resource: str
    turn: str
    where: str


def _grouped(changes: "Sequence[Change]") -> dict[_Line, list[str]]:
    """The subjects of each line; what widens comes first."""
    found: dict[_Line, list[str]] = {}
    for change in sorted(changes, key=lambda each: not each.widens):
        line = _Line(change.widens, change.agent, change.resource or change.subject, _turn(change), change.where)
        found.setdefault(line, []).append(change.subject)
    return found


def _turn(change: "Change") -> str:
    """``off -> write`` where the level changes; else what becomes of a call, or of a value."""
    if change.levels is None or change.levels[0] is change.levels[1]:
        return f"{change.before} -> {change.after}"
    asked = f", {change.after}" if change.after == "approve" else ""
    return f"{change.levels[0]} -> {change.levels[1]}{asked}"


def _told(line: _Line, subjects: "Sequence[str]") -> str:
    names = "" if subjects == [line.resource] else f" ({', '.join(subjects)})"
    if len(subjects) > _FEW:
        names = f" ({len(subjects)} operations)"
    return f"{'+' if line.widens else '-'} {line.agent}: {line.resource}: {line.turn}{names} in {line.where}"


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
        "resource": change.resource or None,
        "levels": None if change.levels is None else [each.value for each in change.levels],
        "where": change.where,
        "before": change.before,
        "after": change.after,
    }
