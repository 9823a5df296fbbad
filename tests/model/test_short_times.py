"""Times as people write them, and what they mean at a moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.model.short_times import expand_date, expand_time

NOW = datetime(2026, 11, 20, 15, 30, 5, 250_000, tzinfo=UTC)
"""A Friday."""


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("24h", "2026-11-19T15:30:05Z"),
        ("30m", "2026-11-20T15:00:05Z"),
        ("7d", "2026-11-13T15:30:05Z"),
        ("2w", "2026-11-06T15:30:05Z"),
        ("3 hours ago", "2026-11-20T12:30:05Z"),
        ("Since 1 day ago", "2026-11-19T15:30:05Z"),
        ("now", "2026-11-20T15:30:05Z"),
    ],
)
def test_an_amount_is_so_long_ago_to_the_second(words: str, moment: str) -> None:
    assert (expand_time(words, NOW), expand_date(words, NOW)) == (moment, moment)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", "2026-11-20"),
        ("yesterday", "2026-11-19"),
        ("friday", "2026-11-20"),
        ("since Monday", "2026-11-16"),
        ("saturday", "2026-11-14"),
    ],
)
def test_a_day_is_the_latest_one_that_has_begun_in_utc(words: str, day: str) -> None:
    assert (expand_time(words, NOW), expand_date(words, NOW)) == (f"{day}T00:00:00Z", day)


@pytest.mark.parametrize(
    "value",
    [
        None,
        24,
        "",
        "h",
        "-1h",
        "1.5h",
        "99999h",
        "1y",
        "last summer",
        "since",
        "2026-11-20T10:00:00",
        "2026-13-20",
        "0001-01-01T00:00:00+02:00",
        "٣h",
        "h" * 100_000,
        "1" * 100_000,
    ],
)
def test_anything_else_comes_back_as_it_is(value: object) -> None:
    assert (expand_time(value, NOW), expand_date(value, NOW)) == (value, value)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00Z"),
        ("2026-11-20T10:00Z", "2026-11-20T10:00:00Z"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
    ],
)
def test_where_only_a_moment_will_do_a_date_is_its_first_and_a_zone_is_utc(written: str, moment: str) -> None:
    assert (expand_time(written, NOW), expand_date(written, NOW)) == (moment, written)


@given(st.integers(0, 9999), st.sampled_from([("m", "minutes"), ("h", "hours"), ("d", "days")]))
def test_amounts_agree_with_the_calendar(number: int, unit: tuple[str, str]) -> None:
    short, name = unit
    meant = (NOW - timedelta(**{name: number})).replace(microsecond=0)

    assert datetime.fromisoformat(str(expand_time(f"{number}{short}", NOW))) == meant
