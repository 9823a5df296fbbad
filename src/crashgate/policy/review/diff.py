"""What one set of policies allows that another does not. Both are asked the same questions, and the answers compared.

The questions cover every operation, alone and with each parameter that matters, in every place that tells two patterns
apart: an example of each pattern that either set writes for the resource, the examples in pairs (a name that two
patterns match, or an id and a slug that different ones match), and a place that nobody names. Wherever the answers
differ there is such an example: one pattern allows it, and another stood in the way.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Any

from crashgate.model.access import Level
from crashgate.model.catalogue import Catalogue
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import NOTHING, Dimension
from crashgate.policy.decide import highest_level
from crashgate.policy.decision import Place, Question
from crashgate.policy.grants import STRANGER, example
from crashgate.policy.policy import TABLES, Mode, Policy, PolicySet
from crashgate.policy.redaction import paths, result_fields
from crashgate.policy.words import NameList


@unique
class Answer(StrEnum):
    """What a call gets, from the least to the most."""

    DENY = "deny"
    APPROVE = "approve"
    ALLOW = "allow"


Asked = Callable[[Policy | None, AnyOperation, Question], Answer]
"""What a call of the operation gets that is as the question says."""

Names = tuple[str, ...]
"""What to call a place: by one pattern that holds it, or by two."""

_RANK = {answer: rank for rank, answer in enumerate(Answer)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that is not as it was.

    ``subject`` is an operation, or a key of the document; ``where`` is for people. Of an operation there are also its
    ``resource`` and the ``levels`` that the grants give on it there, before and after.
    """

    agent: str
    widens: bool
    subject: str
    where: str
    before: str
    after: str
    resource: str = ""
    levels: tuple[Level, Level] | None = None


def compare(
    before: PolicySet, after: PolicySet, connections: Mapping[str, str], answer: Asked, catalogue: Catalogue
) -> tuple[Change, ...]:
    """Every change, by agent. ``connections`` are those that a policy may name, with what they are.

    ``answer`` authorises one call.
    """
    everything = {"crashgate": "crashgate", **connections}
    found: list[Change] = []
    for agent in sorted({*before, *after}):
        old, new = before.get(agent), after.get(agent)
        if old is None or new is None:
            found.append(_of_agent(agent, old, new))
        for connection, provider in everything.items():
            if provider == "crashgate" and (old is None or new is None):
                continue  # whoever has a policy has the built-in grant: that is told with the agent
            for operation in catalogue.operations.values():
                if operation.provider == provider:
                    found.extend(_of_operation(agent, old, new, connection, operation, answer))
        found.extend(_of_numbers(agent, old, new, catalogue))
    return tuple(found)


def _of_agent(agent: str, old: Policy | None, new: Policy | None) -> Change:
    """That an agent comes or goes."""
    before, after = ("none" if each is None else "one" for each in (old, new))
    held = new or old
    where = held.source if held else ""
    return Change(agent=agent, widens=old is None, subject="policy", where=where, before=before, after=after)


def _of_operation(  # noqa: PLR0913, PLR0917 - what is compared, and how
    agent: str, old: Policy | None, new: Policy | None, connection: str, operation: AnyOperation, answer: Asked
) -> Iterator[Change]:
    for parameters in _parameters(operation, old, new):
        question = Question(
            agent=agent,
            connection=connection,
            operation=operation.id,
            resource=operation.resource,
            access=operation.access_with(parameters),
            dimension=operation.scope.dimension,
            parameters=parameters,
        )
        if _same(old, new, question):
            continue
        subject = f"{operation.id} with {', '.join(sorted(parameters))}" if parameters else operation.id
        for where, asked, one, two in _find_differences(old, new, question, operation, answer):
            yield Change(
                agent=agent,
                widens=_RANK[two] > _RANK[one],
                subject=subject,
                where=f"{where} ({connection})" if where else connection,
                before=one.value,
                after=two.value,
                resource=operation.resource,
                levels=(highest_level(old, asked), highest_level(new, asked)),
            )


def _parameters(operation: AnyOperation, *held: Policy | None) -> Iterator[frozenset[str]]:
    """None given, and each one that takes more access or that somebody switched off."""
    yield frozenset()
    off = {name for policy in held if policy for name in policy.off.parameters_of(operation.id)}
    for field in operation.fields:
        if field.access is not None or field.name in off:
            yield frozenset({field.name})


def _same(old: Policy | None, new: Policy | None, question: Question) -> bool:
    """True when the documents say the same of it, so that nothing has to be tried."""
    return old is not None and new is not None and _said(old, question) == _said(new, question)


