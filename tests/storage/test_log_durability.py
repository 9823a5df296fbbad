"""What is on the disk when, and what the death of the process takes away (THREATS row 28)."""

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from crashgate.audit.record import OutcomeRecord
from crashgate.errors import LogUnavailableError
from crashgate.storage.log_files import ROOM, make_room, read_heads
from crashgate.storage.log_schema import Waits, connect_to_write
from crashgate.storage.log_sqlite import MOST_UNFOLDED
from tests.audit.samples import ATTEMPT, OUTCOME, call, decision
from tests.logs import open_log, read_log

pytestmark = pytest.mark.threats(28)


def _ended(number: int) -> OutcomeRecord:
    return replace(OUTCOME, call=call(number))


def _kept(folder: Path) -> int:
    return read_heads(folder)["main"].seq


@pytest.mark.ablation("what is pruned waits for the disk")
def test_a_commit_waits_for_what_it_is_told_to(tmp_path: Path) -> None:
    # Guards: Waits.change, whose pragma must take effect each time. FULL is 2: the log is synced at each commit.
    with closing(connect_to_write(tmp_path / "d", 1)) as database:
        waits = Waits(database, 1)
        seen = [database.execute("PRAGMA synchronous").fetchone()[0]]
        for disk, lock in ((False, 0.0), (True, 5.0), (False, 5.0), (True, 0.5)):
            waits.change(disk=disk, lock=lock)
            seen += database.execute("PRAGMA synchronous").fetchone()
            seen += database.execute("PRAGMA busy_timeout").fetchone()

    assert seen == [2, 1, 0, 2, 5000, 1, 5000, 2, 500]


class Disk:
    """The real one, watched: what was stored when it was asked, and made to fail on demand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sync = os.fdatasync
        self.asked: list[int] = []
        self.fails = False

    def __call__(self, file: int) -> None:
        with closing(sqlite3.connect(self._folder / "decisions.sqlite3")) as database:
            self.asked += database.execute("SELECT count(*) FROM records").fetchone()
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        self._sync(file)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path)
    monkeypatch.setattr("crashgate.storage.log_sqlite.os.fdatasync", disk)
    return disk


@pytest.mark.ablation("a decision waits for the disk")
async def test_a_decision_waits_for_the_disk_and_an_outcome_does_not(tmp_path: Path, disk: Disk) -> None:
    # Guards: durable in LogWriter.append, and the settling in GroupCommit._run.
    seen: list[list[int]] = []
    async with aclosing(open_log(tmp_path)) as log:
        for record in (decision(1), _ended(1), decision(2), _ended(2), ATTEMPT):
            await log.append(record)
            seen.append(list(disk.asked))

    assert seen == [[1], [1], [1, 3], [1, 3], [1, 3, 5]]


async def test_decisions_of_one_moment_share_a_wait_for_the_disk(tmp_path: Path, disk: Disk) -> None:
    # Guards: GroupCommit._next_batch; and that each who waits is answered after the wait.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(decision(0))
        await asyncio.gather(*(log.append(decision(number)) for number in range(1, 9)))

    assert disk.asked[-1] == 9
    assert len(disk.asked) < 9


@pytest.mark.ablation("a disk that failed is not believed", "nothing is stored at once after a disk failed")
async def test_a_disk_that_fails_refuses_and_nothing_is_built_on_what_it_lost(tmp_path: Path, disk: Disk) -> None:
    # Guards: SqliteRowWriter._clear_doubt. A system tells of a failed write once; then the page counts as written.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(decision(1))
        disk.fails = True
        with pytest.raises(LogUnavailableError, match="gave an error"):
            await log.append(decision(2))
        disk.fails = False
        after = await log.append(decision(3))
        alone = tmp_path / "alone"
        alone.write_bytes((tmp_path / "decisions.sqlite3").read_bytes())  # without the write-ahead log
    with closing(sqlite3.connect(alone)) as database:
        folded = database.execute("SELECT count(*) FROM records").fetchone()

    assert (folded, after.seq) == ((2,), 3)
    assert read_log(tmp_path).verify()[0].sound


@pytest.mark.ablation("a log that was not folded whole stays in doubt")
async def test_after_a_disk_failed_nothing_is_stored_until_the_log_could_be_folded(tmp_path: Path, disk: Disk) -> None:
    # Guards: the answer of SqliteRowWriter._fold; here a reader keeps the log from being folded.
    async with aclosing(open_log(tmp_path, patience=0.01)) as log:
        await log.append(decision(1))
        with closing(sqlite3.connect(tmp_path / "decisions.sqlite3", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM records").fetchone()
            disk.fails = True
            with pytest.raises(LogUnavailableError):
                await log.append(decision(2))
            disk.fails = False
            with pytest.raises(LogUnavailableError):
                await log.append(decision(3))
            reader.execute("COMMIT")
        after = await log.append(decision(4))

    assert after.seq == 3
    assert [entry.decision.record for entry in read_log(tmp_path).entries()] == [
        decision(number) for number in (4, 2, 1)
    ]


async def test_a_moment_later_all_is_on_the_disk_and_the_head_is_kept(tmp_path: Path) -> None:
    # Guards: GroupCommit._settle_later.
    kept: list[int] = []
    async with aclosing(open_log(tmp_path)) as log:
        for number in (1, 2):
            await log.append(decision(number))
            await log.append(_ended(number))
            with anyio.move_on_after(20):
                while _kept(tmp_path) < 2 * number:  # noqa: ASYNC110 - a file tells nobody when it changes
                    await asyncio.sleep(0.01)
            kept.append(_kept(tmp_path))

    assert kept == [2, 4]


async def test_closing_takes_the_last_outcome_to_the_disk(tmp_path: Path) -> None:
    # Guards: the settling in SqliteRowWriter.close.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(decision(1))
        await log.append(_ended(1))

    assert _kept(tmp_path) == 2
    assert [(v.good, v.sound) for v in read_log(tmp_path).verify()] == [(2, True)]


_DIES = """
import asyncio, os, sys
from pathlib import Path
from tests.logs import open_log
from tests.storage.test_log_durability import _ended, decision

