"""The intervals against published figures, and verdicts at few and at many sessions."""

from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.tools.composites.proportions import (
    MINIMUM,
    StabilityVerdict,
    Tally,
    difference,
    interval,
    judge,
    judge_by_target,
    rose,
)

WORSE, NO_WORSE, NOT_ENOUGH = StabilityVerdict.WORSE, StabilityVerdict.NO_WORSE, StabilityVerdict.NOT_ENOUGH_DATA


@pytest.mark.parametrize(
    ("crashed", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_the_published_one(crashed: int, whole: int, low: float, high: float) -> None:
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    assert interval(Tally(crashed=crashed, whole=whole)) == pytest.approx((low, high), abs=0.00006)


@pytest.mark.parametrize(
    ("newer", "older", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(
    newer: tuple[int, int], older: tuple[int, int], low: float, high: float
) -> None:
    # Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
    found = difference(Tally(crashed=newer[0], whole=newer[1]), Tally(crashed=older[0], whole=older[1]))

    assert (found.low, found.high) == pytest.approx((low, high), abs=0.00006)


@pytest.mark.parametrize(
    ("newer", "older", "verdict"),
    [
        # 4 % of fifty sessions against 0.3 %, and none of fifty: neither says anything yet.
        ((2, 50), (150, 50_000), NOT_ENOUGH),
        ((0, 50), (150, 50_000), NOT_ENOUGH),
        ((150, 50_000), (0, 50), NOT_ENOUGH),
        # 0.3 % of fifty thousand sessions against 0.3, 1.3, 0.4 and 0.1 %.
        ((150, 50_000), (150, 50_000), NO_WORSE),
        ((650, 50_000), (150, 50_000), WORSE),
        ((150, 50_000), (650, 50_000), NO_WORSE),
        # Surely more, and less than half of what the target lets crash.
        ((200, 50_000), (150, 50_000), NO_WORSE),
        # Perhaps more, perhaps by more than that.
        ((6, 1_000), (4, 1_000), NOT_ENOUGH),
        ((MINIMUM, MINIMUM), (0, MINIMUM), WORSE),
    ],
)
def test_a_verdict_needs_enough_sessions_on_each_side(
    newer: tuple[int, int], older: tuple[int, int], verdict: StabilityVerdict
) -> None:
    found = judge(Tally(crashed=newer[0], whole=newer[1]), Tally(crashed=older[0], whole=older[1]), target=0.995)

    assert found is verdict


@pytest.mark.parametrize(
    ("crashed", "whole", "verdict"),
    [
        (0, 50, NOT_ENOUGH),
        (5, 50, NOT_ENOUGH),
        (150, 50_000, NO_WORSE),
        (400, 50_000, WORSE),
        (250, 50_000, NOT_ENOUGH),
    ],
)
def test_a_release_alone_is_judged_by_the_target(crashed: int, whole: int, verdict: StabilityVerdict) -> None:
    assert judge_by_target(Tally(crashed=crashed, whole=whole), 0.995) is verdict


@pytest.mark.parametrize(("crashed", "whole"), [(1, 0), (0, 0), (-1, 5), (6, 5)])
def test_what_is_no_part_of_a_whole_is_no_share(crashed: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        Tally(crashed=crashed, whole=whole)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    whole = draw(st.integers(min_value=1, max_value=10**9))
    return Tally(crashed=draw(st.integers(min_value=0, max_value=whole)), whole=whole)


@given(tallies(), tallies())
def test_an_interval_is_within_its_bounds_and_around_its_value(newer: Tally, older: Tally) -> None:
    found, low, high = difference(newer, older), *interval(newer)

    assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9
    assert 0 <= low <= newer.share + 1e-12
    assert newer.share - 1e-12 <= high <= 1


def test_an_error_rose_where_its_rate_surely_doubled() -> None:
    assert rose(60, 10_000, 60, 30_000)
    assert not rose(60, 10_000, 60, 10_000)
    # Twice is not thrice, and two of a few is chance.
    assert not rose(6, 10_000, 2, 10_000)
    assert not rose(15, 10_000, 10, 10_000)
    assert rose(20, 10_000, 0, 10_000)


def test_the_confidence_is_the_usual_one() -> None:
    low, high = interval(Tally(crashed=500_000, whole=1_000_000))

    assert NormalDist(0.5, 0.0005).cdf(high) - NormalDist(0.5, 0.0005).cdf(low) == pytest.approx(0.95, abs=1e-4)
