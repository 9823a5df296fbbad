"""Arguments that the policy leaves no choice about: the gate puts them in, and nobody is asked (THREATS row 15).

What a caller gives stands, and is decided on like everything else.
"""

from collections.abc import Collection, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from crashgate.gate.narrowing import NOWHERE
from crashgate.model.access import Access
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.scope import Dimension, OrganizationToCome, ProjectToCome, naming
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Place, Question
from crashgate.policy.policy import Mode, Policy
from crashgate.policy.review.explain import may_use

MOST_NAMES = 20
"""More are not worth listing to an agent."""

_MOST_DEFAULTS = 10_000


def question_for(agent: str, connection: str, operation: AnyOperation, access: Access) -> Question:
    """What a policy is asked before it is known where the call belongs."""
    # What is not there yet has no name, and that is known.
    to_come = isinstance(operation.scope, OrganizationToCome | ProjectToCome)
    return Question(
        agent=agent,
        connection=connection,
        operation=operation.id,
        resource=operation.resource,
        access=access,
        dimension=operation.scope.dimension,
        places={operation.scope.dimension: NOWHERE} if to_come else {},
    )


def open_places(policy: Policy, connection: str, operation: AnyOperation) -> Mapping[str, tuple[str, ...]]:
    """For each parameter that names a place: the names that are open, where the policy settles it by names."""
    question = question_for(policy.agent, connection, operation, operation.access)
    found: dict[str, tuple[str, ...]] = {}
    for name, dimension in naming(operation.scope).items():
        names, taken = open_names(policy, question, dimension), choices(operation.params, name)
        if names is not None and (usable := tuple(each for each in names if taken is None or each in taken)):
            found[name] = usable
    return found


def open_names(policy: Policy, question: Question, dimension: Dimension) -> tuple[str, ...] | None:
    """The names in ``dimension`` where ``question`` could be allowed, as the policy writes them.

    None where the policy does not settle it by plain names: with patterns, ``*``, more than twenty names, or nothing,
    and in observe mode, where other places are let through too.
    """
    # check: in observe mode no place is put in
    if policy.mode is Mode.OBSERVE:
        return None
    buckets = decide(policy, question).buckets
    names: dict[str, None] = {}
    for rule in (*buckets.granted, *buckets.may_grant):
        patterns = rule.places.get(dimension)
        if patterns is None or any("*" in pattern for pattern in patterns):
            return None
        names |= dict.fromkeys(patterns)
    usable = tuple(
        name
        for name in names
        # check: names that are off are not offered
        if _could_be(policy, question, dimension, name)
    )
    return usable if 0 < len(usable) <= MOST_NAMES else None


def _could_be(policy: Policy, question: Question, dimension: Dimension, name: str) -> bool:
    place = Place(names=frozenset({name}))
    return decide(policy, question.at({dimension: place})).effect is not Effect.DENY


def choices(params: type[Params], name: str) -> tuple[str, ...] | None:
    """The values that the parameter takes, where it takes only a few words; None for any other."""
    field = params.model_fields.get(name)
    return get_args(field.annotation) if field is not None and get_origin(field.annotation) is Literal else None


def closed_choice(
    policy: Policy | None, question: Question, operation: AnyOperation, *, named: Collection[str] = ()
) -> Question | None:
    """The question about one choice of a parameter that takes only a few words, where none of them is open.

    None where each such parameter has one that is open. ``named`` are the parameters whose value is known.
    """
    for name, dimension in naming(operation.scope).items():
        taken = choices(operation.params, name)
        if taken is None or name in named or question.places.get(dimension) is not None:
            continue
        places = [question.at({dimension: Place(names=frozenset({each}))}) for each in taken]
        if not any(may_use(policy, each) for each in places):
            return places[0]
    return None


def defaults_for(policy: Policy | None, connection: str, operation: AnyOperation) -> Mapping[str, Any]:
    """The arguments that the policy leaves no choice about; worked out once for a policy, connection and operation."""
    if policy is None:
        return {}
    defaults = policy.defaults.get((connection, operation.id))
    if defaults is None:
        if len(policy.defaults) >= _MOST_DEFAULTS:
            policy.defaults.clear()
        names = open_places(policy, connection, operation)
        defaults = policy.defaults[connection, operation.id] = _settle(operation.params, names)
    return defaults


def _settle(params: type[Params], names: Mapping[str, tuple[str, ...]]) -> Mapping[str, Any]:
    """The arguments that follow from what is open: a single name, or all of them where the parameter takes several."""
    return {
        name: list(each) if takes_many(params, name) else each[0]
        for name, each in names.items()
        # check: only what is settled by names is put in
        if len(each) == 1 or takes_many(params, name)
    }


def takes_many(params: type[Params], name: str) -> bool:
    """Whether the parameter is a list."""
    field = params.model_fields.get(name)
    return field is not None and _holds_list(field.annotation)


def _holds_list(annotation: object) -> bool:
    """A tuple, or one that may also be null, however it is annotated."""
    origin = get_origin(annotation)
    return origin is tuple or (
        origin in {Annotated, Union, UnionType} and any(_holds_list(part) for part in get_args(annotation))
    )
