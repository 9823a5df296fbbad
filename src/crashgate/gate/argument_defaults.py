"""Arguments that the policy leaves no choice about. Rule: what a policy fixes, the gate puts in and nobody is asked.

THREATS row 15. What a caller gives stands, and is decided on like everything else.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.scope import naming
from crashgate.policy.openings import open_names
from crashgate.policy.policy import Policy
from crashgate.policy.question import Place, Question
from crashgate.policy.review.explain import may_use

_MOST_DEFAULTS = 10_000


def offered(policy: Policy | None, question: Question, operation: AnyOperation) -> Mapping[str, tuple[str, ...]]:
    """For each parameter that names a place: the names that are open, where the policy settles it by names."""
    found: dict[str, tuple[str, ...]] = {}
    for name, dimension in naming(operation.scope).items():
        names, taken = open_names(policy, question, dimension), choices(operation.params, name)
        if names is not None and (usable := tuple(each for each in names if taken is None or each in taken)):
            found[name] = usable
    return found


def choices(params: type[Params], name: str) -> tuple[str, ...] | None:
    """The values that the parameter takes, where it takes only a few words; None for any other."""
    field = params.model_fields.get(name)
    return get_args(field.annotation) if field is not None and get_origin(field.annotation) is Literal else None


def nearest(policy: Policy | None, question: Question, operation: AnyOperation) -> Question:
    """The question as it stands for a call that could be allowed, if any could.

    Where a parameter that names a place takes only a few words, and none of them is open, it is asked about one of
    those: what is shown and what is called then get the same answer (THREATS row 18).
    """
    for name, dimension in naming(operation.scope).items():
        taken = choices(operation.params, name)
        if taken is None:
            continue
        places = [question.at({dimension: Place(names=frozenset({each}))}) for each in taken]
        if not any(may_use(policy, each) for each in places):
            return places[0]
    return question


def closed_choice(
    policy: Policy | None, question: Question, operation: AnyOperation, *, named: Collection[str] = ()
) -> Question | None:
    """The question about one choice of a parameter that takes only a few words, where none of them is open.

    None where each such parameter has one that is open. ``named`` are the parameters whose value is known.
    """
    for name, dimension in naming(operation.scope).items():
        taken = choices(operation.params, name)
        if taken is None or name in named or question.place(dimension) is not None:
            continue
        places = [question.at({dimension: Place(names=frozenset({each}))}) for each in taken]
        if not any(may_use(policy, each) for each in places):
            return places[0]
    return None


def defaults_for(policy: Policy | None, question: Question, operation: AnyOperation) -> Mapping[str, Any]:
    """The arguments that the policy leaves no choice about; worked out once for a policy, connection and operation."""
    if policy is None:
        return {}
    key = (question.connection, operation.id)
    defaults = policy.defaults.get(key)
    if defaults is None:
        if len(policy.defaults) >= _MOST_DEFAULTS:
            policy.defaults.clear()
        question = replace(question, parameters=frozenset())
        defaults = policy.defaults[key] = settled(operation.params, offered(policy, question, operation))
    return defaults


def settled(params: type[Params], names: Mapping[str, tuple[str, ...]]) -> Mapping[str, Any]:
    """The arguments that follow from what is open: a single name, or all of them where the parameter takes several."""
    return {
        name: list(each) if takes_many(params, name) else each[0]
        for name, each in names.items()
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
