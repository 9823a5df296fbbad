"""The rules of a policy, arranged by what they speak of, and how they match a question.

Two questions of one kind differ only in their places and in the parameters that were given. They have the same answer
where the same places are known, the same rules hold and the same switches apply, so that answer is kept. This is true
while a place is still unknown, too: a rule that may hold covers whatever is known of the place.

A decision looks at the rules for one resource of one connection. How many other agents, connections and resources there
are makes no difference. A grant that does not name the kind of place that a question is about does not hold for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from crashgate.model.access import Access, Level
from crashgate.model.scope import NOTHING, Dimension
from crashgate.policy.decision import Buckets, Decision, Place, Question
from crashgate.policy.grants import STRANGER, Grant, Patterns, Rule, any_matches, example
from crashgate.policy.switches import Switch

Fit = Literal["inside", "outside", "unknown"]
"""Whether the question's place is one where a rule holds."""

Situation = tuple[bool, bool, tuple[Fit, ...], tuple[Switch, ...]]
"""Whether the place and the wider one are known, how each rule fits them, and the switches that are on the way."""

MOST_ANSWERS = 100
"""More are not kept: which switches are hit depends on the caller, and what a caller can vary must not grow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A rule with the patterns of its grant, by dimension."""

    rule: Rule
    places: Mapping[Dimension, Patterns]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """What a policy says of one resource on one connection, and the indexes of the grants that say nothing of it."""

    rules: tuple[Ready, ...]
    elsewhere: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A rule with its patterns in the dimension that the question is about, and in the wider one around it."""

    rule: Rule
    own: Patterns | None
    wider: Patterns | None


class Topic:
    """The rules that speak of one kind of question, and the answers that were given."""

    __slots__ = ("_answers", "_own", "_wider", "anywhere", "elsewhere", "rules")

    def __init__(self, spoken: Spoken, dimension: Dimension) -> None:
        self._own = dimension
        self._wider = dimension.wider
        self.anywhere = dimension is NOTHING
        self.elsewhere = spoken.elsewhere
        self.rules = tuple(
            Placed(
                rule=ready.rule,
                own=ready.places.get(dimension),
                wider=None if self._wider is None else ready.places.get(self._wider),
            )
            for ready in spoken.rules
        )
        self._answers: dict[Situation, Decision] = {}

    def places(self, question: Question) -> tuple[Place | None, Place | None]:
        """Where the question is, in the dimension that it is about and in the wider one; None where not known."""
        here = None if self.anywhere else question.places.get(self._own)
        return here, None if self._wider is None else question.places.get(self._wider)

    def answer(self, situation: Situation) -> Decision | None:
        """What was answered in the same situation; None before that."""
        return self._answers.get(situation)

    def keep(self, situation: Situation, decision: Decision) -> None:
        """Keep an answer for the next time."""
        # check[always]: the answers that are kept do not grow
        if len(self._answers) < MOST_ANSWERS:
            self._answers[situation] = decision


Kind = tuple[str, str, str, Access, Dimension]
"""A question's connection, resource, operation, access and dimension."""

MOST_TOPICS = 1_000
"""More than the catalogue has operations; whoever asks about other things makes the index start again."""


class Index:
    """By connection and resource; what no grant speaks of has no rules."""

    __slots__ = ("_all", "_nothing", "_topics")

    def __init__(self, grants: Iterable[Grant], *, source: str) -> None:
        kept = tuple(grants)
        rules: dict[tuple[str, str], dict[int, Ready]] = {}
        for grant in kept:
            places = {dimension: Patterns.of(patterns) for dimension, patterns in grant.places.items()}
            for resource in grant.access:
                ready = Ready(rule=Rule.of(grant, resource, source=source), places=places)
                rules.setdefault((grant.connection, resource), {})[grant.index] = ready
        indexes = tuple(grant.index for grant in kept)
        found: dict[tuple[str, str], Spoken] = {}
        for key, speaking in rules.items():
            elsewhere = tuple(each for each in indexes if each not in speaking)
            found[key] = Spoken(rules=tuple(speaking.values()), elsewhere=elsewhere)
        self._all: Mapping[tuple[str, str], Spoken] = MappingProxyType(found)
        self._nothing = Spoken(rules=(), elsewhere=indexes)
        self._topics: dict[Kind, Topic] = {}

    def of(self, connection: str, resource: str) -> Spoken:
        """What is said of it."""
        return self._all.get(
            # check: a grant is on its own connection only
            (connection, resource),
            self._nothing,
        )

    def topic(self, question: Question) -> Topic:
        """What is said to this kind of question, wherever it is about; made when it is asked for the first time."""
        key = (
            question.connection,
            question.resource,
            question.operation,
            # check: an answer that is kept is for the same access
            question.access,
            question.dimension,
        )
        found = self._topics.get(key)
        if found is None:
            # check: the kinds of question that are kept do not grow
            if len(self._topics) >= MOST_TOPICS:
                self._topics.clear()
            found = self._topics[key] = Topic(self.of(question.connection, question.resource), question.dimension)
        return found


