"""How long an upstream asks us to stay away: both forms of the header, and never longer than its window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.model.message import Response
from crashgate.model.status_errors import LONGEST, retry_after, seconds
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from tests.upstream.exchanges import CONNECTIONS

NOON = "Fri, 20 Nov 2026 12:00:00 GMT"
WINDOWS = {"bugsnag": 60.0, "bugspulse": 60.0, "browserstack": 60.0, "devrev": 300.0}


def asked(given: str, *, date: str | None = NOON) -> float | None:
    return retry_after({"retry-after": given} | ({} if date is None else {"date": date}), longest=100.0)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("7", 7.0),
        ("007", 7.0),
        ("0", 0.0),
        ("100", 100.0),
        ("101", 100.0),
        ("99999", 100.0),
        ("9" * 5_000, 100.0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Friday, 20-Nov-26 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 13:00:30 +0100", 30.0),
        ("Fri, 20 Nov 2026 11:59:00 GMT", 0.0),
        ("Fri, 20 Nov 2099 12:00:00 GMT", 100.0),
        ("Fri, 20 Nov 2026 12:00:30 -0000", None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_a_number_and_a_date_are_read_and_nothing_else(given: str, found: float | None) -> None:
    assert asked(given) == found


@pytest.mark.parametrize("date", [None, "", "noon", "Fri, 20 Nov 2026 12:00:00 -0000"])
def test_a_date_tells_nothing_where_the_answer_does_not_say_what_is_now(date: str | None) -> None:
    assert asked("Fri, 20 Nov 2026 12:00:30 GMT", date=date) is None


@pytest.mark.threats(24)
@given(given=st.text() | st.integers().map(str), date=st.text() | st.just(NOON), longest=st.floats(0, 1_000))
def test_no_header_asks_for_less_than_nothing_or_more_than_the_longest(given: str, date: str, longest: float) -> None:
    found = retry_after({"retry-after": given, "date": date}, longest=longest)

    assert found is None or 0 <= found <= longest


@pytest.mark.ablation(
    "a pause is no longer than a provider's window", "a date to come back at is no later than a provider's window"
)
@pytest.mark.threats(24)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("given", ["99999", "Fri, 20 Nov 2099 12:00:00 GMT"])
@pytest.mark.parametrize("provider", WINDOWS)
def test_no_provider_is_believed_beyond_its_window(provider: str, given: str, status: int) -> None:
    response = Response(status=status, headers={"retry-after": given, "date": NOON}, body=b"")
    problem = CONNECTIONS[provider].wire.failure(response, LIST_ERRORS)

    assert problem is not None
    assert problem.retry_after == WINDOWS[provider]


@pytest.mark.parametrize("given", [None, True, -1, 1.5, "2.5", "", [], {}])
def test_what_is_no_number_of_seconds_is_none(given: object) -> None:
    assert seconds(given) is None


def test_a_number_in_a_body_is_no_longer_than_any_window() -> None:
    assert [seconds(given) for given in (0, 7, 10**400, "7", "99999")] == [0.0, 7.0, LONGEST, 7.0, LONGEST]