def _said(policy: Policy, question: Question) -> tuple[Any, ...]:
    rules = policy.index.of(question.connection, question.resource).rules
    return (
        [replace(each.rule, grant=0, line=0, source="") for each in rules],
        bool(policy.off.hit_by(question.operation, question.parameters)),
        question.operation in policy.approval.operations,
        policy.mode,
    )


def _find_differences(
    old: Policy | None, new: Policy | None, question: Question, operation: AnyOperation, answer: Asked
) -> Iterator[tuple[str, Question, Answer, Answer]]:
    """The places where the answers differ; one of two names only where neither name alone shows it."""
    own, seen = question.dimension, set[tuple[Names, Names]]()
    wider = own.wider
    around: list[tuple[Names, Place | None]] = [(_NOWHERE, None)]
    if wider is not None and _list_patterns(wider, question, old, new):
        around = list(_places(wider, question, old, new))
    for near, far in itertools.product(list(_places(own, question, old, new)), around):
        asked = question.at({each: place for each, place in ((own, near[1]), (wider, far[1])) if each and place})
        one, two = answer(old, operation, asked), answer(new, operation, asked)
        if one is two:
            continue
        if not seen.isdisjoint(((own_name,), (wider_name,)) for own_name in near[0] for wider_name in far[0]):
            continue
        seen.add((near[0], far[0]))
        yield " of ".join(" and ".join(each) for each in (near[0], far[0]) if each != _NOWHERE), asked, one, two


_NOWHERE: Names = ("",)


def _places(dimension: Dimension, question: Question, *held: Policy | None) -> Iterator[tuple[Names, Place | None]]:
    """Each place to try, with what people call it."""
    if dimension is NOTHING:
        yield _NOWHERE, None
        return
    patterns = _list_patterns(dimension, question, *held)
    for pattern in patterns:
        shown = f"every other {dimension.noun}" if pattern == "*" else f"{dimension.noun} {pattern}"
        yield (shown,), Place(names=frozenset({example(pattern)}))
    if "*" not in patterns:
        yield (f"every other {dimension.noun}",), Place(names=frozenset({STRANGER}))
    for one, two in itertools.combinations([each for each in patterns if each != "*"], 2):
        names = frozenset({example(one), example(two)})
        yield (f"{dimension.noun} {one}", f"{dimension.noun} {two}"), Place(names=names)


def _list_patterns(dimension: Dimension, question: Question, *held: Policy | None) -> tuple[str, ...]:
    """The patterns that any of them writes in that dimension for the resource."""
    return tuple(dict.fromkeys(_iterate_patterns(dimension, question, held)))


def _iterate_patterns(dimension: Dimension, question: Question, held: Iterable[Policy | None]) -> Iterator[str]:
    for policy in held:
        for ready in policy.index.of(question.connection, question.resource).rules if policy else ():
            yield from ready.rule.places.get(dimension, ())


def _of_numbers(agent: str, old: Policy | None, new: Policy | None, catalogue: Catalogue) -> Iterator[Change]:
    """What is not about one call: how many of them, how many rows, what is left out of answers, and the mode."""
    if old is None or new is None:
        return
    where = new.source
    if old.mode is not new.mode:
        widens = new.mode is Mode.OBSERVE
        yield Change(
            agent=agent, widens=widens, subject="mode", where=where, before=old.mode.value, after=new.mode.value
        )
    for key, table in TABLES.items():
        for each, declared in table.WORDS.items():
            one, two = old.tables[key].value(each), new.tables[key].value(each)
            if one != two and not isinstance(declared, NameList):  # names are told by what they do
                yield Change(
                    agent=agent,
                    widens=declared.widens(one, two),
                    subject=f"{key}.{each}",
                    where=where,
                    before=declared.spoken(one),
                    after=declared.spoken(two),
                )
    yield from _of_fields(agent, old, new, catalogue)


def _of_fields(agent: str, old: Policy, new: Policy, catalogue: Catalogue) -> Iterator[Change]:
    before = {f"{name}: {path}" for name in result_fields(catalogue) for path in paths(old.redaction.tree(name))}
    after = {f"{name}: {path}" for name in result_fields(catalogue) for path in paths(new.redaction.tree(name))}
    for path in sorted(before ^ after):
        shown = path in before
        yield Change(
            agent=agent,
            widens=shown,
            subject="redact",
            where=path,
            before="left out" if shown else "shown",
            after="shown" if shown else "left out",
        )
