"""Days and moments: what a caller may give, what is sent, and what an answer's time becomes."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crashgate.model.moments import At, Moment, Since, Until
from tests.rows import read_value

MOMENT, SINCE, UNTIL = TypeAdapter[str](Moment), TypeAdapter[str](Since), TypeAdapter[str](Until)
DAYS = st.dates(min_value=date(1900, 1, 2), max_value=date(2099, 12, 30))
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(
    min_value=datetime(1900, 1, 2),  # noqa: DTZ001 - the zone comes from ``timezones``
    max_value=datetime(2099, 12, 30),  # noqa: DTZ001 - the zone comes from ``timezones``
    timezones=ZONES,
)


@pytest.mark.parametrize(
    ("given", "moment", "since", "until"),
    [
        ("2026-01-31", "2026-01-31", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("2024-02-29", "2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("2026-01-31T10:00:00Z",) + ("2026-01-31T10:00:00Z",) * 3,
        ("2026-01-31T10:00:00.5Z",) + ("2026-01-31T10:00:00.500Z",) * 3,
        ("2026-01-31T10:00:00.123456Z",) + ("2026-01-31T10:00:00.123456Z",) * 3,
        ("2026-01-31T01:00:00+05:45",) + ("2026-01-30T19:15:00Z",) * 3,
        ("2026-01-31T23:30:00-01:00",) + ("2026-02-01T00:30:00Z",) * 3,
    ],
)
def test_a_date_is_a_whole_day_of_utc_and_a_time_is_moved_to_utc(
    given: str, moment: str, since: str, until: str
) -> None:
    assert (MOMENT.validate_python(given), SINCE.validate_python(given), UNTIL.validate_python(given)) == (
        moment,
        since,
        until,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "7d",
        "2026-02-30",
        "2026-13-01",
        "2026-1-1",
        "1899-12-31",
        "20260131",
        "2026-01-31T10:00:00",
        "2026-01-31T10:00Z",
        "2026-01-31 10:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T10:00:00+24:00",
        "2026-01-31T10:00:00+0100",
        "2026-01-31T10:00:00.Z",
        "2026-01-31\n",
        "\uff12026-01-31",
    ],
)
def test_what_names_no_day_or_no_moment_is_refused(text: str) -> None:
    for kind in (MOMENT, SINCE, UNTIL):
        with pytest.raises(ValidationError):
            kind.validate_python(text)


@given(TIMES)
def test_every_time_with_a_zone_is_the_same_moment_afterwards_and_ends_in_z(time: datetime) -> None:
    for kind in (MOMENT, SINCE, UNTIL):
        found = kind.validate_python(time.isoformat())
        assert found.endswith("Z")
        assert datetime.fromisoformat(found) == time
        assert kind.validate_python(found) == found


@given(DAYS)
def test_a_day_from_its_first_moment_to_the_next_days_is_24_hours(day: date) -> None:
    first, last = (datetime.fromisoformat(kind.validate_python(day.isoformat())) for kind in (SINCE, UNTIL))

    assert (first, last - first) == (datetime(day.year, day.month, day.day, tzinfo=UTC), timedelta(hours=24))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-01-15T10:00:00.000Z", "2026-01-15T10:00:00.000Z"),
        ("2026-01-15T10:00:00.123456789Z", "2026-01-15T10:00:00.123456789Z"),
        ("2026-01-15T10:00:00+01:00", "2026-01-15T09:00:00Z"),
        ("2026-01-15T10:00:00.250-00:30", "2026-01-15T10:30:00.250Z"),
        ("0001-01-01T00:00:00+23:00", None),
        ("2026-02-30T10:00:00+01:00", None),
        ("2026-01-15T10:00:00", None),
        ("2026-01-15", None),
        ("2026-01-15T10:00:00Z; delete it", None),
        (1768471200000, None),
        (None, None),
    ],
)
def test_a_time_of_an_answer_is_utc_or_not_shown(given: object, shown: str | None) -> None:
    assert read_value(At, given) == shown


@given(st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()))
def test_anything_in_place_of_a_time_is_no_fault(value: Any) -> None:  # noqa: ANN401 - JSON
    found = read_value(At, value)

    assert found is None or found.endswith("Z")
