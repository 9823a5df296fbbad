"""What a policy says to one kind of question. Rule: places decide only by which rules hold there.

A kind of question is all of it but its places and the parameters given. Two questions of a kind have one answer where
the same places are known, the same rules hold, and the same switches are on the way; so it is worked out once and kept.
That is so while a place is not known, too: a rule that may hold covers whatever is known of the place, whichever it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from crashgate.catalogue.scope import Dimension
from crashgate.policy.decision import Decision
from crashgate.policy.patterns import Patterns
from crashgate.policy.question import Place, Question
from crashgate.policy.rule import Rule
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
        self.anywhere = dimension is Dimension.NOTHING
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
        here = None if self.anywhere else question.place(self._own)
        return here, None if self._wider is None else question.place(self._wider)

    def answer(self, situation: Situation) -> Decision | None:
        """What was answered in the same situation; None before that."""
        return self._answers.get(situation)

    def keep(self, situation: Situation, decision: Decision) -> None:
        """Keep an answer for the next time."""
        if len(self._answers) < MOST_ANSWERS:
            self._answers[situation] = decision
