"""``crashgate policy diff``. Rule: what widens is never told as anything else, and has an exit code of its own.

``crashgate policy init``. Rule: it grants reading only, asks through the gate, and never writes over a document.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from crashgate.cli import session
from crashgate.cli.failure import ExitCode
from crashgate.cli.global_options import Command
from crashgate.cli.output import note, whole_file
from crashgate.cli.policy_workspace import ground
from crashgate.cli.sandbox import in_sandbox_option

if TYPE_CHECKING:
    from crashgate.cli.policy_workspace import Workspace
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import Settings
    from crashgate.errors import ConfigurationError
    from crashgate.model.scope import Dimension
    from crashgate.policy.policy import Policy
    from crashgate.policy.review.diff import Change
    from crashgate.policy.review.starter import Places

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
    from crashgate.cli.tool_question import answer
    from crashgate.policy.review.diff import compare

    start = ground(in_sandbox=in_sandbox)
    changes = compare(start.held(before), start.held(after), start.connections, answer, start.catalogue)
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


class _Init(Command):
    """The command with an option for each kind of place that the providers declare."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The agent, its owner, then the places; the catalogue is read only when this command is."""
        from crashgate.tools.own import load_catalogue

        agent, owner, *others = super().get_params(ctx)
        return [agent, owner, *map(_option, load_catalogue().kinds), *others]


def _option(kind: "Dimension") -> click.Option:
    names = "An id, slug or pattern." if kind.two_names else f"{'An id' if kind.cased else 'A name'} or pattern."
    metavar = "ID" if kind.cased else "NAME"
    return click.Option([f"--{kind.noun}", kind.plural], multiple=True, metavar=metavar, help=names)


@click.command("init", cls=_Init)
@click.argument("agent", help="Whom the policy is for.")
@click.option("--owner", required=True, metavar="ADDRESS", help="Who answers for it.")
@click.option("--offline", is_flag=True, help="Ask nothing upstream, also where no place is named.")
@in_sandbox_option
@click.option("--write", is_flag=True, help="Write it to AGENT.toml in the policy folder instead of printing it.")
def policy_init(
    agent: str, owner: str, *, offline: bool, in_sandbox: bool, write: bool, **named: Sequence[str]
) -> None:
    """Make a first policy from the connections and projects that exist.

    It gives reading. Where you name no place, all organizations and projects that the tokens can see are asked for and
    named, for you to take out what the agent need not see; the decision log has these requests, by policy-init. Where
    nothing is named for a kind of resource, its grant is a comment to fill in.

    Example: crashgate policy init triage-agent --owner team@example.com --project checkout-ios
    """
    from crashgate.policy.document import load
    from crashgate.policy.review.starter import first_policy
    from crashgate.tools.own import load_catalogue

    start = ground(in_sandbox=in_sandbox, examples=False)
    settings, vocabulary, connections = start.settings, start.vocabulary, start.connections
    given: Places = {kind: tuple(named[kind.plural]) for kind in load_catalogue().kinds if named.get(kind.plural)}
    _check_places(given, start)
    path = settings.policies / f"{agent}.toml"
    if write and path.exists():
        raise _not_written(path, "There is a document of that name already.")
    places: Mapping[str, Places] = dict.fromkeys(connections, given)
    if not given and not offline:
        places = _existing(settings, start.sandbox)
    text = first_policy(agent, owner, places, vocabulary, connections)
    policy = load(text, source=f"{settings.policies.name}/{agent}.toml", vocabulary=vocabulary)
    if write:
        _write(path, text)
        _tell_beyond(policy, start)
    screen = session.screen()
    if screen.json:
        screen.data({"document": text, "path": str(path) if write else None})
    elif write:
        screen.say(f"Wrote {path}. Read it, then run: crashgate policy check{' --sandbox' if in_sandbox else ''}")
    else:
        screen.raw(text)


def _existing(settings: "Settings", sandbox: "Sandbox | None") -> "Mapping[str, Places]":
    from crashgate.cli.serve import run
    from crashgate.cli.visible_places import existing

    if not sandbox and not settings.connections:
        note("There are no connections, so crashgate did not look up which projects exist.")
        return {}
    return run(existing(settings, sandbox, os.environ))


def _check_places(given: "Places", start: "Workspace") -> None:
    """Raises ConfigurationError for a place of a kind that no connection has: its name would come to nothing."""
    from crashgate.errors import ConfigurationError
    from crashgate.policy.review.starter import nameable

    known = nameable(start.vocabulary, start.connections)
    for dimension in given:
        if dimension not in known:
            raise ConfigurationError(
                f"--{dimension.noun} names nothing here.",
                why=f"None of the connections has {dimension} to read: {', '.join(start.connections)}.",
                remedy="Leave it out, or write a connection in crashgate.toml that has some.",
            )


def _tell_beyond(policy: "Policy", start: "Workspace") -> None:
    """Say which connections only the sandbox has: a folder that names them cannot be used without it."""
    from crashgate.config import wiring

    here = wiring.vocabulary(start.settings).connections
    more = dict.fromkeys(each.connection for each in policy.grants if each.connection not in here)
    if more:
        note(
            f"Not configured here: {', '.join(more)}. While this document names them, the folder can be used with"
            " --sandbox only."
        )


def _write(path: Path, text: str) -> None:
    """Make the file, whole or not at all, and its folder where there is none.

    Half a document would put every policy of the folder out of use.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(path, mode=0o644, over=False) as stream:
            stream.write(text)
    except OSError as error:
        raise _not_written(path, f"{(error.strerror or 'Unknown fault').capitalize()}.") from error


def _not_written(path: Path, why: str) -> "ConfigurationError":
    from crashgate.errors import ConfigurationError

    return ConfigurationError(f"{path} cannot be written.", why=why, remedy="Print it, without --write.")
