"""``crashgate policy show``. Rule: what is shown is what ``decide`` answers, read off the loaded documents."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.agents import known
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.policy.explain import MatrixRow
    from crashgate.policy.policy import Policy


@click.command("show", cls=Command)
@click.argument("agent", required=False, help="Show this one, with where its levels hold.")
@in_sandbox_option
def policy_show(agent: str | None, *, in_sandbox: bool) -> None:
    """Show the level of each agent on each resource.

    For one agent also where it holds. The level is the highest that some place gives. off < read < write < full; only
    full deletes.
    """
    from crashgate.policy.explain import matrix
    from crashgate.policy.policy import PolicySet

    start = ground(in_sandbox=in_sandbox)
    policies = start.policies()
    if agent is not None:
        policies = PolicySet([known(policies, agent)])
    rows = matrix(policies, start.vocabulary)
    screen = session.screen()
    if screen.json:
        screen.data([_plain(row) for row in rows])
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
                f"grant {rule.grant}, line {rule.line}" if rule.grant else rule.where,
            )
            for rule in row.rules
        )
        table.extend((row.connection, row.resource, "off", name, "[off]") for name in row.off)
    screen.table(("connection", "resource", "level", "where", "written in"), table, sections=True, whole={"written in"})
    for line in _beside(policy):
        screen.say(line)


def _beside(policy: "Policy") -> Iterator[str]:
    """What the policy says beside its grants."""
    if policy.mode == "observe":
        yield "mode: observe; what is refused is let through and recorded, deletes apart"
    for head, names in (
        ("limits", [rate.spoken for rate in policy.limits.rates]),
        ("left out of answers", [*policy.redaction.sets, *policy.redaction.fields]),
        ("a person has to approve", sorted(policy.approval.operations)),
    ):
        if names:
            yield f"{head}: {', '.join(names)}"
    minutes = policy.approval.after_untrusted_minutes
    if minutes is not None:
        from crashgate.policy.approval import spoken_minutes

        yield (
            "a person has to approve: every change, for"
            f" {spoken_minutes(minutes)} after it asked for text that outsiders can write"
        )


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)


def _plain(row: "MatrixRow") -> dict[str, object]:
    from crashgate.catalogue.scope import PLACES

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
                **{dimension.value: _listed(getattr(rule, dimension.value)) for dimension in PLACES},
            }
            for rule in row.rules
        ],
    }
