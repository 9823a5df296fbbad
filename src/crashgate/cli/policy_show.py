"""``crashgate policy show``. Rule: what is shown is what ``decide`` answers, read off the loaded documents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.agents import known
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.policy.explain import MatrixRow
    from crashgate.policy.policy import Policy


@click.command("show", cls=Command)
@click.argument("agent", required=False, help="Show this one, with where its levels hold.")
def policy_show(agent: str | None) -> None:
    """Show the level of each agent on each resource.

    For one agent also where it holds. The level is the highest that some place gives. off < read < write < full; only
    full deletes.
    """
    from crashgate import wiring
    from crashgate.policy.explain import matrix
    from crashgate.policy.policy import PolicySet

    settings = session.settings()
    policies = wiring.policies(settings).current()
    if agent is not None:
        policies = PolicySet([known(policies, agent)])
    rows = matrix(policies, wiring.vocabulary(settings))
    screen = session.screen()
    if screen.json:
        screen.data([_plain(row) for row in rows])
    elif agent is not None:
        _one(policies[agent], rows)
    elif not policies:
        screen.say(f"{settings.policies} holds no policy.")
    else:
        _all(tuple(policies), rows)


def _all(agents: Sequence[str], rows: "Sequence[MatrixRow]") -> None:
    levels: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        levels.setdefault((row.connection, row.resource), []).append(row.level.value)
    session.screen().table(("connection", "resource", *agents), [(*place, *held) for place, held in levels.items()])


def _one(policy: "Policy", rows: "Sequence[MatrixRow]") -> None:
    screen = session.screen()
    screen.say(f"{policy.agent}: {policy.about}")
    screen.say(f"{policy.source}, owner {policy.owner}, SHA-256 {policy.hash}")
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
                rule.places(),
                rule.where + (f", line {rule.line}" if rule.line else ""),
            )
            for rule in row.rules
        )
    screen.table(("connection", "resource", "level", "where", "written in"), table)


def _plain(row: "MatrixRow") -> dict[str, object]:
    return {
        "agent": row.agent,
        "connection": row.connection,
        "resource": row.resource,
        "level": row.level.value,
        "rules": [
            {
                "grant": rule.grant,
                "source": rule.source,
                "line": rule.line,
                "level": rule.level.value,
                "organizations": None if rule.organizations is None else list(rule.organizations),
                "projects": None if rule.projects is None else list(rule.projects),
            }
            for rule in row.rules
        ],
    }
