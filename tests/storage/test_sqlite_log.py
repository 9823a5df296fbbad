import asyncio
import sqlite3
import stat
from contextlib import aclosing, closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crashgate.audit.chain import arguments_digest, genesis
from crashgate.audit.chain_writer import LARGEST_BATCH
from crashgate.audit.port import DecisionLog
from crashgate.audit.record import Stored
from crashgate.audit.sentence import tell_decision
from crashgate.errors import LogUnavailableError
from crashgate.storage.log_keys import load_key
from crashgate.storage.log_schema import connect_to_write
from tests.audit.samples import DECISION, HOSTILE, OUTCOME, TEXT_FIELDS, decision
from tests.logs import open_log, read_log
from tests.storage.log_homes import LogHome


def _as_port(log: DecisionLog) -> DecisionLog:
    return log


async def test_what_is_appended_can_be_read_at_once_and_after_a_restart(home: LogHome) -> None:
    reader = home.reader
    async with aclosing(home.open()) as log:
        first = await _as_port(log).append(DECISION)
        second = await _as_port(log).append(OUTCOME)
        assert list(reader.records()) == [first, second]

    async with aclosing(home.open()) as log:
        third = await log.append(decision(3))

    assert list(reader.records()) == [first, second, third]
    assert first == Stored(chain="main", seq=1, previous=genesis("main").hash, hash=first.hash, record=DECISION)
    assert [(each.seq, each.chain) for each in (first, second, third)] == [(1, "main"), (2, "main"), (3, "main")]
    assert (second.previous, third.previous) == (first.hash, second.hash)
    assert [(verdict.sound, verdict.good, verdict.end_checked) for verdict in reader.verify()] == [(True, 3, True)]


