"""``crashgate policy explain``, ``test``, ``replay`` and ``diff``: what policies decide, without asking upstream.

They drive the gate's own plan. The gate would look up a project's id, slug and organization; offline, only the name
that is written is known of a place. Nothing is sent or recorded.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode
from crashgate.cli.session import find_policy, in_sandbox_option, open_workspace

if TYPE_CHECKING:
    from crashgate.cli.policy_cases import Case, CaseResult, Replayed
    from crashgate.cli.tool_question import Explained
    from crashgate.policy.review.diff import Change


@click.command("explain", cls=Command)
@click.argument("agent", help="The agent that asks.")
@click.argument("tool", help="A tool, or an operation such as bugsnag.errors.fix.")
@click.argument("arguments", metavar="[NAME=VALUE]...", nargs=-1, help="The tool's own arguments, or a JSON object.")
@in_sandbox_option
def policy_explain(agent: str, tool: str, arguments: Sequence[str], *, in_sandbox: bool) -> None:
    """Say whether an agent may call a tool, and why.

    It names the line that decides, and says what would allow the call. Only arguments that name a place matter; the
    others may be left out. No upstream is asked: a place is matched by the name that you give.

    A tool that calls several operations has a line for each. The first one decides. Of the others, those that are
    refused are left out of the tool's answer.

    Example: crashgate policy explain triage-agent resolve_error project_id=checkout-ios

    Exits with 0 if the call is allowed, 1 if it is denied, 6 if that depends on a place that is not named.
    """
    from crashgate.cli.tool_question import explained, narrow, read

    start = open_workspace(in_sandbox=in_sandbox)
    policy = find_policy(start.narrowed_policies(), agent)
    found = narrow(
        explained(
            policy,
            agent=agent,
            tool=tool,
            given=read(arguments),
            connections=start.connections,
            catalogue=start.catalogue,
        ),
        start.narrowed,
    )
    _tell(found)
    click.get_current_context().exit(_code(found))


def _code(found: "Explained") -> ExitCode:
    if found.allowed:
        return ExitCode.OK
    return ExitCode.DEPENDS if found.verdict.depends else ExitCode.NO


def _tell(found: "Explained") -> None:
    screen = session.screen()
    if screen.json:
        screen.data({**_answer_as_json(found), "parts": [_answer_as_json(each) for each in found.parts]})
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


def _answer_as_json(found: "Explained") -> dict[str, object]:
    operation, decision = found.operation, found.decision
    return {
        "agent": found.question.agent,
        "tool": found.tool,
        "operation": operation.id,
        "resource": operation.resource,
        "access": operation.access.value,
        "connection": found.question.connection,
        "allowed": found.allowed,
        "effect": found.verdict.effect.value,
        "needs_approval": found.verdict.needs_approval,
        "needs_approval_after_untrusted_minutes": found.after_untrusted if found.allowed else None,
        "observed": found.verdict.observed,
        "asks_by_redacted": found.hidden,
        "narrowed_by": found.narrowed_by,
        "reason": decision.reason.value,
        "because": decision.because,
        "rule": decision.rule.words() if decision.rule else None,
        "line": decision.rule.line if decision.rule else None,
        "would_allow": decision.would_allow,
        "sentence": found.sentence,
    }


@click.command("test", cls=Command)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Cases in TOML.",
)
@in_sandbox_option
def policy_test(files: Sequence[Path], *, in_sandbox: bool) -> None:
    """Check that the policies decide cases as their authors expect.

    Each [[case]] has agent, tool or operation, args, expect (allow, deny, depends or approve), and optionally reason.
    With after_untrusted = true, the agent has just read text that outsiders can write.

    Example: crashgate policy test policies/tests/examples.toml

    Exits with 0 if all are as expected, with 1 if one is not, with 3 if a file cannot be used.
    """
    from crashgate.cli.policy_cases import judge, read

    start = open_workspace(in_sandbox=in_sandbox)
    policies, connections = start.policies(), start.connections
    judged = [(case, judge(case, policies, connections, start.catalogue)) for file in files for case in read(file)]
    screen = session.screen()
    surprises = [(case, verdict) for case, verdict in judged if not verdict.fits(case)]
    if screen.json:
        screen.data([_test_as_json(case, verdict) for case, verdict in judged])
    else:
        for case, verdict in surprises:
            screen.say(f"{case.spot}: {case.words}: {verdict.against(case)}", style="red")
        told = f"{len(surprises)} not as expected" if surprises else "all as expected"
        screen.say(f"{len(judged)} case{'' if len(judged) == 1 else 's'}: {told}.")
    if surprises:
        click.get_current_context().exit(ExitCode.NO)


def _test_as_json(case: "Case", verdict: "CaseResult") -> dict[str, object]:
    return {
        "file": str(case.file),
        "line": case.line,
        "agent": case.agent,
        "call": case.call,
        "expect": case.expect,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "sentence": verdict.sentence,
        "as_expected": verdict.fits(case),
    }


@click.command("replay", cls=Command)
@click.argument(
    "log",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="[LOG]",
    help="A state folder, or the log folder in it.",
)
@in_sandbox_option
def policy_replay(log: Path | None, *, in_sandbox: bool) -> None:
    """Say which recorded calls would be decided differently now.

    It reads LOG, or the log of the state folder. Every call that a policy decided is decided again, in the place that
    its record names. Calls for which the log does not show enough to decide are counted separately.

    Example: crashgate policy replay --policies /tmp/proposed

    Exits with 0 if every call would be decided as before, with 1 if one would not.
    """
    from crashgate.cli.policy_cases import replay
    from crashgate.config import wiring

    start = open_workspace(in_sandbox=in_sandbox)
    settings, policies = start.settings, start.policies()
    if log is not None:
        state = log.absolute().parent if log.name == "log" else log.absolute()
        settings = settings.model_copy(update={"state": state})
    changed: Counter[Replayed] = Counter()
    asked = unknown = 0
    for found in replay(wiring.log_reader(settings), policies, start.catalogue):
        asked += 1
        unknown += found.now is None
        if found.differs:
            changed[found] += 1
    screen = session.screen()
    if screen.json:
        rows = [_replay_as_json(each, times) for each, times in changed.items()]
        screen.data({"asked": asked, "unknown": unknown, "changed": rows})
    else:
        for each, times in changed.items():
            often = f" ({times} times)" if times > 1 else ""
            screen.say(f"{each.words}{often}: {each.sentence}", style="red" if each.now == "deny" else "yellow")
        rest = f" For {unknown}, the log does not hold enough to tell." if unknown else ""
        screen.say(f"{asked} calls asked again: {changed.total()} would be decided differently.{rest}")
    if changed:
        click.get_current_context().exit(ExitCode.NO)


def _replay_as_json(found: "Replayed", times: int) -> dict[str, object]:
    return {
        "agent": found.agent,
        "operation": found.operation,
        "where": found.where,
        "then": found.then,
        "now": found.now,
        "times": times,
        "sentence": found.sentence,
    }


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
@click.argument("after", type=click.Path(exists=True, path_type=Path), help="The policies to compare with it.")
@in_sandbox_option
@click.option("--verbose", is_flag=True, help="Name each operation.")
def policy_diff(before: Path, after: Path, *, in_sandbox: bool, verbose: bool) -> None:
    """Say what widens and what narrows between two sets of policies.

    Every operation is compared in every place that either set names. + marks what widens, - what narrows. Each line is
    about one resource in one place; --verbose and --json name the operations.

    Example: crashgate policy diff policies /tmp/proposed

    Exits with 0 if nothing widens, with 2 if anything does, and with 3 if the sets cannot be compared, because a
    document cannot be used or an argument is wrong.
    """
    from crashgate.cli.tool_question import answer
    from crashgate.policy.review.diff import compare

    start = open_workspace(in_sandbox=in_sandbox)
    changes = compare(start.held(before), start.held(after), start.connections, answer, start.catalogue)
    screen = session.screen()
    if screen.json:
        widens = any(change.widens for change in changes)
        screen.data({"widens": widens, "changes": [_change_as_json(change) for change in changes]})
    else:
        for line, subjects in _grouped(changes).items():
            screen.say(_describe(line, subjects), style="red" if line.widens else "green")
            if verbose and len(subjects) > _FEW:
                screen.say(f"    {', '.join(subjects)}", style="dim")
        screen.say(_summary(changes))
    if any(change.widens for change in changes):
        click.get_current_context().exit(WIDENS)


_FEW = 2
"""So many operations are named without --verbose."""


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


def _describe(line: _Line, subjects: "Sequence[str]") -> str:
    names = "" if subjects == [line.resource] else f" ({', '.join(subjects)})"
    if len(subjects) > _FEW:
        names = f" ({len(subjects)} operations)"
    return f"{'+' if line.widens else '-'} {line.agent}: {line.resource}: {line.turn}{names} in {line.where}"


def _summary(changes: "Sequence[Change]") -> str:
    wider = sum(change.widens for change in changes)
    if not changes:
        return "Both sets mean the same."
    return f"{wider} thing{'' if wider == 1 else 's'} wider, {len(changes) - wider} narrower."


def _change_as_json(change: "Change") -> dict[str, object]:
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
