"""A record that cannot be stored (THREATS row 28): it is refused, nothing is half-stored, and the log recovers."""

import asyncio
import os
import resource
import sqlite3
from collections.abc import Generator
from contextlib import aclosing, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.audit.log import LogWriter
from crashgate.audit.record import DecisionRecord
from crashgate.errors import Code, CrashgateError, LogUnavailableError
from crashgate.storage.log_files import Claim
from tests.audit.samples import DECISION, decision
from tests.logs import keep_log, open_log, read_log
from tests.small_disk import fill, make_read_only
from tests.storage.log_folder import fill as store
from tests.storage.log_homes import LogHome

pytestmark = pytest.mark.threats(28)


async def _append_until_it_fails(log: LogWriter) -> None:
    """The disk is full, but a page that is not may take a record or two."""
    for number in range(2, 100):
        await log.append(decision(number))


async def test_a_full_disk_refuses_and_says_why_and_recovers(small_disk: Path) -> None:
    # Guards: the except in SqliteRowWriter.append, and that the head is read again afterwards.
    async with aclosing(open_log(small_disk / "log")) as log:
        await log.append(decision(1))
        filler = fill(small_disk)
        with pytest.raises(LogUnavailableError) as error:
            await _append_until_it_fails(log)
        stored = [each.record for each in read_log(small_disk / "log").records()]
        filler.unlink()
        after = await log.append(decision(100))

    assert (error.value.code, error.value.why) == (Code.LOG_UNAVAILABLE, "The disk is full.")
    assert str(small_disk / "log") in error.value.remedy
    assert after.seq == len(stored) + 1
    assert [each.record for each in read_log(small_disk / "log").records()] == [*stored, decision(100)]
    assert read_log(small_disk / "log").verify()[0].sound


def test_a_full_disk_at_the_start_is_told_before_any_call(small_disk: Path) -> None:
    fill(small_disk)

    with pytest.raises(LogUnavailableError, match="The disk is full"):
        open_log(small_disk / "log")


@contextmanager
def _no_file_larger_than(size: int) -> Generator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_failed_write_refuses_everyone_who_waited_and_stores_nothing(tmp_path: Path) -> None:
    # Guards: the same as the full disk, on any machine; and that each waiter of a batch hears back.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(decision(1))
        with _no_file_larger_than(1_024):
            answers = await asyncio.gather(*(log.append(decision(n)) for n in range(2, 7)), return_exceptions=True)
        failing = log.has_just_failed
        stored = [each.record for each in read_log(tmp_path).records()]
        after = await log.append(decision(7))
        failing_still = log.has_just_failed
    assert (failing, failing_still) == (True, False)

    assert [type(answer) for answer in answers] == [LogUnavailableError] * 5
    assert len({id(answer) for answer in answers}) == 5
    assert {answer.why for answer in answers if isinstance(answer, CrashgateError)} == {"The disk gave an error."}
    assert (stored, after.seq) == ([decision(1)], 2)
    assert read_log(tmp_path).verify()[0].sound


async def test_a_database_that_is_locked_for_too_long_refuses_and_recovers(tmp_path: Path) -> None:
    # Guards: the busy timeout, and the mapping of SQLITE_BUSY.
    async with aclosing(open_log(tmp_path, patience=0.01)) as log:
        with closing(sqlite3.connect(tmp_path / "decisions.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LogUnavailableError) as error:
                await log.append(decision(1))
            other.execute("ROLLBACK")
        after = await log.append(decision(2))

    assert error.value.why == "Another process has held the database for too long."
    assert (after.seq, [each.record for each in read_log(tmp_path).records()]) == (1, [decision(2)])


async def test_a_folder_that_another_process_holds_for_too_long_refuses(tmp_path: Path) -> None:
    # Guards: the deadline in LogFiles.turn; without it a stopped process would stop all others.
    import fcntl  # noqa: PLC0415 - only this test plays the other process

    async with aclosing(open_log(tmp_path, patience=0.01)) as log:
        other = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LogUnavailableError) as error:
            await log.append(decision(1))
        os.close(other)

        assert error.value.why == "Another process has held the log for too long."
        assert (await log.append(decision(2))).seq == 1


@pytest.mark.ablation("a log that was taken away is not written to")
async def test_a_database_that_was_taken_away_is_not_written_to(tmp_path: Path) -> None:
    # Guards: LogFiles.check_still_there; SQLite would go on writing into a file without a name.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(decision(1))
        (tmp_path / "decisions.sqlite3").rename(tmp_path / "elsewhere")
        with pytest.raises(LogUnavailableError, match="removed or replaced"):
            await log.append(decision(2))
        (tmp_path / "decisions.sqlite3").touch(0o600)
        with pytest.raises(LogUnavailableError, match="removed or replaced"):
            await log.append(decision(3))
        (tmp_path / "elsewhere").replace(tmp_path / "decisions.sqlite3")

        assert (await log.append(decision(4))).seq == 2


def test_a_folder_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere; a read-only file system is tested instead")
    tmp_path.chmod(0o500)

    with pytest.raises(LogUnavailableError, match="does not permit it"):
        open_log(tmp_path / "log")


async def test_a_read_only_file_system_is_told_at_the_start_and_can_still_be_read(small_disk: Path) -> None:
    # Guards: the mapping of EROFS, and immutable=1 in connect_to_read.
    async with aclosing(open_log(small_disk)) as log:
        await log.append(DECISION)
    make_read_only(small_disk)

    with pytest.raises(LogUnavailableError, match="The file system is read-only"):
        open_log(small_disk)
    reader = read_log(small_disk)
    assert [each.record for each in reader.records()] == [DECISION]
    assert reader.verify()[0].sound


def test_a_file_in_the_way_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LogUnavailableError, match="A file has the name of the folder"):
        open_log(tmp_path / "file")
    with pytest.raises(LogUnavailableError, match="A part of its path is not a folder"):
        open_log(tmp_path / "file" / "log")


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"no database at all" * 100, "The file is not a database."), (None, "Its format is 7; this crashgate writes 2.")],
)
def test_another_database_is_left_alone(tmp_path: Path, content: bytes | None, why: str) -> None:
    # Guards: the version in log_schema._make_tables.
    path = tmp_path / "decisions.sqlite3"
    if content is None:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA user_version = 7")
    else:
        path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(LogUnavailableError) as error:
        open_log(tmp_path)
    assert error.value.why == why