@pytest.mark.ablation("the log is on the disk before it counts")
def test_a_commit_is_on_the_disk_before_it_counts(tmp_path: Path) -> None:
    # Guards: the pragmas in connect_to_write. FULL is 2: the write-ahead log is synced at each commit.
    with closing(connect_to_write(tmp_path / "d", 1)) as database:
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.ablation("the log does not change a record")
@pytest.mark.threats(27)
@pytest.mark.parametrize("statement", ["UPDATE records SET agent = 'x'", "DELETE FROM records"])
async def test_the_store_itself_refuses_to_change_or_delete(tmp_path: Path, statement: str) -> None:
    # Guards: the triggers in log_schema.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(DECISION)
    with (
        closing(sqlite3.connect(tmp_path / "decisions.sqlite3")) as database,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        database.execute(statement)


@pytest.mark.threats(29)
async def test_the_folder_and_all_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    # Guards: the modes in LogFiles and Claim.
    folder = tmp_path / "log"
    async with aclosing(open_log(folder)) as log:
        await log.append(DECISION)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(
        ["decisions.sqlite3", "decisions.sqlite3-wal", "decisions.sqlite3-shm", "main.head"], 0o600
    )


def _commits(folder: Path) -> int:
    """How many frames of the write-ahead log end a transaction: those that name the size of the database."""
    log = (folder / "decisions.sqlite3-wal").read_bytes()
    length = 24 + int.from_bytes(log[8:12], "big")
    heads = [log[at : at + 24] for at in range(32, len(log), length)]
    return sum(head[8:16] == log[16:24] and head[4:8] != bytes(4) for head in heads)


async def test_calls_that_arrive_together_share_a_commit(tmp_path: Path) -> None:
    # Guards: GroupCommit._next_batch. Another connection holds the lock until all calls wait.
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(decision(0))
        before = _commits(tmp_path)
        with closing(sqlite3.connect(tmp_path / "decisions.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            calls = [asyncio.create_task(log.append(decision(number))) for number in range(1, 21)]
            await asyncio.sleep(0)
            other.execute("ROLLBACK")
        stored = await asyncio.gather(*calls)

        assert _commits(tmp_path) - before <= 2
    assert [(each.seq, each.record) for each in stored] == [(n + 1, decision(n)) for n in range(1, 21)]
    assert all(one.hash == next_.previous for one, next_ in pairwise(stored))
    assert list(read_log(tmp_path).records())[1:] == stored


async def test_more_calls_than_fit_one_commit_are_all_stored(tmp_path: Path) -> None:
    # Guards: the look at LARGEST_BATCH, and that the rest of the queue is not forgotten.
    async with aclosing(open_log(tmp_path)) as log:
        with closing(sqlite3.connect(tmp_path / "decisions.sqlite3", isolation_level=None)) as other:
            before = _commits(tmp_path)
            other.execute("BEGIN IMMEDIATE")
            calls = [asyncio.create_task(log.append(decision(number))) for number in range(150)]
            await asyncio.sleep(0)
            other.execute("ROLLBACK")
        stored = await asyncio.gather(*calls)

        assert _commits(tmp_path) - before >= 150 / LARGEST_BATCH
    assert sorted(each.seq for each in stored) == list(range(1, 151))
    assert [verdict.good for verdict in read_log(tmp_path).verify()] == [150]


async def test_a_caller_that_gives_up_leaves_a_sound_chain_with_its_record(tmp_path: Path) -> None:
    # Guards: the look at done() in log._resolve; without it the other waiters of the commit hear nothing.
    async with aclosing(open_log(tmp_path)) as log:
        with closing(sqlite3.connect(tmp_path / "decisions.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            calls = [asyncio.create_task(log.append(decision(number))) for number in range(1, 4)]
            await asyncio.sleep(0)
            calls[1].cancel()
            other.execute("ROLLBACK")
        answers = await asyncio.gather(*calls, return_exceptions=True)
        after = await log.append(decision(4))

    assert [type(answer) for answer in answers] == [Stored, asyncio.CancelledError, Stored]
    assert after.seq == 4
    assert [stored.record for stored in read_log(tmp_path).records()] == [decision(n) for n in range(1, 5)]
    assert read_log(tmp_path).verify()[0].sound


async def test_closing_stores_what_was_handed_in_and_refuses_the_rest(home: LogHome) -> None:
    # Guards: the order of sentinel and queue in GroupCommit.close, and the closed flag.
    log = home.open()
    calls = [asyncio.create_task(log.append(decision(number))) for number in range(3)]
    await asyncio.sleep(0)
    await log.aclose()
    await log.aclose()

    assert [stored.seq for stored in await asyncio.gather(*calls)] == [1, 2, 3]
    with pytest.raises(LogUnavailableError, match="closed"):
        await log.append(decision(4))


@pytest.mark.ablation("one writer for each chain")
@pytest.mark.threats(27)
async def test_each_writer_has_a_chain_of_its_own(home: LogHome) -> None:
    # Guards: the lock in Claim. (Two processes: test_log_tampering.)
    async with aclosing(home.open()) as one, aclosing(home.open()) as two:
        await asyncio.gather(*(log.append(decision(number)) for number in range(20) for log in (one, two)))
        with pytest.raises(LogUnavailableError, match="Another process writes this chain"):
            home.open("main")

        assert (one.chain, two.chain) == ("main", "main-2")
    async with aclosing(home.open("main-2")) as log:
        assert (await log.append(decision(99))).seq == 21
    assert [(v.chain, v.good, v.sound) for v in home.reader.verify()] == [
        ("main", 20, True),
        ("main-2", 21, True),
    ]


@pytest.mark.ablation("a chain has a name that is safe as a file")
@pytest.mark.parametrize("name", ["", "Main", "../main", "main.lock", "a" * 65, "main\n"])
def test_a_chain_has_a_name_that_is_safe_as_a_file(home: LogHome, name: str) -> None:
    # Guards: the pattern in Claim.
    with pytest.raises(LogUnavailableError, match="A chain's name is made of"):
        home.open(name)

    assert list(home.folder.glob("*.head")) == []


@pytest.mark.threats(25, 26)
@pytest.mark.parametrize("field", TEXT_FIELDS)
async def test_hostile_text_in_any_field_makes_one_record_of_one_printable_line(tmp_path: Path, field: str) -> None:
    # Guards: canonical.encode on the way to the store, and the cleaning of the sentence.
    changes: dict[str, Any] = {field: HOSTILE}
    record = tell_decision(replace(DECISION, arguments={HOSTILE: HOSTILE}, **changes), because=HOSTILE)
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(record)

    with closing(sqlite3.connect(tmp_path / "decisions.sqlite3")) as database:
        rows = database.execute("SELECT * FROM records").fetchall()
    assert len(rows) == 1
    assert all(str(value).isprintable() and str(value).isascii() for value in rows[0])
    assert record.sentence.isprintable()
    assert [stored.record for stored in read_log(tmp_path).records()] == [record]


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.threats(29)
async def test_what_is_only_in_the_digest_is_nowhere_in_the_files(tmp_path: Path) -> None:
    # Guards: that a digest, not the arguments, goes into the store; and that no error text quotes them.
    canaries = {"note": "canary@example.com", "token": "canary-0123456789abcdef"}
    digest = arguments_digest(canaries, load_key(tmp_path))
    async with aclosing(open_log(tmp_path)) as log:
        await log.append(tell_decision(replace(DECISION, arguments={}, arguments_digest=digest)))
        files = _contents(tmp_path)

    assert [name for name, content in files.items() if b"canary" in content] == []
    assert digest.encode() in files["decisions.sqlite3-wal"]


@pytest.mark.ablation("a log that others may write to")
@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o660), (0o700, 0o602), (0o770, 0o600), (0o777, 0o600)])
def test_a_log_that_others_may_write_to_is_refused(tmp_path: Path, folder: int, file: int) -> None:
    # Guards: LogFiles._refuse_other_writers.
    (tmp_path / "decisions.sqlite3").touch()
    (tmp_path / "decisions.sqlite3").chmod(file)
    tmp_path.chmod(folder)

    with pytest.raises(LogUnavailableError) as error:
        open_log(tmp_path)

    assert error.value.why == "Others than its owner may write to it."
    assert error.value.remedy.startswith("Run `chmod go-w ")
