"""Somebody changes the store behind our back (THREATS row 27): the first bad record is named."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.audit.chain import Fault
from crashgate.audit.chain_writer import ChainWriter
from crashgate.audit.record import DecisionRecord
from crashgate.clock import SystemClock
from crashgate.errors import Code, CrashgateError, LogUnavailableError
from tests.audit.samples import DECISION, decision
from tests.logs import open_log, read_log
from tests.storage.log_homes import LogHome, Tampering, changed, without
from tests.storage.memory_rows import StoredRow

pytestmark = pytest.mark.threats(27)


def _store(folder: Path, *numbers: int) -> str:
    """Append decisions; the name of the chain that got them."""

    async def store() -> str:
        async with aclosing(open_log(folder)) as log:
            for record in _numbered(*numbers):
                await log.append(record)
            return log.chain

    return asyncio.run(store())


def _faults(folder: Path) -> list[tuple[str, Fault | None, int | None]]:
    return [(verdict.chain, verdict.fault, verdict.seq) for verdict in read_log(folder).verify()]


def _tamper(folder: Path, script: str) -> None:
    with closing(sqlite3.connect(folder / "decisions.sqlite3", isolation_level=None)) as database:
        database.executescript(f"DROP TRIGGER records_are_not_changed; DROP TRIGGER records_are_not_deleted; {script}")


def _numbered(*numbers: int) -> list[DecisionRecord]:
    return [replace(decision(number), client=f"client number {number}") for number in numbers]


_SWAPPED = {3: 4, 4: 3}


def _swap_numbers(rows: list[StoredRow]) -> list[StoredRow]:
    return [replace(each, row=each.row._replace(seq=_SWAPPED.get(each.row.seq, each.row.seq))) for each in rows]


def _swap_places(rows: list[StoredRow]) -> list[StoredRow]:
    return [replace(each, position=_SWAPPED.get(each.position, each.position)) for each in rows]


def _hash_like_the_one_before(rows: list[StoredRow]) -> Iterable[StoredRow]:
    return changed(4, hash=rows[3].row.previous)(rows)


def _append_copy(rows: list[StoredRow]) -> list[StoredRow]:
    return [*rows, replace(rows[0], position=99, row=rows[0].row._replace(seq=9))]


def test_an_untouched_log_is_sound(home: LogHome) -> None:
    home.fill(_numbered(*range(1, 9)))

    assert home.faults() == [("main", None, None)]


@pytest.mark.parametrize(
    ("tampering", "fault", "seq"),
    [
        pytest.param(changed(4, body=("allow", "deny ")), Fault.ALTERED, 4, id="body changed"),
        pytest.param(changed(4, agent="someone-else"), Fault.ALTERED, 4, id="agent changed"),
        pytest.param(_hash_like_the_one_before, Fault.ALTERED, 4, id="hash changed"),
        pytest.param(without(1), Fault.MISSING, 1, id="first deleted"),
        pytest.param(without(4), Fault.MISSING, 4, id="one deleted"),
        pytest.param(without(7, 8), Fault.TRUNCATED, 7, id="end deleted"),
        pytest.param(without(*range(1, 9)), Fault.TRUNCATED, 1, id="all deleted"),
        pytest.param(_swap_numbers, Fault.MISSING, 3, id="numbers swapped"),
        pytest.param(_swap_places, Fault.MISSING, 3, id="places swapped"),
        pytest.param(_append_copy, Fault.BROKEN_LINK, 9, id="one inserted"),
    ],
)
def test_a_change_behind_our_back_is_found(home: LogHome, tampering: Tampering, fault: Fault, seq: int) -> None:
    # Guards: chain.verify over what really lies in the store, and the kept head for a cut end.
    home.fill(_numbered(*range(1, 9)))
    home.tamper(tampering)

    assert home.faults() == [("main", fault, seq)]


@pytest.mark.parametrize("value", ["x'00'", "cast(x'ff' AS TEXT)"])
def test_a_column_that_is_no_text_any_more_is_found(tmp_path: Path, value: str) -> None:
    _store(tmp_path, *range(1, 9))
    _tamper(tmp_path, f"UPDATE records SET agent = {value} WHERE seq = 4")  # noqa: S608 - ours

    assert _faults(tmp_path) == [("main", Fault.ALTERED, 4)]


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_in_the_file_is_found(tmp_path: Path, bit: int) -> None:
    _store(tmp_path, *range(1, 9))
    path = tmp_path / "decisions.sqlite3"
    content = bytearray(path.read_bytes())
    content[content.index(b"client number 5") + 3] ^= 1 << bit
    path.write_bytes(content)

    assert _faults(tmp_path) == [("main", Fault.ALTERED, 5)]


def test_a_broken_file_says_how_far_it_can_be_read(tmp_path: Path) -> None:
    # Guards: _Verification.run.
    _store(tmp_path, *range(1, 41))
    path = tmp_path / "decisions.sqlite3"
    content = bytearray(path.read_bytes())
    page = content.index(b"client number 30") // 4096 * 4096
    content[page : page + 8] = bytes(8)
    path.write_bytes(content)

    with pytest.raises(CrashgateError) as error:
        read_log(tmp_path).verify()
    assert error.value.code is Code.LOG_DAMAGED
    assert error.value.why.startswith("The database file is damaged. It can be read up to record ")


def test_an_old_copy_that_was_put_back_is_found_and_not_written_over(home: LogHome, tmp_path: Path) -> None:
    # Guards: the head that Claim keeps, and ChainWriter._is_continuous: the evidence stays, the work goes on.
    home.fill(_numbered(1, 2, 3))
    copy = home.copy(tmp_path / "copy")
    home.fill(_numbered(4, 5))
    home.put_back(copy, heads=False)

    with pytest.raises(LogUnavailableError, match="The end of main is not the one that was stored"):
        home.open("main")
    assert home.fill(_numbered(6)) == "main-2"
    assert home.faults() == [("main", Fault.TRUNCATED, 4), ("main-2", None, None)]


async def test_a_damaged_chain_is_told_to_whoever_opens_the_log(home: LogHome) -> None:
    async with aclosing(home.open()) as log:
        await log.append(DECISION)
    home.tamper(lambda _: ())

    async with aclosing(home.open()) as log:
        assert (log.chain, log.passed_over) == ("main-2", ("main",))


@pytest.mark.ablation(
    "a head that is missing beside records is a fault",
    "a missing head is recorded when the log is opened",
    "a head that was missing is a fault until it is acknowledged",
)
@pytest.mark.threats(41)
def test_records_deleted_together_with_their_head_show_until_an_operator_acknowledges_it(home: LogHome) -> None:
    # Guards: ChainWriter.lost_head, _record_loss and _Verification._add_head_loss.
    home.fill(_numbered(1, 2, 3))
    home.tamper(without(3))
    home.lose_head()

    assert home.faults() == [("main", Fault.HEAD, 3)]
    assert home.fill(_numbered(4)) == "main"
    assert home.fill(_numbered(5)) == "main"
    assert home.faults() == [("main", Fault.HEAD, 3)]

    (record,) = home.keeper.acknowledge()
    assert (record.chain, record.seq) == ("main", 3)
    assert home.faults() == [("main", None, None)]
    assert [each.record for each in home.reader.records() if each.record.KIND == "acknowledgement"] == [record]
    assert home.keeper.acknowledge() == ()


@pytest.mark.threats(41)
def test_a_loss_after_an_acknowledgement_is_another_one(home: LogHome) -> None:
    for _ in range(2):
        home.fill(_numbered(1))
        home.lose_head()
        assert [fault for _, fault, _ in home.faults()] == [Fault.HEAD]
        assert len(home.keeper.acknowledge()) == 1
        assert home.faults() == [("main", None, None)]


@pytest.mark.threats(41)
@pytest.mark.parametrize("content", [b"", b"nonsense", b"0" * 86])
def test_a_head_that_cannot_be_read_is_missing(tmp_path: Path, content: bytes) -> None:
    _store(tmp_path, 1, 2)
    (tmp_path / "main.head").write_bytes(content)

    assert _faults(tmp_path) == [("main", Fault.HEAD, 3)]


@pytest.mark.threats(41)
async def test_a_missing_head_is_told_to_whoever_opens_the_log_once(home: LogHome) -> None:
    await asyncio.to_thread(home.fill, _numbered(1, 2))
    home.lose_head()
    lost: list[int | None] = []
    for _ in range(2):
        async with aclosing(home.open()) as log:
            lost.append(None if log.lost_head is None else log.lost_head.seq)

    assert lost == [2, None]


def test_a_log_that_is_new_or_was_opened_and_not_used_misses_no_head(home: LogHome) -> None:
    home.fill([])
    home.fill(_numbered(1))

    assert home.faults() == [("main", None, None)]


@pytest.mark.ablation("an acknowledgement is not pruned before what it is of")
@pytest.mark.threats(41)
def test_an_acknowledgement_stays_as_long_as_the_loss_that_it_is_of(home: LogHome) -> None:
    home.fill(_numbered(1, 2))
    home.lose_head()
    server = ChainWriter(home.store, SystemClock(), chain="main", patience=1)
    with closing(server):  # it has the chain, so another is written
        home.keeper.acknowledge()
    home.fill(_numbered(3), chain="main-2")  # or it would stay as the last record of its chain
    keeper = home.keeper
    for _ in range(3):
        keeper.prune("2999-01-01T00:00:00.000Z")
        assert {fault for _, fault, _ in home.faults()} == {None}


_HOLDER = """
import sys
from pathlib import Path
from tests.logs import open_log
log = open_log(Path(sys.argv[1]), chain="main")
print(log.chain, flush=True)
sys.stdin.read()
"""


def test_a_second_process_never_gets_the_same_chain(tmp_path: Path, root: Path) -> None:
    # Guards: flock in Claim, between real processes; and that the system lets the claim go with the process.
    command = [sys.executable, "-c", _HOLDER, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "main\n"
        with pytest.raises(LogUnavailableError, match="Another process writes this chain"):
            open_log(tmp_path, chain="main")
        assert _store(tmp_path, 1) == "main-2"
        holder.kill()

    assert _store(tmp_path, 2) == "main"
    assert _faults(tmp_path) == [("main", None, None), ("main-2", None, None)]


async def test_a_writer_that_gets_past_the_claim_cannot_fork_the_chain(tmp_path: Path) -> None:
    # Guards: UNIQUE (chain, seq), and that after a failure the end of the chain is read from the store again.
    # Somebody removed the claimed file, so its lock protects nothing any more.
    async with aclosing(open_log(tmp_path)) as one:
        await one.append(decision(1))
        (tmp_path / "main.head").unlink()
        async with aclosing(open_log(tmp_path)) as two:
            assert two.chain == "main"
            await two.append(decision(2))
            with pytest.raises(LogUnavailableError, match="Another process wrote to the same chain"):
                await one.append(decision(3))
            await one.append(decision(4))

    assert _faults(tmp_path) == [("main", Fault.HEAD, 2)]
    records = [stored.record for stored in read_log(tmp_path).records()]
    assert [each for each in records if each.KIND == "decision"] == [decision(n) for n in (1, 2, 4)]