def fit(topic: Topic, here: Place | None, around: Place | None) -> tuple[Fit, ...]:
    """For each rule of the topic, whether it holds there."""
    if topic.anywhere:
        return tuple(["inside" for _ in topic.rules])
    return tuple([_fit(rule, here, around) for rule in topic.rules])


def _fit(rule: Placed, here: Place | None, around: Place | None) -> Fit:
    own = _fit_of_own(rule.own, here)
    if (
        rule.wider is None
        # check[always]: a wider dimension narrows a grant
        or own == "outside"
    ):
        return own
    wider = _fit_of_wider(rule.wider, around)
    return wider if own == "inside" or wider == "outside" else own


def _fit_of_own(patterns: Patterns | None, place: Place | None) -> Fit:
    """The dimension that the grant must name: what it does not name, it does not hold for."""
    # check: a dimension that a grant does not name
    if patterns is None or patterns.empty:
        return "outside"
    # check: an unknown place allows nothing yet
    if place is None:
        return "unknown"
    # check[always]: a grant holds in its own places only
    if patterns.hold(place.names):
        return "inside"
    return (
        "unknown"
        if not place.whole
        # check[never]: a place of one known name is not taken for the whole
        and _may_hold_other(patterns, place)
        else "outside"
    )


def _may_hold_other(patterns: Patterns, place: Place) -> bool:
    """Whether the name that is not known may fit, though the one that is known does not."""
    return patterns.may_hold_slug() if place.has_id else patterns.may_hold_id()


def _fit_of_wider(patterns: Patterns, place: Place | None) -> Fit:
    """The dimension around it, which narrows where the grant names it. ``*`` narrows nothing, so it asks nothing."""
    if (
        place is None
        # check: an unknown wider place is asked for unless all are open
        and patterns.every
    ):
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
        # check: a grant of off is an off
        elif rule.level is Level.OFF:
            (switched_off if where == "inside" else may_switch_off).append(rule)
        # check: a level below the access is too low
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
        # check[always]: an off hits the examples of a pattern
        if any(some.isdisjoint(others) for some in by_own for others in around):
            return rule
    return None


def _patterns(rule: Rule, dimension: Dimension) -> Sequence[str] | None:
    """What the rule names in that dimension."""
    return rule.places.get(dimension)


def _hit_by(offs: Sequence[Rule], dimension: Dimension, rule: Rule, question: Question) -> set[frozenset[int]]:
    """For each place that ``rule`` may hold in, in one dimension: the numbers of those of ``offs`` that hit it."""
    return {
        frozenset(
            number
            for number, off in enumerate(offs)
            # check: an off in one dimension hits only where both hit
            if _hits(_patterns(off, dimension), names)
        )
        for names in _candidates(_patterns(rule, dimension), question.places.get(dimension))
    }


def _candidates(patterns: Sequence[str] | None, place: Place | None) -> list[frozenset[str]]:
    known = frozenset[str]() if place is None else place.names
    if place is not None and (place.whole or patterns is None or any_matches(patterns, known)):
        return [known]
    return [known | {example(pattern)} for pattern in patterns] if patterns is not None else [frozenset({STRANGER})]


def _hits(patterns: Sequence[str] | None, names: Iterable[str]) -> bool:
    return patterns is None or any_matches(patterns, names)
