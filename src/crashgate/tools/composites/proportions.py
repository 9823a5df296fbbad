"""Whether one share is larger than another, with the interval that says how sure that is.

The intervals are Wilson's for one share and Newcombe's for the difference of two (his method 10, made of Wilson's;
*Statistics in Medicine* 17, 1998). Shares of crashed sessions are near zero. There the textbook interval (Wald's)
reaches below zero, shrinks to nothing when no session crashed, and covers far less than it says. These two do not, at
fifty sessions as at fifty million, and need a square root only.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from math import exp, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
MINIMUM = 500
"""Sessions, or users, that each side has at least. Who updates first is not like everybody, and who crashes once
crashes again; no interval covers that."""

_USUAL_BUDGET = 0.005
"""The share that may crash where the project has no target."""

_DOUBLED = 2


def _deviations(confidence: float) -> float:
    """How many standard deviations to either side of the middle are this much of a normal distribution."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


_z = _deviations(CONFIDENCE)


@unique
class StabilityVerdict(StrEnum):
    """What the figures say of a release."""

    WORSE = "worse"
    NO_WORSE = "no_worse"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """``crashed`` of ``whole``. Raises ValueError for what is no part of a whole."""

    crashed: int
    whole: int

    def __post_init__(self) -> None:
        """Check that there is a share."""
        if not 0 <= self.crashed <= self.whole or not self.whole:
            raise ValueError(f"{self.crashed} of {self.whole} is no share")

    @property
    def share(self) -> float:
        """The share that crashed."""
        return self.crashed / self.whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A share less another, and the interval of that."""

    value: float
    low: float
    high: float


def interval(tally: Tally) -> tuple[float, float]:
    """Wilson's interval of the share that crashed."""
    return share_interval(tally.crashed, tally.whole)


def share_interval(part: int, whole: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's interval of ``part / whole``; ``whole`` is more than 0."""
    z, share = _deviations(confidence), part / whole
    square = z * z
    middle = share + square / (2 * whole)
    half = z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def difference(newer: Tally, older: Tally) -> Difference:
    """The share of ``newer`` less that of ``older``, with Newcombe's interval."""
    newer_low, newer_high = interval(newer)
    older_low, older_high = interval(older)
    value = newer.share - older.share
    return Difference(
        value=value,
        low=value - sqrt((newer.share - newer_low) ** 2 + (older_high - older.share) ** 2),
        high=value + sqrt((newer_high - newer.share) ** 2 + (older.share - older_low) ** 2),
    )


def margin(target: float | None) -> float:
    """The difference that is too small to matter: half of what the project's target lets crash."""
    budget = 1 - target if target is not None and 0 < target < 1 else _USUAL_BUDGET
    return budget / 2


def judge(newer: Tally, older: Tally, *, target: float | None) -> StabilityVerdict:
    """Worse: surely more crashes, and not by so little that it does not matter. No worse: at most by so little."""
    if min(newer.whole, older.whole) < MINIMUM:
        return StabilityVerdict.NOT_ENOUGH_DATA
    found = difference(newer, older)
    return _judge(found.low, found.high, 0, margin(target))


def judge_by_target(tally: Tally, target: float) -> StabilityVerdict:
    """The same of a release alone: against what the target lets crash."""
    if tally.whole < MINIMUM:
        return StabilityVerdict.NOT_ENOUGH_DATA
    low, high = interval(tally)
    return _judge(low, high, 1 - target, 1 - target)


def _judge(low: float, high: float, worse_above: float, no_worse_below: float) -> StabilityVerdict:
    if high <= no_worse_below:
        return StabilityVerdict.NO_WORSE
    return StabilityVerdict.WORSE if low > worse_above else StabilityVerdict.NOT_ENOUGH_DATA


def rose(events: int, whole: float, events_before: int, whole_before: float) -> bool:
    """Whether events for each session or day at least doubled, surely: not by chance where events come by themselves.

    The interval is that of the logarithm of a ratio of two rates, half an event added to each so that none is empty.
    """
    more, less = events + 0.5, events_before + 0.5
    ratio = (more / whole) / (less / whole_before)
    return ratio >= _DOUBLED and ratio > exp(_z * sqrt(1 / more + 1 / less))
