from datetime import datetime

from tests.held_clock import NOW
from tests.sandbox.bugspulse.harness import Pulse, Start


async def test_crashes_take_no_period(pulse: Pulse) -> None:
    whole = await pulse.json("/export/crashes")

    assert await pulse.json("/export/crashes", since="2030-01-01", until="nonsense") == whole


async def test_the_crash_seen_last_comes_first(start: Start) -> None:
    async with start(crashes=300) as pulse:
        rows = await pulse.rows("/export/crashes", limit=1000)

    last = [datetime.fromisoformat(row["lastSeenAt"]) for row in rows]
    assert last == sorted(last, reverse=True)
    assert last[0] < NOW
    for row in rows:
        assert row["firstSeenAt"] < row["lastSeenAt"]
        assert 1 <= row["affectedDevices"] <= row["occurrenceCount"]


async def test_all_statuses_and_both_kinds_are_there(pulse: Pulse) -> None:
    rows = await pulse.rows("/export/crashes")

    assert {row["status"] for row in rows} == {"open", "acknowledged", "resolved", "ignored"}
    assert {(row["isFatal"], row["handled"]) for row in rows} == {(True, False), (False, True)}
