from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.bugspulse.harness import Pulse, Start


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("sessions", "logs"), [(240, 890), (900, 300), (1, 50), (7, 7), (100_000, 900)])
async def test_requests_come_newest_first_and_lie_within_their_sessions(sessions: int, logs: int, start: Start) -> None:
    async with start(sessions=sessions, network_logs=logs) as pulse:
        rows = await pulse.rows("/export/network", limit=1000)
        known = {row["id"]: row for row in (await pulse.json("/export/sessions", limit=1000))["data"]}

    times = [moment(row["timestamp"]) for row in rows]
    assert len(rows) == logs
    assert times == sorted(times, reverse=True)
    for row in rows:
        session = known.get(row["sessionId"])
        if session is not None:
            length = timedelta(milliseconds=session["duration"] or 30 * 60_000)
            assert timedelta(0) < moment(row["timestamp"]) - moment(session["startedAt"]) <= length


@pytest.mark.parametrize(("sessions", "logs"), [(240, 890), (900, 300), (1, 50), (500, 0)])
async def test_a_session_says_whether_one_of_its_requests_failed(sessions: int, logs: int, start: Start) -> None:
    async with start(sessions=sessions, network_logs=logs) as pulse:
        rows = await pulse.rows("/export/network", limit=1000)
        said = {row["id"] for row in await pulse.rows("/export/sessions", limit=1000) if row["hasNetworkErrors"]}

    assert said == {row["sessionId"] for row in rows if row["error"] is not None}


async def test_the_pages_of_sessions_agree_on_failures_wherever_they_begin(pulse: Pulse) -> None:
    whole = await pulse.rows("/export/sessions", limit=1000)

    assert await pulse.rows("/export/sessions", limit=11) == whole


async def test_a_request_without_an_answer_has_no_status(pulse: Pulse) -> None:
    rows = await pulse.rows("/export/network", limit=1000)
    unanswered = [row for row in rows if row["statusCode"] is None]

    assert {row["duration"] is None for row in unanswered} == {True, False}
    assert all(row["error"] for row in unanswered)


async def test_a_period_takes_the_requests_of_its_days(pulse: Pulse) -> None:
    whole = await pulse.rows("/export/network", limit=1000)
    day: list[Any] = await pulse.rows("/export/network", since="2026-11-05", until="2026-11-06", limit=9)

    assert day
    assert day == [row for row in whole if "2026-11-05" <= row["timestamp"] < "2026-11-07"]


async def test_without_sessions_there_are_no_requests(start: Start) -> None:
    async with start(sessions=0, network_logs=10) as pulse:
        body = await pulse.json("/export/network")

    assert body == {"data": [], "total": 0, "page": 1, "limit": 100, "pages": 0}
