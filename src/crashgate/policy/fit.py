"""What each rule says to one question. Rule: a dimension that a grant does not name, it does not hold for."""

from collections.abc import Iterable, Sequence
from enum import Enum, unique

from crashgate.catalogue.access import Level
from crashgate.catalogue.scope import Dimension
from crashgate.policy.decision import Buckets
from crashgate.policy.index import Index, Patterns, Ready
from crashgate.policy.pattern import STRANGER, any_matches, example
from crashgate.policy.question import Place, Question
from crashgate.policy.rule import Rule


@unique
class _Fit(Enum):
    """Whether the question's place is one where a grant holds."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


def sort(index: Index, question: Question) -> Buckets:
    """Put each grant in its bucket."""
    own = question.dimension
    wider = own.wider
    here = None if own is Dimension.NOTHING else question.place(own)
    around = None if wider is None else question.place(wider)
    granted: list[Rule] = []
    may_grant: list[Rule] = []
    switched_off: list[Rule] = []
    may_switch_off: list[Rule] = []
    too_low: list[Rule] = []
    outside: list[Rule] = []
    spoken = index.of(question.connection, question.resource)
    for ready in spoken.rules:
        rule = ready.rule
        fit = _Fit.INSIDE if own is Dimension.NOTHING else _fit(ready, own, here, wider, around)
        if fit is _Fit.OUTSIDE:
            outside.append(rule)
        elif rule.level is Level.OFF:
            (switched_off if fit is _Fit.INSIDE else may_switch_off).append(rule)
        elif not rule.level.allows(question.access):
            too_low.append(rule)
        else:
            (granted if fit is _Fit.INSIDE else may_grant).append(rule)
    return Buckets(
        granted=tuple(granted),
        may_grant=tuple(may_grant),
        switched_off=tuple(switched_off),
        may_switch_off=tuple(may_switch_off),
        too_low=tuple(too_low),
        outside=tuple(outside),
        elsewhere=spoken.elsewhere,
    )


def _fit(ready: Ready, own: Dimension, here: Place | None, wider: Dimension | None, around: Place | None) -> _Fit:
    fit = _fit_of_own(ready.places.get(own), here)
    if wider is None or fit is _Fit.OUTSIDE:
        return fit
    fit_around = _fit_of_wider(ready.places.get(wider), around)
    return fit_around if fit is _Fit.INSIDE or fit_around is _Fit.OUTSIDE else fit


def _fit_of_own(patterns: Patterns | None, place: Place | None) -> _Fit:
    """The dimension that the grant must name: what it does not name, it does not hold for."""
    if patterns is None or patterns.empty:
        return _Fit.OUTSIDE
    if place is None:
        return _Fit.UNKNOWN
    return _Fit.INSIDE if patterns.hold(place.names) else _Fit.OUTSIDE


def _fit_of_wider(patterns: Patterns | None, place: Place | None) -> _Fit:
    """The dimension around it, which narrows where the grant names it. ``*`` narrows nothing, so it asks nothing."""
    if patterns is None or (place is None and patterns.narrow_nothing):
        return _Fit.INSIDE
    return _fit_of_own(patterns, place)


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
    if place is not None:
        return [place.names]
    return [frozenset({example(pattern)}) for pattern in patterns] if patterns is not None else [frozenset({STRANGER})]


def _hits(patterns: Sequence[str] | None, names: Iterable[str]) -> bool:
    return patterns is None or any_matches(patterns, names)
