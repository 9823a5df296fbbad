from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate_sandbox.bugspulse.manners import Manners
from crashgate_sandbox.bugspulse.moments import iso, milliseconds
from crashgate_sandbox.bugspulse.period import Period
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.bugspulse.sessions import MOST_SESSIONS, Sessions, session_id
from crashgate_sandbox.bugspulse.timeline import within
from tests.held_clock import NOW, HeldClock
from tests.sandbox.bugspulse.harness import Pulse, Start, start_pulse


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_sessions_come_newest_first_and_go_back_30_days(pulse: Pulse) -> None:
    started = [moment(row["startedAt"]) for row in await pulse.rows("/export/sessions", limit=1000)]

    assert {later - earlier for later, earlier in pairwise(started)} == {timedelta(hours=3)}
    assert started[0] == NOW - timedelta(minutes=30)


async def test_an_active_session_has_neither_end_nor_duration(start: Start) -> None:
    async with start(sessions=1000) as pulse:
        rows = await pulse.rows("/export/sessions", limit=1000)

    by_status = {
        status: {
            (row["endedAt"] is None, row["duration"] is None, row["hasCrash"])
            for row in rows
            if row["status"] == status
        }
        for status in ("active", "completed", "crashed")
    }
    assert by_status == {
        "active": {(True, True, False)},
        "completed": {(False, False, False)},
        "crashed": {(True, True, True), (False, False, True)},
    }


async def test_the_duration_is_from_start_to_end_and_the_end_is_not_in_the_future(start: Start) -> None:
    async with start(sessions=1000) as pulse:
        ended = [row for row in await pulse.rows("/export/sessions", limit=1000) if row["endedAt"]]

    assert ended
    for row in ended:
        assert moment(row["endedAt"]) - moment(row["startedAt"]) == timedelta(milliseconds=row["duration"])
        assert moment(row["endedAt"]) <= NOW


async def test_rows_are_the_same_after_a_restart() -> None:
    async with start_pulse(sessions=1000) as first, start_pulse(sessions=1000) as second:
        for path in ("/export/sessions", "/export/crashes", "/export/network"):
            assert await first.rows(path, limit=1000) == await second.rows(path, limit=1000)


async def test_ids_are_the_same_on_another_day_and_with_more_sessions(start: Start) -> None:
    async with start() as pulse, start(now=NOW + timedelta(days=40), sessions=1000) as later:
        now = await pulse.rows("/export/sessions", limit=1000)
        then = await later.rows("/export/sessions", limit=1000)

    assert [row["id"] for row in now] == [row["id"] for row in then[:240]]
    assert now[1]["id"] == "sess_1779999999_49f89c"


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({"since": "2026-11-20"}, "2026-11-20T15:00:00.000Z", "2026-11-20T00:00:00.000Z"),
        ({"since": "2026-11-19", "until": "2026-11-19"}, "2026-11-19T21:00:00.000Z", "2026-11-19T00:00:00.000Z"),
        ({"since": "2026-11-20T12:00:00Z"}, "2026-11-20T15:00:00.000Z", "2026-11-20T12:00:00.000Z"),
        ({"since": "2026-11-20T12:00:00.001Z"}, "2026-11-20T15:00:00.000Z", "2026-11-20T15:00:00.000Z"),
        ({"since": "2026-11-20T12:00:00", "until": "2026-11-20T12:00"}, *["2026-11-20T12:00:00.000Z"] * 2),
        ({"since": "2026-11-20T12:59+01:00", "until": "2026-11-20T14:59:59.999Z"}, *["2026-11-20T12:00:00.000Z"] * 2),
        ({"until": "2026-10-21T21:00:00Z"}, "2026-10-21T21:00:00.000Z", "2026-10-21T18:00:00.000Z"),
    ],
)
async def test_both_ends_of_a_period_belong_to_it(query: dict[str, str], first: str, last: str, pulse: Pulse) -> None:
    rows = await pulse.rows("/export/sessions", **query)

    assert (rows[0]["startedAt"], rows[-1]["startedAt"]) == (first, last)