async def test_a_record_that_cannot_be_written_down_spoils_no_other(home: LogHome) -> None:
    # Guards: encoding before the queue, in LogWriter.append.
    unwritable = replace(DECISION, arguments={"n": 10**5000})
    async with aclosing(home.open()) as log:
        answers = await asyncio.gather(
            log.append(decision(1)), log.append(unwritable), log.append(decision(2)), return_exceptions=True
        )

    assert [type(answer).__name__ for answer in answers] == ["Stored", "LogUnavailableError", "Stored"]
    assert [each.record for each in home.reader.records()] == [decision(1), decision(2)]


async def test_a_defect_in_the_store_leaves_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Guards: the except in GroupCommit._append; a thread that died would hang every later call.
    def broken(*_: object) -> None:
        raise MemoryError

    async with aclosing(open_log(tmp_path)) as log:
        with monkeypatch.context() as patch:
            patch.setattr("crashgate.storage.log_sqlite.insert_rows", broken)
            with pytest.raises(LogUnavailableError):
                await log.append(decision(1))

        stored = await log.append(decision(2))
    assert (stored.seq, type(stored.record)) == (1, DecisionRecord)


def _fill_after_a_clean_end(disk: Path) -> Path:
    folder = disk / "log"
    store(folder, [decision(1), decision(2)])
    fill(disk)
    return folder


def test_a_log_whose_server_has_ended_can_be_read_on_a_full_disk(small_disk: Path) -> None:
    # Guards: connect_to_read opens without the files that SQLite finds no room for. Again: the first try leaves some.
    reader = read_log(_fill_after_a_clean_end(small_disk))

    for _ in range(2):
        assert [each.record for each in reader.records()] == [decision(1), decision(2)]
        assert reader.verify()[0].sound
    assert len(keep_log(small_disk / "log").prune("2027", dry_run=True)) == 1


def test_what_needs_room_says_that_the_disk_is_full(small_disk: Path) -> None:
    # Guards: the word for SQLITE_IOERR_SHMSIZE, and the remedy of a full disk.
    keeper = keep_log(folder := _fill_after_a_clean_end(small_disk))

    for deed in (lambda: keeper.prune("2027"), keeper.statement):
        with pytest.raises(LogUnavailableError) as error:
            deed()
        assert error.value.why == "The disk is full."
        assert error.value.remedy == f"Make some room on the disk of {folder}, and try again."
    assert [each.record for each in read_log(folder).records()] == [decision(1), decision(2)]


def test_a_log_that_somebody_may_write_is_not_read_as_if_it_stood_still(small_disk: Path) -> None:
    # Guards: is_claimed in connect_to_read; what a reader without locks sees while it changes may be anything.
    folder = _fill_after_a_clean_end(small_disk)
    claim = Claim(folder, "main")
    with pytest.raises(LogUnavailableError, match="The disk is full"):
        list(read_log(folder).records())
    claim.release()

    assert len(list(read_log(folder).records())) == 2


def test_a_log_that_was_not_folded_is_not_read_without_its_end(small_disk: Path) -> None:
    # Guards: _is_folded in connect_to_read; the newest records stand in the write-ahead log alone.
    folder = _fill_after_a_clean_end(small_disk)
    (small_disk / "filler").unlink()
    (folder / "decisions.sqlite3-wal").write_bytes(bytes(4096))
    fill(small_disk)

    with pytest.raises(LogUnavailableError, match="The disk is full"):
        list(read_log(folder).records())
