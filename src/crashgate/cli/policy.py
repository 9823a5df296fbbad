"""``crashgate policy check``, ``show``, ``lint``, ``schema`` and ``export``: the commands that read the documents."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode
from crashgate.cli.session import find_policy, in_sandbox_option, locate_problem, open_workspace

if TYPE_CHECKING:
    from crashgate.config.settings import Settings
    from crashgate.errors import Problem
    from crashgate.model.scope import Dimension
    from crashgate.policy.grants import Rule
    from crashgate.policy.policy import Policy, PolicySet
    from crashgate.policy.review.explain import MatrixRow


@click.command("check", cls=Command)
@in_sandbox_option
def policy_check(*, in_sandbox: bool) -> None:
    """Check all policies and templates, and print what is wrong.

    Each problem is a line: FILE:LINE: PROBLEM. Templates that no document extends are checked too.

    Exits with 0 if there are no problems, with 3 otherwise. If a document cannot be used, serve refuses that agent and
    serves the others; with --strict-policies it does not start.
    """
    from crashgate.errors import PolicyDocumentError, Problem
    from crashgate.policy.policy import PolicySet

    start = open_workspace(in_sandbox=in_sandbox)
    policies, problems = PolicySet(), list[Problem]()
    try:
        policies = start.policies()
    except PolicyDocumentError as error:
        problems += error.problems
    problems += (each for each in start.template_problems() if each not in problems)
    if problems:
        _tell_problems(problems)
        click.get_current_context().exit(ExitCode.CONFIGURATION)
    _tell_policies(policies, start.settings)


def _tell_problems(problems: "Sequence[Problem]") -> None:
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
        f" {'This file' if len(documents) == 1 else 'These files'} cannot be used."
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
        screen.say(f"{settings.policies} contains no policies, so every call would be refused.")
        return
    screen.table(("agent", "owner", "about"), [(each.agent, each.owner, each.about) for each in found.values()])
    screen.say(f"{len(found)} polic{'ies' if len(found) > 1 else 'y'} in {settings.policies}: no problems found.")


@click.command("show", cls=Command)
@click.argument("agent", required=False, help="Show this agent in detail. With *, a table of all that match: ci-*.")
@click.option("--connection", metavar="NAME", help="Only this connection.")
@click.option("--resource", metavar="NAME", help="Only this kind of thing, such as error or release.")
@in_sandbox_option
def policy_show(agent: str | None, *, connection: str | None, resource: str | None, in_sandbox: bool) -> None:
    """Show the level of each agent on each resource.

    For one agent, it also shows where each level applies and the line that grants it. In a table of several agents, the
    level is the highest that applies anywhere. off < read < write < full; only full includes deleting. At a terminal,
    agents that do not fit beside each other are shown one table after the other.
    """
    from fnmatch import fnmatchcase

    from crashgate.config.narrowing import narrowing_sentence
    from crashgate.policy.policy import PolicySet
    from crashgate.policy.review.explain import matrix

    start = open_workspace(in_sandbox=in_sandbox)
    policies = start.narrowed_policies()
    several = agent is None or "*" in agent
    if agent is not None:
        matching = [each for each in policies.values() if fnmatchcase(each.agent, agent)]
        policies = PolicySet(matching if several and matching else [find_policy(policies, agent)])
    rows = [
        row
        for row in matrix(policies, start.vocabulary)
        if connection in {None, row.connection} and resource in {None, row.resource}
    ]
    screen = session.screen()
    if screen.json:
        screen.data(
            [{**_plain(row, start.vocabulary.kinds), "narrowed_by": start.narrowed.get(row.connection)} for row in rows]
        )
    elif not policies:
        screen.say(f"There are no policies in {start.settings.policies}.")
    elif not rows:
        screen.say("No connection has such a resource.")
    elif several:
        _all(tuple(policies), rows)
    else:
        _one(next(iter(policies.values())), rows)
    for name, variable in start.narrowed.items():
        if not screen.json and name in {row.connection for row in rows}:
            screen.say(f"{name}: {narrowing_sentence(variable)}", style="yellow")


def _all(agents: Sequence[str], rows: "Sequence[MatrixRow]") -> None:
    """One table, or at a terminal as many as the width asks for."""
    levels: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        levels.setdefault((row.connection, row.resource), {})[row.agent] = row.level.value
    screen = session.screen()
    for part in _fitting(agents, screen.width - max(len(resource) for _, resource in levels) - _MARGIN):
        table = [(*place, *(held[agent] for agent in part)) for place, held in levels.items()]
        screen.table(("connection", "resource", *part), table, sections=True)


_MARGIN = 6
"""What a table has beside its columns, the indent of the resources included."""


def _fitting(agents: Sequence[str], width: int) -> Iterator[list[str]]:
    """The agents in groups whose columns fit into the width. A heading is broken at its hyphens."""
    part, room = list[str](), width
    for agent in agents:
        column = 2 + max(*(len(piece) + 1 for piece in agent.split("-")), len("write"))
        if part and column > room:
            yield part
            part, room = [], width
        part.append(agent)
        room -= column
    yield part


def _one(policy: "Policy", rows: "Sequence[MatrixRow]") -> None:
    screen = session.screen()
    screen.say(f"{policy.agent}: {policy.about}")
    screen.say(f"{policy.source}, owner {policy.owner}, SHA-256 {policy.hash}")
    if policy.extends:
        screen.say(f"extends {', '.join(policy.extends)}")
    screen.say()
    table: list[tuple[str, ...]] = []
    for row in rows:
        if not row.rules:
            table.append((row.connection, row.resource, row.level.value, "", ""))
        table.extend(
            (
                row.connection,
                row.resource,
                rule.level.value,
                rule.places_spoken,
                _written_in(policy, rule),
            )
            for rule in row.rules
        )
        table.extend((row.connection, row.resource, "off", name, "[off]") for name in row.off)
    screen.table(("connection", "resource", "level", "where", "written in"), table, sections=True, whole={"written in"})
    words = list(_words(policy))
    if words:
        screen.table(("word", "value", "written in"), words, whole={"written in"})
    if policy.mode == "observe":
        screen.say("mode: observe; calls that would be refused are let through and recorded, except deletes")


def _written_in(policy: "Policy", rule: "Rule") -> str:
    if not rule.grant:
        return rule.where
    return f"{'' if rule.source == policy.source else f'{rule.source}, '}grant {rule.grant}, line {rule.line}"


def _words(policy: "Policy") -> Iterator[tuple[str, str, str]]:
    """Each word beside the grants, with its value and where that is written."""
    for key, entries in policy.written.items():
        for entry in entries:
            source = "" if entry.source == policy.source else f"{entry.source}, "
            value = str(entry.value).lower() if isinstance(entry.value, bool) else str(entry.value)
            yield key, value, f"{source}line {entry.line}"


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)


def _plain(row: "MatrixRow", kinds: "Sequence[Dimension]") -> dict[str, object]:
    return {
        "agent": row.agent,
        "connection": row.connection,
        "resource": row.resource,
        "level": row.level.value,
        "off": list(row.off),
        "rules": [
            {
                "grant": rule.grant,
                "source": rule.source,
                "line": rule.line,
                "level": rule.level.value,
                **{kind.plural: _listed(rule.places.get(kind)) for kind in kinds},
            }
            for rule in row.rules
        ],
    }


@click.command("lint", cls=Command)
@click.option("--strict", is_flag=True, help="Exit with 1 if there is a warning.")
@in_sandbox_option
def policy_lint(*, strict: bool, in_sandbox: bool) -> None:
    """Warn about policies that are valid but deserve a second look.

    It looks for grants that can never match, "*", the level full, agents that read what outsiders wrote and may also
    write, more than 40 tools, and missing limits. Each warning is a line: FILE:LINE: WARNING.

    Exits with 0, or with 1 if --strict is given and there is a warning.
    """
    from crashgate.cli.tool_question import could_allow
    from crashgate.policy.review.lint import lint
    from crashgate.tools.available import count_open

    start = open_workspace(in_sandbox=in_sandbox)
    policies, vocabulary, connections = start.policies(), start.vocabulary, start.connections
    warnings = (
        each
        for policy in policies.values()
        for each in lint(
            policy,
            vocabulary,
            connections,
            could_allow,
            tools=count_open(policy, vocabulary.catalogue, connections),
        )
    )
    found = [locate_problem(each, start.folder) for each in warnings]
    screen = session.screen()
    if screen.json:
        screen.data({"warnings": [{"source": each.source, "line": each.line, "text": each.text} for each in found]})
    else:
        for each in found:
            screen.say(str(each), style="yellow")
        screen.say(f"{len(found)} warning{'' if len(found) == 1 else 's'} in {len(policies)} policies.")
    if strict and found:
        click.get_current_context().exit(ExitCode.NO)


@click.command("schema", cls=Command)
def policy_schema() -> None:
    """Print the JSON Schema of policy documents, for editors.

    Name it in the first line of a document: #:schema ./policy.schema.json
    """
    import json

    from crashgate.policy.policy import Vocabulary
    from crashgate.policy.schema import document_schema
    from crashgate.tools.own import load_catalogue

    session.screen().raw(json.dumps(document_schema(Vocabulary(connections={}, catalogue=load_catalogue())), indent=2))


@click.command("export", cls=Command)
@click.argument("agent", required=False, help="Only the policy of this agent.")
@click.option("--cedar", is_flag=True, required=True, help="Print Cedar policies.")
@click.option("--schema", is_flag=True, help="Print the Cedar schema instead.")
@in_sandbox_option
def policy_export(agent: str | None, *, cedar: bool, schema: bool, in_sandbox: bool) -> None:
    """Print the policies in the language of another engine.

    Levels become permits, and off becomes forbid. Mode, limits, redaction and approvals cannot be expressed there and
    are left out. A request names each place of the call by its id and its slug.

    Example: crashgate policy export --cedar triage-agent > triage-agent.cedar
    """
    del cedar
    from crashgate.policy.review import cedar as words

    start = open_workspace(in_sandbox=in_sandbox)
    policies = start.policies()
    chosen = [find_policy(policies, agent)] if agent is not None else list(policies.values())
    text = words.schema(start.vocabulary) if schema else words.policies(chosen, start.vocabulary)
    screen = session.screen()
    if screen.json:
        screen.data({"cedar": text})
    else:
        screen.raw(text)
