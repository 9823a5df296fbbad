from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.sentence import tell_attempt
from crashgate.audit.tally import SEVERAL, AttemptTally
from tests.audit.samples import ATTEMPT


def _attempt(second: int, agent: str | None = None, what: Attempt = Attempt.UNAUTHENTICATED) -> AttemptRecord:
    at = f"2026-11-20T17:{second // 60:02}:{second % 60:02}.000Z"
    return replace(ATTEMPT, at=at, agent=agent, what=what, sentence="")


@pytest.mark.ablation("a flood of attempts is counted")
def test_the_first_attempt_is_stored_at_once_and_the_rest_of_its_minute_as_one() -> None:
    tally = AttemptTally()
    stored = [tally.add(_attempt(second)) for second in (0, 1, 30, 59)]

    assert stored == [(tell_attempt(_attempt(0)),), (), (), ()]
    assert tally.due("2026-11-20T17:00:59.999Z") == ()
    assert tally.due("2026-11-20T17:01:00.000Z") == (
        tell_attempt(replace(_attempt(1), count=3, until="2026-11-20T17:00:59.000Z")),
    )
    assert tally.due("2026-11-20T17:02:00.000Z") == ()


def test_the_next_minute_begins_anew_and_brings_the_rest_of_the_last() -> None:
    tally = AttemptTally()
    tally.add(_attempt(0))
    tally.add(_attempt(1))

    assert tally.add(_attempt(60)) == (tell_attempt(_attempt(1)), tell_attempt(_attempt(60)))
    assert tally.rest() == ()


def test_an_attempt_that_comes_late_counts_into_the_minute_that_runs() -> None:
    tally = AttemptTally()
    tally.add(_attempt(60))

    assert tally.add(_attempt(59)) == ()
    assert [record.count for record in tally.rest()] == [1]


def test_different_reasons_are_counted_together_as_several() -> None:
    tally = AttemptTally()
    for reason in ("no_token", "no_token", "expired"):
        tally.add(replace(_attempt(0), reason=reason))

    assert [(record.reason, record.count) for record in tally.rest()] == [(SEVERAL, 2)]


@pytest.mark.threats(24)
def test_the_flood_of_one_does_not_hide_the_attempt_of_another() -> None:
    # Guards: the agent and the kind in the key of AttemptTally.
    tally = AttemptTally()
    for _ in range(1_000):
        tally.add(_attempt(0))

    assert tally.add(_attempt(1, "triage-agent")) == (tell_attempt(_attempt(1, "triage-agent")),)
    assert tally.add(_attempt(1, what=Attempt.BATCH)) == (tell_attempt(_attempt(1, what=Attempt.BATCH)),)


def test_one_record_a_minute_is_too_few() -> None:
    with pytest.raises(ValueError, match="two records"):
        AttemptTally(most=1)


@pytest.mark.threats(24)
@given(
    st.lists(
        st.builds(
            _attempt,
            st.integers(0, 300),
            st.sampled_from([None, "a", "b"]),
            st.sampled_from([Attempt.UNAUTHENTICATED, Attempt.BATCH]),
        ),
        max_size=80,
    ),
    st.integers(2, 4),
)
def test_nothing_goes_uncounted_and_a_minute_never_gives_more_than_so_many(
    stream: list[AttemptRecord], most: int
) -> None:
    # Guards: all of AttemptTally.
    stream.sort(key=lambda attempt: attempt.at)
    tally = AttemptTally(most=most)
    stored = [record for attempt in stream for record in tally.add(attempt)]
    stored += tally.rest()

    counted: Counter[tuple[Attempt, str | None]] = Counter()
    for record in stored:
        counted[record.what, record.agent] += record.count
    assert counted == Counter((attempt.what, attempt.agent) for attempt in stream)
    minutes = Counter((record.what, record.agent, record.at[:16]) for record in stored)
    assert not minutes or max(minutes.values()) <= most
