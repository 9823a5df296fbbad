"""What agents may do: the matrix of agents and resources, and why a cell is as it is. Every answer is ``decide``'s."""

from collections.abc import Mapping, Sequence

from crashgate.console.pages import Facts, address, wrong
from crashgate.model.access import Access
from crashgate.policy.decide import decide
from crashgate.policy.decision import Question
from crashgate.policy.grants import Rule
from crashgate.policy.policy import PolicySet, Vocabulary
from crashgate.policy.review.explain import MatrixRow, explain, matrix

_OWN = "crashgate"


def access(policies: PolicySet, vocabulary: Vocabulary) -> Facts:
    """The matrix, one table for each connection that some agent holds anything on, and what cannot be used."""
    rows = matrix(policies, vocabulary)
    return {
        "connections": [
            _table(connection, [each for each in rows if each.connection == connection])
            for connection in vocabulary.connections
            if connection != _OWN
        ],
        "broken": {agent: [each.text for each in problems] for agent, problems in policies.broken.items()},
    }


def _table(connection: str, rows: Sequence[MatrixRow]) -> Facts:
    agents = dict.fromkeys(row.agent for row in rows)
    by_agent = {agent: [_cell(row) for row in rows if row.agent == agent] for agent in agents}
    held = {agent: cells for agent, cells in by_agent.items() if any(cell["level"] != "off" for cell in cells)}
    return {
        "connection": connection,
        "resources": list(dict.fromkeys(row.resource for row in rows)),
        "agents": [{"agent": agent, "cells": cells} for agent, cells in held.items()],
    }


def _cell(row: MatrixRow) -> Mapping[str, str]:
    """A level, and whether it holds only in some places."""
    where = {"connection": row.connection, "resource": row.resource}
    everywhere = any(rule.level is row.level and _is_everywhere(rule) for rule in row.rules)
    return {
        "resource": row.resource,
        "level": row.level.value,
        "where": "" if everywhere or row.level.value == "off" else "some places",
        "page": address("/cell", {"agent": row.agent, **where}),
    }


def _is_everywhere(rule: Rule) -> bool:
    return all("*" in patterns for patterns in rule.places.values())


def cell(policies: PolicySet, vocabulary: Vocabulary, parameters: Mapping[str, str]) -> Facts:
    """Why an agent holds what it holds on a resource. Raises HTTPException 404 for one that is not there."""
    policy = policies.get(parameters.get("agent", ""))
    connection, resource = parameters.get("connection", ""), parameters.get("resource", "")
    dimension = vocabulary.connections.get(connection, {}).get(resource)
    if policy is None or dimension is None:
        raise wrong("There is no such agent, connection or resource in the policies. See /access.", status=404)
    row = next(
        each
        for each in matrix(PolicySet([policy]), vocabulary)
        if (each.connection, each.resource) == (connection, resource)
    )
    questions = [
        Question(
            agent=policy.agent,
            connection=connection,
            operation="",
            resource=resource,
            access=wanted,
            dimension=dimension,
        )
        for wanted in Access
    ]
    return {
        "agent": policy.agent,
        "about": policy.about,
        "owner": policy.owner,
        "source": policy.source,
        "mode": policy.mode.value,
        "connection": connection,
        "resource": resource,
        "level": row.level.value,
        "rules": [{"spot": rule.spot, "setting": rule.setting, "words": rule.words()} for rule in row.rules],
        "switched_off": list(row.off),
        "answers": [explain(decide(policy, question), question) for question in questions],
        "calls": address("/activity", {"agent": policy.agent, "connection": connection, "resource": resource}),
    }
