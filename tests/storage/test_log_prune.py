"""Old records are taken out in a way that can be told from a truncation (THREATS row 27)."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.audit.chain import Fault
from crashgate.audit.checkpoint import CheckpointRecord, PruneRecord
from crashgate.audit.record import Record
from crashgate.audit.retention import LogKeeper
from crashgate.audit.statement import read_statement
from crashgate.errors import Code, CrashgateError, InvalidArgumentsError, LogUnavailableError
from crashgate.storage.log_keys import LogKeys
from tests.audit.samples import OUTCOME, call
from tests.logs import keep_log, open_log, read_log
from tests.storage.log_folder import asked, at, faults, fill, tamper

pytestmark = pytest.mark.threats(27)


def _keeper(folder: Path) -> LogKeeper:
    return keep_log(folder)


def _prune(folder: Path, before: int) -> list[tuple[str, int, int]]:
    return [(cut.chain, cut.seq, cut.count) for cut in _keeper(folder).prune(at(before))]


def _records(folder: Path) -> list[Record]:
    return [stored.record for stored in read_log(folder).records()]


def _told(folder: Path) -> list[tuple[str, int, int, bool]]:
    return [(v.chain, v.pruned, v.good, v.sound) for v in read_log(folder).verify()]


def test_what_is_old_goes_and_the_rest_is_sound(tmp_path: Path) -> None:
    fill(tmp_path, map(asked, range(1, 11)))

    assert _prune(tmp_path, 5) == [("main", 4, 4)]
    *kept, checkpoint, prune = _records(tmp_path)
    assert kept == [asked(number) for number in range(5, 11)]
    assert isinstance(checkpoint, CheckpointRecord)
    assert (checkpoint.chain, checkpoint.seq, checkpoint.count) == ("main", 4, 4)
    assert checkpoint.key == _keeper(tmp_path).public_key()
    assert isinstance(prune, PruneRecord)
    assert (prune.before, prune.count, prune.chains) == (at(5), 4, ("main",))
    assert prune.sentence == f"{prune.by} pruned 4 records from before {at(5)}, of main."
    assert _told(tmp_path) == [("main", 4, 8, True)]


def test_a_chain_goes_on_where_it_was_after_a_prune(tmp_path: Path) -> None:
    # Guards: that the last record of a chain always stays; without it the next would be number 1 again.
    fill(tmp_path, map(asked, range(1, 4)), chain="other")
    fill(tmp_path, map(asked, range(1, 4)), chain="main")

    assert _prune(tmp_path, 900) == [("main", 2, 2), ("other", 2, 2)]
    fill(tmp_path, [asked(901)], chain="other")
    fill(tmp_path, [asked(902)], chain="main")
    assert _told(tmp_path) == [("main", 2, 5, True), ("other", 2, 2, True)]


def test_the_next_prune_needs_only_its_own_checkpoint(tmp_path: Path) -> None:
    # Guards: that a chain which starts later gets a new checkpoint each time, so that the old one may go.
    fill(tmp_path, map(asked, range(1, 5)), chain="other")
    fill(tmp_path, map(asked, range(1, 5)), chain="main")
    _prune(tmp_path, 3)
    late = [replace(asked(1), at="2031-01-01T00:00:00.000Z"), replace(asked(2), at="2031-01-01T00:00:01.000Z")]
    fill(tmp_path, late, chain="main")
    cuts = _keeper(tmp_path).prune("2030-01-01T00:00:00.000Z")

    assert [(cut.chain, cut.seq) for cut in cuts] == [("main", 7), ("other", 3)]
    assert [record.KIND for record in _records(tmp_path)].count("checkpoint") == 2
    assert _told(tmp_path) == [("main", 7, 5, True), ("other", 3, 1, True)]


def test_nothing_is_stored_where_nothing_is_old_or_only_asked_about(tmp_path: Path) -> None:
    fill(tmp_path, map(asked, range(1, 4)))
    cuts = _keeper(tmp_path).prune(at(3), dry_run=True)

    assert [(cut.chain, cut.seq, cut.count) for cut in cuts] == [("main", 2, 2)]
    assert _prune(tmp_path, 1) == []
    assert _records(tmp_path) == [asked(1), asked(2), asked(3)]
    assert not (tmp_path / "checkpoint.key").exists()


@pytest.mark.threats(29)
def test_what_was_pruned_is_in_no_file_any_more(tmp_path: Path) -> None:
    # Guards: secure_delete; a page that is only marked as free still holds the text.
    fill(tmp_path, [replace(asked(number), client=f"canary-{number:04}") for number in range(1, 300)])
    _prune(tmp_path, 290)

    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [number for number in range(1, 290) if b"canary-%04d" % number in content] == []
    assert b"canary-0290" in content


def test_many_records_go_in_several_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Guards: the steps of LogKeeper._carry_out, also the last one, which is not full.
    monkeypatch.setattr("crashgate.audit.retention._AT_A_TIME", 3)
    fill(tmp_path, map(asked, range(1, 12)))

    assert _prune(tmp_path, 9) == [("main", 8, 8)]
    assert _told(tmp_path) == [("main", 8, 5, True)]
    with closing(sqlite3.connect(tmp_path / "decisions.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM found").fetchone() == (3,)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("DELETE FROM records")


def test_a_prune_that_was_cut_short_leaves_a_sound_log_and_is_finished_by_the_next(tmp_path: Path) -> None:
    # Guards: _Walk._begin: some of what the checkpoint gives up may still be there.
    fill(tmp_path, map(asked, range(1, 11)))
    _prune(tmp_path, 3)
    fill(tmp_path, [])
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy"))
    _prune(tmp_path, 8)
    (checkpoint,) = (each for each in _records(tmp_path) if isinstance(each, CheckpointRecord) and each.seq == 7)
    fill(copy, [checkpoint])  # as if the deed had not followed the word

    assert _told(copy) == [("main", 2, 11, True)]
    assert _prune(copy, 8) == [("main", 7, 5)]
    assert _told(copy)[0][1:] == (7, 8, True)


@pytest.mark.parametrize(
    ("script", "fault", "seq"),
    [
        pytest.param("DELETE FROM records WHERE kind = 'checkpoint'", Fault.MISSING, 1, id="checkpoint removed"),
        pytest.param("DELETE FROM records WHERE seq = 5", Fault.MISSING, 1, id="more cut off at the start"),
        pytest.param("DELETE FROM records WHERE seq >= 11", Fault.MISSING, 1, id="end cut off with the checkpoint"),
        pytest.param("DELETE FROM records WHERE kind = 'prune'", Fault.TRUNCATED, 12, id="record of the deed removed"),
        pytest.param(
            "UPDATE records SET body = replace(body, '\"seq\":4', '\"seq\":5') WHERE kind = 'checkpoint'",
            Fault.MISSING,
            1,
            id="checkpoint moved",
        ),
    ],
)
def test_whoever_cuts_more_than_the_checkpoint_says_is_found(
    tmp_path: Path, script: str, fault: Fault, seq: int
) -> None:
    # Guards: the start of a chain in chain._Walk, and the signature in _Verification._starts.
    fill(tmp_path, map(asked, range(1, 11)))
    _prune(tmp_path, 5)
    tamper(tmp_path, script)

    assert faults(tmp_path) == [("main", fault, seq)]


def test_a_checkpoint_of_another_key_gives_a_chain_no_later_start(tmp_path: Path) -> None:
    # Guards: the comparison of the key in _Verification._starts.
    fill(tmp_path / "a", map(asked, range(1, 11)))
    _prune(tmp_path / "a", 5)
    (tmp_path / "b").mkdir(mode=0o700)
    (tmp_path / "a" / "checkpoint.pub").write_text(f"{LogKeys(tmp_path / 'b').signer().public}\n")

    assert faults(tmp_path / "a") == [("main", Fault.MISSING, 1)]
    (tmp_path / "a" / "checkpoint.pub").unlink()
    assert faults(tmp_path / "a") == [("main", Fault.MISSING, 1)]


def test_a_forged_checkpoint_in_a_whole_chain_is_named(tmp_path: Path) -> None:
    fill(tmp_path, map(asked, range(1, 11)))
    _prune(tmp_path, 5)
    (genuine,) = (each for each in _records(tmp_path) if isinstance(each, CheckpointRecord))
    other = tmp_path / "other"
    fill(other, [*map(asked, range(1, 4)), replace(genuine, seq=2, count=2)])
    LogKeys(other).signer()
    shutil.copy(tmp_path / "checkpoint.pub", other / "checkpoint.pub")

    (verdict,) = read_log(other).verify()
    assert (verdict.fault, verdict.seq, verdict.good) == (Fault.FORGED, 4, 3)
    assert verdict.why == "record 4 is a checkpoint, and the log's key did not sign it"


def test_an_old_copy_with_its_head_is_found_by_whoever_kept_a_statement(tmp_path: Path) -> None:
    # Guards: the statement in verify_log: all that lies beside the log was put back too.
    folder, copy = tmp_path / "log", tmp_path / "copy"
    fill(folder, map(asked, range(1, 4)))
    _keeper(folder).public_key()
    shutil.copytree(folder, copy)
    fill(folder, map(asked, range(4, 7)))
    statement = read_statement(json.dumps(_keeper(folder).statement().to_json()))
    fill(folder, [asked(7)])
    assert [v.sound for v in read_log(folder).verify(statement=statement)] == [True]
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)

    assert faults(folder) == [("main", None, None)]
    (verdict,) = read_log(folder).verify(statement=statement)
    assert (verdict.fault, verdict.seq) == (Fault.TRUNCATED, 4)
    fill(folder, map(asked, range(14, 18)))
    (verdict,) = read_log(folder).verify(statement=statement)
    assert (verdict.fault, verdict.seq) == (Fault.REPLACED, 6)


def test_a_chain_that_is_gone_is_found_by_whoever_kept_a_statement(tmp_path: Path) -> None:
    fill(tmp_path, [asked(1)], chain="other")
    fill(tmp_path, [asked(1)])
    statement = _keeper(tmp_path).statement()
    tamper(tmp_path, "DELETE FROM records WHERE chain = 'other'; DELETE FROM found WHERE position = 1")
    (tmp_path / "other.head").unlink()

    told = [(v.chain, v.fault) for v in read_log(tmp_path).verify(statement=statement)]
    assert told == [("main", None), ("other", Fault.TRUNCATED)]


def test_a_statement_about_what_was_pruned_since_is_said_to_show_nothing(tmp_path: Path) -> None:
    fill(tmp_path, map(asked, range(1, 4)))
    old = _keeper(tmp_path).statement()
    fill(tmp_path, map(asked, range(4, 9)))
    _prune(tmp_path, 4)
    at_the_cut = [(v.sound, v.unproved) for v in read_log(tmp_path).verify(statement=old)]
    _prune(tmp_path, 7)

    assert at_the_cut == [(True, False)]
    assert [(v.sound, v.unproved) for v in read_log(tmp_path).verify(statement=old)] == [(True, True)]


def test_a_statement_that_is_not_genuine_is_refused(tmp_path: Path) -> None:
    # Guards: verify._refuse_forged.
    fill(tmp_path / "a", [asked(1)])
    fill(tmp_path / "b", [asked(1)])
    statement, foreign = _keeper(tmp_path / "a").statement(), _keeper(tmp_path / "b").statement()
    reader = read_log(tmp_path / "a")

    with pytest.raises(InvalidArgumentsError, match="is not genuine"):
        reader.verify(statement=replace(statement, at=at(9)))
    with pytest.raises(InvalidArgumentsError, match="signed with another key"):
        reader.verify(statement=foreign)
    with pytest.raises(InvalidArgumentsError, match="signed with another key"):
        reader.verify(statement=statement, key=foreign.key)


@pytest.mark.parametrize("deed", ["prune", "statement"])
def test_an_unsound_log_is_left_as_evidence(tmp_path: Path, deed: str) -> None:
    # Guards: LogWriterKeeper._refuse_unsound.
    fill(tmp_path, map(asked, range(1, 11)))
    tamper(tmp_path, "DELETE FROM records WHERE seq = 7; DELETE FROM found WHERE position = 7")
    before = _records(tmp_path)

    with pytest.raises(CrashgateError) as error:
        _keeper(tmp_path).prune(at(5)) if deed == "prune" else _keeper(tmp_path).statement()
    assert error.value.code is Code.LOG_DAMAGED
    assert _records(tmp_path) == before


async def test_a_server_goes_on_writing_while_its_chain_is_pruned(tmp_path: Path) -> None:
    # Guards: that a prune claims a chain of its own, and that a writer holds up under the change of the schema.
    async with aclosing(open_log(tmp_path)) as log:
        for number in range(1, 11):
            await log.append(asked(number))
            await log.append(replace(OUTCOME, call=call(number), at=at(number)))
        assert _prune(tmp_path, 5) == [("main", 8, 8)]
        for number in range(11, 14):
            await log.append(asked(number))
            await log.append(replace(OUTCOME, call=call(number), at=at(number)))

    assert _told(tmp_path) == [("main", 8, 18, True), ("main-2", 0, 2, True)]


_PRUNER = """
import sys
from pathlib import Path
from tests.logs import keep_log
print(keep_log(Path(sys.argv[1])).prune(sys.argv[2])[0].count, flush=True)
"""


async def test_another_process_prunes_and_never_writes_the_chain_of_this_one(tmp_path: Path, root: Path) -> None:
    async with aclosing(open_log(tmp_path)) as log:
        for number in range(1, 6):
            await log.append(asked(number))
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", _PRUNER, str(tmp_path), at(3)],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        with pytest.raises(LogUnavailableError, match="Another process writes this chain"):
            open_log(tmp_path, chain="main")
        await log.append(asked(6))

    assert done.stdout == "2\n"
    assert [(stored.chain, stored.record.KIND) for stored in read_log(tmp_path).records()] == [
        *[("main", "decision")] * 3,
        ("main-2", "checkpoint"),
        ("main-2", "prune"),
        ("main", "decision"),
    ]
    assert _told(tmp_path) == [("main", 2, 4, True), ("main-2", 0, 2, True)]
