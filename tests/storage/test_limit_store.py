"""Counts in SQLite: exact, shared by all processes, and closed when they cannot be kept (THREATS rows 23 and 33)."""

import asyncio
import fcntl
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import StateUnavailableError
from crashgate.gate.quotas import Full
from crashgate.policy.limits import Counted, Rate, Window
from crashgate.storage.counters import FILE, SqliteCounter
from tests.gate.memory import MemoryCounter
from tests.house import small_environment

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TWO_A_MINUTE = Rate(counted=Counted.CALLS, window=Window.MINUTE, most=2)
THREE_AN_HOUR = Rate(counted=Counted.CALLS, window=Window.HOUR, most=3)
ONE_WRITE_A_DAY = Rate(counted=Counted.WRITES, window=Window.DAY, most=1)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_a_rate_lets_its_number_through_and_tells_when_there_is_room(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    told = [await counter.take("a", [TWO_A_MINUTE], now=at(second)) for second in (0, 10, 20, 59.999, 60, 69.999, 70)]

    assert told == [
        None,
        None,
        Full(rate=TWO_A_MINUTE, wait=40.0),
        Full(rate=TWO_A_MINUTE, wait=0.001),
        None,
        Full(rate=TWO_A_MINUTE, wait=0.001),
        None,
    ]


@pytest.mark.ablation("a call counts in all its rates or in none")
async def test_of_several_rates_none_is_counted_when_one_is_used_up_and_the_longest_wait_is_told(
    tmp_path: Path,
) -> None:
    counter, rates = SqliteCounter(tmp_path), (TWO_A_MINUTE, THREE_AN_HOUR)
    told = [await counter.take("a", rates, now=at(second)) for second in (0, 1, 2, 61, 62, 3600)]

    assert told == [
        None,
        None,
        Full(rate=TWO_A_MINUTE, wait=58.0),
        None,
        Full(rate=THREE_AN_HOUR, wait=3538.0),
        None,
    ]


async def test_agents_and_what_is_counted_are_apart(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    for agent in ("a", "b"):
        assert await counter.take(agent, [ONE_WRITE_A_DAY], now=NOW) is None
        assert await counter.take(agent, [TWO_A_MINUTE], now=NOW) is None
    assert await counter.take("a", [ONE_WRITE_A_DAY], now=NOW) == Full(rate=ONE_WRITE_A_DAY, wait=86_400.0)


async def test_the_counts_outlive_the_process(tmp_path: Path) -> None:
    first = SqliteCounter(tmp_path)
    await first.take("a", [ONE_WRITE_A_DAY], now=NOW)
    first.close()

    assert await SqliteCounter(tmp_path).take("a", [ONE_WRITE_A_DAY], now=at(1)) is not None


async def test_a_clock_that_was_set_back_shuts_nobody_out_for_longer_than_the_window(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    for _ in range(2):
        await counter.take("a", [TWO_A_MINUTE], now=at(86_400))

    assert await counter.take("a", [TWO_A_MINUTE], now=NOW) == Full(rate=TWO_A_MINUTE, wait=60.0)
    assert await counter.take("a", [TWO_A_MINUTE], now=at(60)) is None


CALLS, WRITES = (TWO_A_MINUTE, THREE_AN_HOUR), (ONE_WRITE_A_DAY,)


@given(steps=st.lists(st.tuples(st.integers(0, 40), st.sampled_from([CALLS, WRITES, CALLS + WRITES])), max_size=30))
def test_it_counts_like_a_list_of_all_times(
    steps: list[tuple[int, tuple[Rate, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def both() -> None:
        exact, counter, now = MemoryCounter(), SqliteCounter(tmp_path_factory.mktemp("state")), NOW
        for seconds, rates in steps:
            now += timedelta(seconds=seconds)
            assert await counter.take("a", rates, now=now) == await exact.take("a", rates, now=now)
        counter.close()

    asyncio.run(both())


_SCRIPT = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from crashgate.storage.counters import SqliteCounter
from crashgate.policy.limits import Counted, Rate, Window

async def main():
    counter, passed = SqliteCounter(Path(sys.argv[1])), 0
    sys.stdin.readline()
    for _ in range(25):
        rate = Rate(counted=Counted.CALLS, window=Window.DAY, most=50)
        passed += await counter.take("agent", [rate], now=datetime.now(UTC)) is None
    counter.close()
    print(passed)

asyncio.run(main())
"""


@pytest.mark.threats(23)
def test_several_processes_of_one_agent_obey_one_bucket(tmp_path: Path) -> None:
    # Guards: the lock around look and count in SqliteCounter.
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(tmp_path)], stdin=pipe, stdout=pipe, env=small_environment(), text=True
        )
        for _ in range(4)
    ]
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    passed = [int(each.communicate(timeout=60)[0]) for each in processes]

    assert sum(passed) == 50


async def test_the_last_reading_of_outsiders_text_is_kept_for_each_agent_apart(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    for second in (0, 10):
        await counter.note_untrusted("a", now=at(second))

    assert await counter.since_untrusted("a", now=at(40)) == 30.0
    assert await counter.since_untrusted("b", now=at(40)) is None


@pytest.mark.threats(5, 23)
async def test_another_process_and_the_next_one_know_of_that_reading(tmp_path: Path) -> None:
    first, beside = SqliteCounter(tmp_path), SqliteCounter(tmp_path)
    assert await beside.since_untrusted("a", now=NOW) is None
    await first.note_untrusted("a", now=NOW)

    assert await beside.since_untrusted("a", now=at(1)) == 1.0
    first.close()
    beside.close()
    assert await SqliteCounter(tmp_path).since_untrusted("a", now=at(2)) == 2.0


@pytest.mark.ablation("a later reading is not forgotten for an earlier one")
@pytest.mark.threats(5)
async def test_whoever_waited_to_note_an_earlier_reading_does_not_shorten_the_time_after_a_later_one(
    tmp_path: Path,
) -> None:
    counter = SqliteCounter(tmp_path)
    await counter.note_untrusted("a", now=at(1))
    await counter.note_untrusted("a", now=NOW)

    assert await counter.since_untrusted("a", now=NOW) == 0.0
    assert await counter.since_untrusted("a", now=at(61)) == 60.0


@pytest.mark.ablation("a clock that was set back keeps no reading for days")
@pytest.mark.threats(5)
async def test_a_clock_that_was_set_back_neither_forgets_that_reading_nor_keeps_it_for_days(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    await counter.note_untrusted("a", now=at(86_400))

    assert await counter.since_untrusted("a", now=NOW) == 0.0
    assert await counter.since_untrusted("a", now=at(60)) == 60.0


async def test_that_reading_counts_among_no_calls(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    for _ in range(3):
        await counter.note_untrusted("a", now=NOW)

    assert [await counter.take("a", [TWO_A_MINUTE], now=NOW) for _ in range(2)] == [None, None]


@pytest.mark.threats(33)
async def test_where_that_reading_cannot_be_noted_or_asked_for_the_call_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StateUnavailableError):
        await SqliteCounter(tmp_path).note_untrusted("a", now=NOW)
    with pytest.raises(StateUnavailableError):
        await SqliteCounter(tmp_path).since_untrusted("a", now=NOW)


@pytest.mark.threats(33)
@pytest.mark.parametrize("content", [b"no database at all, but longer than a header of one would be" * 20, None])
async def test_a_file_that_is_no_database_counts_nothing_and_refuses(content: bytes | None, tmp_path: Path) -> None:
    if content is None:
        (tmp_path / FILE).mkdir()
    else:
        (tmp_path / FILE).write_bytes(content)
        (tmp_path / FILE).chmod(0o600)
    with pytest.raises(StateUnavailableError) as told:
        await SqliteCounter(tmp_path).take("a", [TWO_A_MINUTE], now=NOW)

    assert str(tmp_path) not in str(told.value)


@pytest.mark.threats(33)
async def test_a_file_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    (tmp_path / FILE).chmod(0o620)
    with pytest.raises(StateUnavailableError, match="Others than its owner may write to it"):
        await SqliteCounter(tmp_path).take("a", [TWO_A_MINUTE], now=NOW)


@pytest.mark.ablation("counts of an agent are locked")
@pytest.mark.threats(33)
async def test_a_process_that_holds_the_file_for_too_long_refuses_the_call(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path, patience=0.01)
    await counter.take("a", [TWO_A_MINUTE], now=NOW)
    other = os.open(tmp_path / f"{FILE}-lock", os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(StateUnavailableError, match="held it for too long"):
        await counter.take("a", [TWO_A_MINUTE], now=NOW)
    os.close(other)

    assert await counter.take("a", [TWO_A_MINUTE], now=NOW) is None


async def test_counts_that_the_operator_took_away_start_anew(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    await counter.take("a", [ONE_WRITE_A_DAY], now=NOW)
    shutil.rmtree(tmp_path)
    assert await counter.take("a", [ONE_WRITE_A_DAY], now=NOW) is None
    assert await SqliteCounter(tmp_path).take("a", [ONE_WRITE_A_DAY], now=NOW) is not None


async def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    await SqliteCounter(tmp_path / "state").take("a", [TWO_A_MINUTE], now=NOW)

    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


async def test_no_more_is_kept_than_the_rates_need(tmp_path: Path) -> None:
    counter = SqliteCounter(tmp_path)
    for minute in range(50):
        await counter.take("a", [TWO_A_MINUTE], now=at(60 * minute))
    counter.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("SELECT count(*) FROM taken").fetchone() == (2,)
