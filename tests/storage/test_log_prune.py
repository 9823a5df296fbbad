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
from crashgate.audit.retention import LogKeeper
from crashgate.audit.search import Query
from crashgate.audit.statement import read_statement
from crashgate.errors import Code, CrashgateError, InvalidArgumentsError, LogUnavailableError
from crashgate.storage.log_keys import LogKeys
from tests.audit.samples import OUTCOME, call
from tests.logs import keep_log, open_log, read_log
from tests.storage.log_folder import asked, at, fill
from tests.storage.log_homes import LogHome, SqliteHome, Tampering, changed, without

pytestmark = pytest.mark.threats(27)


def _prune(home: LogHome, before: int) -> list[tuple[str, int, int]]:
    return [(cut.chain, cut.seq, cut.count) for cut in home.keeper.prune(at(before))]


def _verdicts(home: LogHome) -> list[tuple[str, int, int, bool]]:
    return [(v.chain, v.pruned, v.good, v.sound) for v in home.reader.verify()]


def _keeper(folder: Path) -> LogKeeper:
    return keep_log(folder)


def test_what_is_old_goes_and_the_rest_is_sound(home: LogHome) -> None:
    home.fill(map(asked, range(1, 11)))

    assert _prune(home, 5) == [("main", 4, 4)]
    *kept, checkpoint, prune = home.records()
    assert kept == [asked(number) for number in range(5, 11)]
    assert isinstance(checkpoint, CheckpointRecord)
    assert (checkpoint.chain, checkpoint.seq, checkpoint.count) == ("main", 4, 4)
    assert checkpoint.key == home.keeper.public_key()
    assert isinstance(prune, PruneRecord)
    assert (prune.before, prune.count, prune.chains) == (at(5), 4, ("main",))
    assert prune.sentence == f"{prune.by} pruned 4 records from before {at(5)}, of main."
    assert _verdicts(home) == [("main", 4, 8, True)]


def test_a_chain_goes_on_where_it_was_after_a_prune(home: LogHome) -> None:
    # Guards: that the last record of a chain always stays; without it the next would be number 1 again.
    home.fill(map(asked, range(1, 4)), chain="other")
    home.fill(map(asked, range(1, 4)), chain="main")

    assert _prune(home, 900) == [("main", 2, 2), ("other", 2, 2)]
    home.fill([asked(901)], chain="other")
    home.fill([asked(902)], chain="main")
    assert _verdicts(home) == [("main", 2, 5, True), ("other", 2, 2, True)]


def test_the_next_prune_needs_only_its_own_checkpoint(home: LogHome) -> None:
    # Guards: that a chain which starts later gets a new checkpoint each time, so that the old one may go.
    home.fill(map(asked, range(1, 5)), chain="other")
    home.fill(map(asked, range(1, 5)), chain="main")
    _prune(home, 3)
    late = [replace(asked(1), at="2031-01-01T00:00:00.000Z"), replace(asked(2), at="2031-01-01T00:00:01.000Z")]
    home.fill(late, chain="main")
    cuts = home.keeper.prune("2030-01-01T00:00:00.000Z")

    assert [(cut.chain, cut.seq) for cut in cuts] == [("main", 7), ("other", 3)]
    assert [record.KIND for record in home.records()].count("checkpoint") == 2
    assert _verdicts(home) == [("main", 7, 5, True), ("other", 3, 1, True)]


def test_nothing_is_stored_where_nothing_is_old_or_only_asked_about(home: LogHome) -> None:
    home.fill(map(asked, range(1, 4)))
    cuts = home.keeper.prune(at(3), dry_run=True)

    assert [(cut.chain, cut.seq, cut.count) for cut in cuts] == [("main", 2, 2)]
    assert _prune(home, 1) == []
    assert home.records() == [asked(1), asked(2), asked(3)]
    assert not (home.folder / "checkpoint.key").exists()


@pytest.mark.threats(29)
def test_what_was_pruned_is_in_no_file_any_more(tmp_path: Path) -> None:
    # Guards: secure_delete; a page that is only marked as free still holds the text.
    fill(tmp_path, [replace(asked(number), client=f"canary-{number:04}") for number in range(1, 300)])
    keep_log(tmp_path).prune(at(290))

    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [number for number in range(1, 290) if b"canary-%04d" % number in content] == []
    assert b"canary-0290" in content


