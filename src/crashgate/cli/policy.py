"""``crashgate policy check``. Rule: every problem at once, each with file and line.

``crashgate policy show``. Rule: what is shown is what ``decide`` answers, read off the loaded documents.

``crashgate policy lint``. Rule: it warns of what is legal; what is not legal, ``policy check`` tells.

``crashgate policy schema``. Rule: what is printed is what docs/policy.schema.json holds.

``crashgate policy export``. Rule: what is printed means the same as the documents, or it is not printed.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.agents import known
from crashgate.cli.failure import ExitCode
from crashgate.cli.global_options import Command
from crashgate.cli.policy_workspace import as_given, ground
from crashgate.cli.sandbox import in_sandbox_option

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
    """Load all policies and print what is wrong with them.

    Each problem is a line: FILE:LINE: PROBLEM.

    Exits with 0 when all can be used, with 3 when one cannot. Then serve refuses that agent and serves the others; with
    --strict-policies it does not start.
    """
    from crashgate.errors import PolicyDocumentError

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


@click.command("show", cls=Command)
@click.argument("agent", required=False, help="Show this one, with where its levels hold.")
@in_sandbox_option
def policy_show(agent: str | None, *, in_sandbox: bool) -> None:
    """Show the level of each agent on each resource.

    For one agent also where it holds. The level is the highest that some place gives. off < read < write < full; only
    full deletes.
    """
    from crashgate.policy.policy import PolicySet
    from crashgate.policy.review.explain import matrix

    start = ground(in_sandbox=in_sandbox)
    policies = start.policies()
    if agent is not None:
        policies = PolicySet([known(policies, agent)])
    rows = matrix(policies, start.vocabulary)
    screen = session.screen()
    if screen.json:
        screen.data([_plain(row, start.vocabulary.kinds) for row in rows])
    elif agent is not None:
        _one(policies[agent], rows)
    elif not policies:
        screen.say(f"{start.settings.policies} holds no policy.")
    else:
        _all(tuple(policies), rows)


def _all(agents: Sequence[str], rows: "Sequence[MatrixRow]") -> None:
    levels: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        levels.setdefault((row.connection, row.resource), []).append(row.level.value)
    table = [(*place, *held) for place, held in levels.items()]
    session.screen().table(("connection", "resource", *agents), table, sections=True)


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
        screen.say("mode: observe; what is refused is let through and recorded, except deletes")


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
@click.option("--strict", is_flag=True, help="Exit with 1 when there is a warning.")
@in_sandbox_option
def policy_lint(*, strict: bool, in_sandbox: bool) -> None:
    """Warn of what is legal in a policy and worth a second look.

    Grants that can never match, "*", full, reading what outsiders wrote together with writing, no limits. Each warning
    is a line: FILE:LINE: WARNING.

    Exits with 0, or with 1 when --strict is given and there is a warning.
    """
    from crashgate.cli.tool_question import could_allow
    from crashgate.policy.review.lint import lint

    start = ground(in_sandbox=in_sandbox)
    policies, vocabulary, connections = start.policies(), start.vocabulary, start.connections
    warnings = (each for policy in policies.values() for each in lint(policy, vocabulary, connections, could_allow))
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
    from crashgate.policy.review import cedar as words

    start = ground(in_sandbox=in_sandbox)
    policies = start.policies()
    chosen = [known(policies, agent)] if agent is not None else list(policies.values())
    text = words.schema(start.vocabulary) if schema else words.policies(chosen, start.vocabulary)
    screen = session.screen()
    if screen.json:
        screen.data({"cedar": text})
    else:
        screen.raw(text)
