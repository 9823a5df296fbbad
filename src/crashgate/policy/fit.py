"""What each rule says to one question. Rule: a dimension that a grant does not name, it does not hold for."""

from collections.abc import Iterable, Sequence

from crashgate.catalogue.access import Access, Level
from crashgate.catalogue.scope import Dimension
from crashgate.policy.decision import Buckets
from crashgate.policy.pattern import STRANGER, any_matches, example
from crashgate.policy.patterns import Patterns
from crashgate.policy.question import Place, Question
from crashgate.policy.rule import Rule
from crashgate.policy.topic import Fit, Placed, Topic


def fit(topic: Topic, here: Place | None, around: Place | None) -> tuple[Fit, ...]:
    """For each rule of the topic, whether it holds there."""
    if topic.anywhere:
        return tuple(["inside" for _ in topic.rules])
    return tuple([_fit(rule, here, around) for rule in topic.rules])


def _fit(rule: Placed, here: Place | None, around: Place | None) -> Fit:
    own = _fit_of_own(rule.own, here)
    if rule.wider is None or own == "outside":
        return own
    wider = _fit_of_wider(rule.wider, around)
    return wider if own == "inside" or wider == "outside" else own


def _fit_of_own(patterns: Patterns | None, place: Place | None) -> Fit:
    """The dimension that the grant must name: what it does not name, it does not hold for."""
    if patterns is None or patterns.empty:
        return "outside"
    if place is None:
        return "unknown"
    if patterns.hold(place.names):
        return "inside"
    return "unknown" if not place.whole and _may_hold_other(patterns, place) else "outside"


def _may_hold_other(patterns: Patterns, place: Place) -> bool:
    """Whether the name that is not known may fit, though the one that is known does not."""
    return patterns.may_hold_slug() if place.has_id else patterns.may_hold_id()


def _fit_of_wider(patterns: Patterns, place: Place | None) -> Fit:
    """The dimension around it, which narrows where the grant names it. ``*`` narrows nothing, so it asks nothing."""
    if place is None and patterns.every:
        return "inside"
    return _fit_of_own(patterns, place)


def sort(topic: Topic, fits: Sequence[Fit], access: Access) -> Buckets:
    """Put each grant in its bucket."""
    granted: list[Rule] = []
    may_grant: list[Rule] = []
    switched_off: list[Rule] = []
    may_switch_off: list[Rule] = []
    too_low: list[Rule] = []
    outside: list[Rule] = []
    for placed, where in zip(topic.rules, fits, strict=True):
        rule = placed.rule
        if where == "outside":
            outside.append(rule)
        elif rule.level is Level.OFF:
            (switched_off if where == "inside" else may_switch_off).append(rule)
        elif not rule.level.allows(access):
            too_low.append(rule)
        else:
            (granted if where == "inside" else may_grant).append(rule)
    return Buckets(
        granted=tuple(granted),
        may_grant=tuple(may_grant),
        switched_off=tuple(switched_off),
        may_switch_off=tuple(may_switch_off),
        too_low=tuple(too_low),
        outside=tuple(outside),
        elsewhere=topic.elsewhere,
    )


def open_somewhere(question: Question, granting: Iterable[Rule], offs: Sequence[Rule]) -> Rule | None:
    """The first of ``granting`` that holds in some place where none of ``offs`` does.

    It is enough to try one example of each pattern: an ``off`` that holds for the example holds for all that the
    pattern covers (``pattern.example``). A dimension and the wider one around it are tried apart; an ``off`` hits a
    place when it hits both.
    """
    own = question.dimension
    for rule in granting:
        by_own = _hit_by(offs, own, rule, question)
        around = {frozenset(range(len(offs)))} if own.wider is None else _hit_by(offs, own.wider, rule, question)
        if any(some.isdisjoint(others) for some in by_own for others in around):
            return rule
    return None


def _patterns(rule: Rule, dimension: Dimension) -> Sequence[str] | None:
    """What the rule names in that dimension."""
    found: Sequence[str] | None = getattr(rule, dimension.value)
    return found


def _hit_by(offs: Sequence[Rule], dimension: Dimension, rule: Rule, question: Question) -> set[frozenset[int]]:
    """For each place that ``rule`` may hold in, in one dimension: the numbers of those of ``offs`` that hit it."""
    return {
        frozenset(number for number, off in enumerate(offs) if _hits(_patterns(off, dimension), names))
        for names in _candidates(_patterns(rule, dimension), question.place(dimension))
    }


def _candidates(patterns: Sequence[str] | None, place: Place | None) -> list[frozenset[str]]:
    known = frozenset[str]() if place is None else place.names
    if place is not None and (place.whole or patterns is None or any_matches(patterns, known)):
        return [known]
    return [known | {example(pattern)} for pattern in patterns] if patterns is not None else [frozenset({STRANGER})]


def _hits(patterns: Sequence[str] | None, names: Iterable[str]) -> bool:
    return patterns is None or any_matches(patterns, names)