def test_many_records_go_in_several_turns(home: LogHome, monkeypatch: pytest.MonkeyPatch) -> None:
    # Guards: the steps of LogKeeper._carry_out, also the last one, which is not full.
    monkeypatch.setattr("crashgate.audit.retention._AT_A_TIME", 3)
    home.fill(map(asked, range(1, 12)))

    assert _prune(home, 9) == [("main", 8, 8)]
    assert _verdicts(home) == [("main", 8, 5, True)]
    assert len(list(home.reader.search(Query()))) == 3


def test_after_a_prune_the_store_still_refuses_to_delete(tmp_path: Path) -> None:
    # Guards: FORBID_DELETE at the end of SqliteRowWriter.cut; and that the keys go with their records.
    fill(tmp_path, map(asked, range(1, 12)))
    keep_log(tmp_path).prune(at(9))

    with closing(sqlite3.connect(tmp_path / "decisions.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM found").fetchone() == (3,)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("DELETE FROM records")


def test_a_prune_that_was_cut_short_leaves_a_sound_log_and_is_finished_by_the_next(
    home: LogHome, tmp_path: Path
) -> None:
    # Guards: _Walk._begin: some of what the checkpoint gives up may still be there.
    home.fill(map(asked, range(1, 11)))
    _prune(home, 3)
    home.fill([])
    copy = home.copy(tmp_path / "copy")
    _prune(home, 8)
    (checkpoint,) = (each for each in home.records() if isinstance(each, CheckpointRecord) and each.seq == 7)
    copy.fill([checkpoint])  # as if the deed had not followed the word

    assert _verdicts(copy) == [("main", 2, 11, True)]
    assert _prune(copy, 8) == [("main", 7, 5)]
    assert _verdicts(copy)[0][1:] == (7, 8, True)


@pytest.mark.ablation("a checkpoint is signed")
@pytest.mark.parametrize(
    ("tampering", "fault", "seq"),
    [
        pytest.param(without(11), Fault.MISSING, 1, id="checkpoint removed"),
        pytest.param(without(5), Fault.MISSING, 1, id="more cut off at the start"),
        pytest.param(without(11, 12), Fault.MISSING, 1, id="end cut off with the checkpoint"),
        pytest.param(without(12), Fault.TRUNCATED, 12, id="record of the prune removed"),
        pytest.param(changed(11, body=('"seq":4', '"seq":5')), Fault.MISSING, 1, id="checkpoint moved"),
    ],
)
def test_whoever_cuts_more_than_the_checkpoint_says_is_found(
    home: LogHome, tampering: Tampering, fault: Fault, seq: int
) -> None:
    # Guards: the start of a chain in chain._Walk, and the signature in _Verification._starts.
    home.fill(map(asked, range(1, 11)))
    _prune(home, 5)
    home.tamper(tampering)

    assert home.faults() == [("main", fault, seq)]


def test_a_checkpoint_of_another_key_gives_a_chain_no_later_start(home: LogHome, tmp_path: Path) -> None:
    # Guards: the comparison of the key in _Verification._starts.
    home.fill(map(asked, range(1, 11)))
    _prune(home, 5)
    public = home.folder / "checkpoint.pub"
    public.write_text(f"{LogKeys(tmp_path / 'other').signer().public}\n")

    assert home.faults() == [("main", Fault.MISSING, 1)]
    public.unlink()
    assert home.faults() == [("main", Fault.MISSING, 1)]


def test_a_forged_checkpoint_in_a_whole_chain_is_named(tmp_path: Path) -> None:
    fill(tmp_path, map(asked, range(1, 11)))
    keep_log(tmp_path).prune(at(5))
    (genuine,) = (s.record for s in read_log(tmp_path).records() if isinstance(s.record, CheckpointRecord))
    other = tmp_path / "other"
    fill(other, [*map(asked, range(1, 4)), replace(genuine, seq=2, count=2)])
    LogKeys(other).signer()
    shutil.copy(tmp_path / "checkpoint.pub", other / "checkpoint.pub")

    (verdict,) = read_log(other).verify()
    assert (verdict.fault, verdict.seq, verdict.good) == (Fault.FORGED, 4, 3)
    assert verdict.why == "record 4 is a checkpoint, and the log's key did not sign it"


def test_an_old_copy_with_its_head_is_found_by_whoever_kept_a_statement(home: LogHome, tmp_path: Path) -> None:
    # Guards: the statement in verify_log: all that lies beside the log was put back too.
    home.fill(map(asked, range(1, 4)))
    home.keeper.public_key()
    copy = home.copy(tmp_path / "copy")
    home.fill(map(asked, range(4, 7)))
    statement = read_statement(json.dumps(home.keeper.statement().to_json()))
    home.fill([asked(7)])
    assert [v.sound for v in home.reader.verify(statement=statement)] == [True]
    home.put_back(copy, heads=True)

    assert home.faults() == [("main", None, None)]
    (verdict,) = home.reader.verify(statement=statement)
    assert (verdict.fault, verdict.seq) == (Fault.TRUNCATED, 4)
    home.fill(map(asked, range(14, 18)))
    (verdict,) = home.reader.verify(statement=statement)
    assert (verdict.fault, verdict.seq) == (Fault.REPLACED, 6)


def test_a_chain_that_is_gone_is_found_by_whoever_kept_a_statement(home: LogHome) -> None:
    home.fill([asked(1)], chain="other")
    home.fill([asked(1)])
    statement = home.keeper.statement()
    home.tamper(without(1, chain="other"))
    home.lose_head("other")

    told = [(v.chain, v.fault) for v in home.reader.verify(statement=statement)]
    assert told == [("main", None), ("other", Fault.TRUNCATED)]


def test_a_statement_about_what_was_pruned_since_is_said_to_show_nothing(home: LogHome) -> None:
    home.fill(map(asked, range(1, 4)))
    old = home.keeper.statement()
    home.fill(map(asked, range(4, 9)))
    _prune(home, 4)
    at_the_cut = [(v.sound, v.unproved) for v in home.reader.verify(statement=old)]
    _prune(home, 7)

    assert at_the_cut == [(True, False)]
    assert [(v.sound, v.unproved) for v in home.reader.verify(statement=old)] == [(True, True)]


@pytest.mark.ablation("a statement is genuine")
def test_a_statement_that_is_not_genuine_is_refused(tmp_path: Path) -> None:
    # Guards: verify._refuse_forged.
    fill(tmp_path / "a", [asked(1)])
    fill(tmp_path / "b", [asked(1)])
    statement, foreign = _keeper(tmp_path / "a").statement(), _keeper(tmp_path / "b").statement()
    reader = read_log(tmp_path / "a")

    with pytest.raises(InvalidArgumentsError, match="is not genuine"):
        reader.verify(statement=replace(statement, at=at(9)))
    with pytest.raises(InvalidArgumentsError, match="signed with a different key"):
        reader.verify(statement=foreign)
    with pytest.raises(InvalidArgumentsError, match="signed with a different key"):
        reader.verify(statement=statement, key=foreign.key)


@pytest.mark.ablation("an unsound log is not pruned")
@pytest.mark.parametrize("deed", ["prune", "statement"])
def test_an_unsound_log_is_left_as_evidence(home: LogHome, deed: str) -> None:
    # Guards: LogWriterKeeper._refuse_unsound.
    home.fill(map(asked, range(1, 11)))
    home.tamper(without(7))
    before = home.records()

    with pytest.raises(CrashgateError) as error:
        home.keeper.prune(at(5)) if deed == "prune" else home.keeper.statement()
    assert error.value.code is Code.LOG_DAMAGED
    assert home.records() == before


async def test_a_server_goes_on_writing_while_its_chain_is_pruned(home: LogHome) -> None:
    # Guards: that a prune claims a chain of its own, and that a writer holds up under the change of the schema.
    async with aclosing(home.open()) as log:
        for number in range(1, 11):
            await log.append(asked(number))
            await log.append(replace(OUTCOME, call=call(number), at=at(number)))
        assert _prune(home, 5) == [("main", 8, 8)]
        for number in range(11, 14):
            await log.append(asked(number))
            await log.append(replace(OUTCOME, call=call(number), at=at(number)))

    assert _verdicts(home) == [("main", 8, 18, True), ("main-2", 0, 2, True)]


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
    assert _verdicts(SqliteHome(tmp_path)) == [("main", 2, 4, True), ("main-2", 0, 2, True)]
