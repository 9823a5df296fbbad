"""When a read is sent again, as a function of what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.model.message import Response
from crashgate.upstream.retry import Patience, pause
from crashgate.upstream.transport import Fault

PATIENCE = Patience(total=30.0, attempts=4, first_pause=1.0)


def after(
    seen: int | Fault, *, attempt: int = 1, retry_after: float | None = None, spread: float = 1.0
) -> float | None:
    answer = seen if isinstance(seen, Fault) else Response(status=seen, headers={}, body=b"")
    return pause(answer, retry_after=retry_after, attempt=attempt, patience=PATIENCE, spread=spread)


def test_what_passes_by_itself_is_asked_again_and_nothing_else() -> None:
    again = {status for status in range(100, 600) if after(status) is not None}
    faults = {fault for fault in Fault if after(fault) is not None}

    assert again == {500, 502, 503, 504}
    assert faults == {Fault.UNREACHABLE, Fault.DROPPED, Fault.CUT_OFF}


def test_the_pause_doubles_with_each_attempt() -> None:
    assert [after(503, attempt=attempt) for attempt in (1, 2, 3)] == [1.0, 2.0, 4.0]


def test_the_spread_takes_away_up_to_half_of_the_pause() -> None:
    assert [after(503, spread=spread) for spread in (0.0, 0.5, 1.0)] == [0.5, 0.75, 1.0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_vendors_own_pause_is_kept_and_only_ever_lengthened(status: int) -> None:
    assert [after(status, retry_after=7.0, spread=spread) for spread in (0.0, 0.5, 1.0)] == [7.0, 7.5, 8.0]


@pytest.mark.ablation("after so many attempts it is given up")
@given(
    seen=st.integers(100, 599) | st.sampled_from(list(Fault)),
    attempt=st.integers(4, 100),
    retry_after=st.none() | st.floats(0, 100),
)
def test_there_is_never_a_fifth_attempt_out_of_four(seen: int | Fault, attempt: int, retry_after: float | None) -> None:
    assert after(seen, attempt=attempt, retry_after=retry_after) is None


@given(
    seen=st.integers(100, 599) | st.sampled_from(list(Fault)),
    attempt=st.integers(1, 3),
    retry_after=st.none() | st.floats(0, 100),
    spread=st.floats(0, 1),
)
def test_a_pause_is_never_negative_and_never_shorter_than_the_vendor_said(
    seen: int | Fault, attempt: int, retry_after: float | None, spread: float
) -> None:
    found = after(seen, attempt=attempt, retry_after=retry_after, spread=spread)

    assert found is None or found >= 0
    if found is not None and retry_after is not None and not isinstance(seen, Fault):
        assert found >= retry_after