async def test_a_bare_last_day_can_mean_its_first_moment_instead(start: Start) -> None:
    async with start(manners=Manners(whole_last_day=False)) as pulse:
        rows = await pulse.rows("/export/sessions", since="2026-11-19", until="2026-11-20")

    assert rows[0]["startedAt"] == "2026-11-20T00:00:00.000Z"


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2027-01-01"},
        {"until": "2020-01-01"},
        {"since": "2026-11-20", "until": "2026-11-19"},
        {"since": "9999-12-31", "until": "9999-12-31"},
        {"until": "0001-01-01"},
    ],
)
@pytest.mark.parametrize("path", ["/export/sessions", "/export/network"])
async def test_a_period_without_rows_has_no_pages(path: str, query: dict[str, str], pulse: Pulse) -> None:
    body = await pulse.json(path, **query)

    assert body == {"data": [], "total": 0, "page": 1, "limit": 100, "pages": 0}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-11-20 12:00",
        "1780000000000",
        "0001-01-01T00:00+14:00",
        "\u0662\u0660\u0662\u0666-11-20",
    ],
)
@pytest.mark.parametrize(("name", "called"), [("since", "from"), ("until", "to")])
@pytest.mark.parametrize("path", ["/export/sessions", "/export/network"])
async def test_what_is_no_date_is_refused(path: str, name: str, called: str, text: str, pulse: Pulse) -> None:
    answer = await pulse.get(path, **{name: text})

    assert (answer.status_code, answer.json()) == (400, {"error": f"{called} must be an ISO 8601 date"})


async def test_a_million_sessions_are_reached_at_both_ends(start: Start) -> None:
    async with start(sessions=1_000_000) as pulse:
        newest = await pulse.json("/export/sessions", limit=1000)
        oldest = await pulse.json("/export/sessions", limit=1000, page=1000)
        some = await pulse.json("/export/sessions", limit=1, since="2026-11-01", until="2026-11-10")

    assert (newest["pages"], len(newest["data"]), len(oldest["data"])) == (1000, 1000, 1000)
    assert oldest["data"][-1]["id"] == "sess_1779000001_" + session_id(999_999)[-6:]
    assert some["total"] == 333_333


def test_there_cannot_be_more_sessions_than_ids() -> None:
    with pytest.raises(ValueError, match="16777216 sessions"):
        BugsPulse(now=NOW, clock=HeldClock(), sessions=MOST_SESSIONS + 1)


@given(st.integers(min_value=0, max_value=MOST_SESSIONS - 1))
def test_a_session_is_found_by_its_id(number: int) -> None:
    sessions = Sessions(count=MOST_SESSIONS, network_logs=0, now=milliseconds(NOW))

    assert sessions.number(session_id(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "sess_1780000000_abc124", "sess_1779999999_abc123", "sess_1780000000_ABC123", " sess_1780000000_abc123"],
)
def test_no_other_text_is_a_sessions_id(text: str) -> None:
    assert Sessions(count=240, network_logs=0, now=milliseconds(NOW)).number(text) is None


def test_an_id_beyond_the_last_session_is_nobodys() -> None:
    assert Sessions(count=240, network_logs=0, now=milliseconds(NOW)).number(session_id(240)) is None


@given(
    st.lists(st.integers(0, 50), max_size=40).map(lambda found: sorted(found, reverse=True)),
    st.none() | st.integers(-5, 55),
    st.none() | st.integers(-5, 55),
)
def test_a_period_is_found_as_by_looking_at_every_row(moments: list[int], first: int | None, last: int | None) -> None:
    period = Period(first=first, last=last)

    found = within(len(moments), moments.__getitem__, period)

    assert list(found) == [number for number, one in enumerate(moments) if period.holds(one)]


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31, 23, 59)))  # noqa: DTZ001 - made UTC below
def test_a_moment_is_written_as_the_standard_library_writes_it(given_moment: datetime) -> None:
    utc = given_moment.replace(tzinfo=UTC)

    assert iso(milliseconds(utc)) == utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
