"""The names of the places that a policy leaves open. A list is given only when it is complete; a pattern has none."""

from crashgate.model.scope import Dimension
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect
from crashgate.policy.grants import Rule
from crashgate.policy.policy import Mode, Policy
from crashgate.policy.question import Place, Question

MOST_NAMES = 20
"""More are not worth listing to an agent."""


def open_names(policy: Policy | None, question: Question, dimension: Dimension) -> tuple[str, ...] | None:
    """The names in ``dimension`` where ``question`` could be allowed, as the policy writes them.

    None where the policy does not settle it by plain names: with patterns, ``*``, more than twenty names, or nothing,
    and in trial mode, where other places are let through too.
    """
    if policy is None or policy.mode is Mode.OBSERVE:
        return None
    buckets = decide(policy, question).buckets
    found: dict[str, None] = {}
    for rule in (*buckets.granted, *buckets.may_grant):
        names = _plain(rule, dimension)
        if names is None:
            return None
        found |= dict.fromkeys(names)
    usable = tuple(name for name in found if _could_be(policy, question, dimension, name))
    return usable if 0 < len(usable) <= MOST_NAMES else None


def _plain(rule: Rule, dimension: Dimension) -> tuple[str, ...] | None:
    patterns = rule.places.get(dimension)
    return None if patterns is None or any("*" in pattern for pattern in patterns) else patterns


def _could_be(policy: Policy, question: Question, dimension: Dimension, name: str) -> bool:
    place = Place(names=frozenset({name}))
    return decide(policy, question.at({dimension: place})).effect is not Effect.DENY
