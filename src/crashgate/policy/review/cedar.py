"""Policies as Cedar text with the same meaning: Cedar allows exactly what ``decide`` allows.

A level becomes a ``permit`` and ``off`` a ``forbid``; places become conditions on the context. A place that is not
known yet permits nothing and forbids whatever it might. Cedar has no words for mode, limits, redaction and approval, so
these are left out.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from crashgate.model.access import Access, Level
from crashgate.model.scope import NOTHING, Dimension
from crashgate.policy.decision import Question
from crashgate.policy.grants import Grant, Rule
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.policy.switches import Switch

_SCHEMA = """\
// A resource is named by its connection and its noun: Resource::"bugsnag/error".
entity Agent;
entity Resource;

// Where there is no slug, or no id, both are the one name that there is.
type Place = {{ id: String, slug: String }};

type Call = {{
  operation: String,
  parameters: Set<String>,
{places}}};

action "read", "write", "delete" appliesTo {{ principal: [Agent], resource: [Resource], context: Call }};
"""


def schema(vocabulary: Vocabulary) -> str:
    """The schema of the policies and requests, with the kinds of place that the vocabulary has."""
    return _SCHEMA.format(places="".join(f"  {kind.noun}?: Place,\n" for kind in vocabulary.kinds))


def policies(held: Iterable[Policy], vocabulary: Vocabulary) -> str:
    """The policies of all agents, in the order of the grants, each with where it is written as its ``@id``.

    The vocabulary says what a grant on each resource must name; a grant on a connection that it lacks gives nothing.
    """
    return "\n".join(text for policy in held for text in _of(policy, vocabulary))


def request(question: Question) -> dict[str, Any]:
    """The question as Cedar's request, in the JSON form of its bindings. A place has one or two names.

    Raises ValueError for a place with another number of names.
    """
    context: dict[str, Any] = {"operation": question.operation, "parameters": sorted(question.parameters)}
    for kind, place in question.places.items():
        first, *others = sorted(place.names)
        if len(others) > 1:
            raise ValueError("a place has an id and a slug, and no third name")
        context[kind.noun] = {"id": first, "slug": others[0] if others else first}
    return {
        "principal": f"Agent::{_quote(question.agent)}",
        "action": f"Action::{_quote(question.access.value)}",
        "resource": _resource(question.connection, question.resource),
        "context": context,
    }


def _of(policy: Policy, vocabulary: Vocabulary) -> Iterator[str]:
    for switch in policy.off.all:
        yield _write_switch(policy, switch)
    for grant in policy.grants:
        resources = vocabulary.connections.get(grant.connection, {})
        for resource, level in grant.access.items():
            dimension = resources.get(resource)
            if dimension is not None:
                yield from _write_grant(policy, grant, Rule.of(grant, resource, source=policy.source), level, dimension)


def _write_switch(policy: Policy, switch: Switch) -> str:
    conditions = [f"context.operation == {_quote(switch.operation)}"]
    if switch.parameter is not None:
        conditions.append(f"context.parameters.contains({_quote(switch.parameter)})")
    return _text("forbid", switch.words(), policy.agent, None, None, conditions)


def _write_grant(policy: Policy, grant: Grant, rule: Rule, level: Level, dimension: Dimension) -> Iterator[str]:
    forbids = level is Level.OFF
    conditions: list[str] = []
    if dimension is not NOTHING:
        own = grant.places.get(dimension)
        if not own:
            return  # a grant that does not name the place of its resource holds nowhere
        conditions.append(_condition(dimension, own, forbids=forbids))
        around = None if dimension.wider is None else grant.places.get(dimension.wider)
        if around is not None and dimension.wider is not None and "*" not in around:
            conditions.append(_condition(dimension.wider, around, forbids=forbids))
    actions = [access for access in Access if forbids or level.allows(access)]
    resource = _resource(grant.connection, rule.resource)
    yield _text("forbid" if forbids else "permit", rule.words(), policy.agent, actions, resource, conditions)


def _condition(dimension: Dimension, patterns: Sequence[str], *, forbids: bool) -> str:
    place = f"context.{dimension.noun}"
    known = f"context has {dimension.noun}"
    if "*" in patterns:
        return "true" if forbids else known
    matches = " || ".join(_matches(place, pattern) for pattern in patterns)
    return f"if {known} then ({matches}) else true" if forbids else f"{known} && ({matches})"


def _matches(place: str, pattern: str) -> str:
    how = "like" if "*" in pattern else "=="
    return " || ".join(f"{place}.{name} {how} {_quote(pattern)}" for name in ("id", "slug"))


def _text(  # noqa: PLR0913, PLR0917 - the parts of one Cedar policy, in their order
    effect: str,
    words: str,
    agent: str,
    actions: Sequence[Access] | None,
    resource: str | None,
    conditions: Sequence[str],
) -> str:
    lists = "" if actions is None else f" in [{', '.join(f'Action::{_quote(each.value)}' for each in actions)}]"
    of = "" if resource is None else f" == {resource}"
    when = "".join(f"\nwhen {{ {condition} }}" for condition in conditions if condition != "true")
    scope = f"principal == Agent::{_quote(agent)}, action{lists}, resource{of}"
    return f"@id({_quote(words)})\n{effect} ({scope}){when};\n"


def _resource(connection: str, resource: str) -> str:
    return f"Resource::{_quote(f'{connection}/{resource}')}"


def _quote(text: str) -> str:
    """A string of Cedar; names in policies hold nothing that JSON and Cedar write differently."""
    return json.dumps(text, ensure_ascii=False)