async def main():
    log = open_log(Path(sys.argv[1]))
    await log.append(decision(1))
    await log.append(_ended(1))
    os._exit(9)

asyncio.run(main())
"""


def test_an_outcome_that_was_acknowledged_outlives_the_process(tmp_path: Path, root: Path) -> None:
    # Guards: that an outcome is written, and not only queued, when its append comes back.
    assert subprocess.run([sys.executable, "-c", _DIES, str(tmp_path)], cwd=root, check=False).returncode == 9

    assert [stored.record for stored in read_log(tmp_path).records()] == [decision(1), _ended(1)]
    (verdict,) = read_log(tmp_path).verify()
    assert (verdict.sound, verdict.good) == (True, 2)


async def test_an_outcome_waits_its_turn_in_the_thread_while_another_holds_the_database(tmp_path: Path) -> None:
    # Guards: the way out in SqliteRowWriter.append_at_once; the event loop must never wait for a foreign lock.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(decision(1))
        with closing(sqlite3.connect(tmp_path / "decisions.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(log.append(_ended(1)))
            await asyncio.sleep(0)
            assert not waiting.done()
            other.execute("ROLLBACK")
        stored = await waiting
        after = await log.append(_ended(2))

    assert (stored.seq, after.seq) == (2, 3)
    assert read_log(tmp_path).verify()[0].sound


async def test_outcomes_and_decisions_of_many_calls_make_one_sound_chain(tmp_path: Path) -> None:
    # Guards: that the thread and the loop never use the store together, also while the log is folded.
    async def make(number: int) -> None:
        await log.append(decision(number))
        await log.append(_ended(number))

    async with aclosing(open_log(tmp_path)) as log:
        for start in range(0, 3 * MOST_UNFOLDED, 8):
            await asyncio.gather(*(make(number) for number in range(start, start + 8)))

    (verdict,) = read_log(tmp_path).verify()
    assert (verdict.sound, verdict.good) == (True, 6 * MOST_UNFOLDED)
    assert sum(not entry.unknown for entry in read_log(tmp_path).entries()) == 3 * MOST_UNFOLDED


async def test_the_write_ahead_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    # Guards: SqliteRowWriter.maintain, now that SQLite does not do it by itself.
    async with aclosing(open_log(tmp_path)) as log:
        for number in range(5 * MOST_UNFOLDED):
            await log.append(decision(number))
        size = (tmp_path / "decisions.sqlite3-wal").stat().st_size

    assert size < 2 * ROOM


def test_room_beforehand_is_no_record_and_survives_a_crash(tmp_path: Path) -> None:
    # Guards: make_room: SQLite must take the zeros for the end of its log, also in one that was left behind.
    with closing(connect_to_write(tmp_path / "d", 1)) as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (1)")
        make_room(tmp_path / "d-wal")
        assert (tmp_path / "d-wal").stat().st_size == ROOM
        for name in ("d", "d-wal"):
            (tmp_path / f"crashed-{name}").write_bytes((tmp_path / name).read_bytes())
        database.execute("INSERT INTO t VALUES (2)")

    with closing(sqlite3.connect(tmp_path / "crashed-d")) as database:
        assert database.execute("SELECT x FROM t").fetchall() == [(1,)]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    make_room(tmp_path / "nowhere")
