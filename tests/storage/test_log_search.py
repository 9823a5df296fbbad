import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.audit.attempt import AttemptRecord
from crashgate.audit.call import Aside, Entry
from crashgate.audit.chain import Fault
from crashgate.audit.reader import LogReader
from crashgate.audit.record import Effect, OutcomeRecord
from crashgate.audit.search import KEY_NAMES, Query
from crashgate.errors import Code, CrashgateError, LogUnavailableError
from tests.audit.samples import ATTEMPT, OUTCOME, call
from tests.logs import read_log
from tests.storage.log_folder import as_first_version, asked, at, fill, tamper
from tests.storage.log_homes import LogHome, Tampering, rekeyed

CALLS = (
    asked(1),
    replace(asked(2), agent="release-manager", tool="list_releases", resource="release", target="releases"),
    replace(asked(3), effect=Effect.DENY, project="5f1a2b3c4d5e6f7a8b9c0d99", project_slug="payments-api"),
    replace(asked(4), connection="other", arguments={"query": "NullPointer", "ids": ("x1", "x2")}, target=None),
)
ENDED = tuple(replace(OUTCOME, call=call(number), at=at(number + 10)) for number in (1, 2))


@pytest.fixture
def log(home: LogHome) -> LogReader:
    home.fill([CALLS[0], CALLS[1], ENDED[1], replace(ATTEMPT, at=at(2)), CALLS[2], CALLS[3], ENDED[0]])
    return home.reader


def _found(log: LogReader, query: Query) -> list[int]:
    return [int(entry.decision.record.call, 16) for entry in log.search(query)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (Query(), [4, 3, 2, 1]),
        (Query(oldest_first=True), [1, 2, 3, 4]),
        (Query(limit=2), [4, 3]),
        (Query(limit=2, oldest_first=True), [1, 2]),
        (Query(agent="release-manager"), [2]),
        (Query(agent="nobody"), []),
        (Query(tool="list_releases"), [2]),
        (Query(resource="release"), [2]),
        (Query(connection="other"), [4]),
        (Query(project="payments-api"), [3]),
        (Query(project="5f1a2b3c4d5e6f7a8b9c0d99"), [3]),
        (Query(effect=Effect.DENY), [3]),
        (Query(effect=Effect.ALLOW, agent="triage-agent"), [4, 1]),
        (Query(since=at(2), until=at(4)), [3, 2]),
        (Query(target="nullpointer"), [4]),
        (Query(target="X2"), [4]),
        (Query(target="payments"), [3]),
        (Query(target="releases", limit=1), [2]),
        (Query(target="' OR 1=1 --"), []),
    ],
)
def test_calls_are_found_by_what_they_were(log: LogReader, query: Query, numbers: list[int]) -> None:
    assert _found(log, query) == numbers


def test_what_is_found_has_its_outcome(log: LogReader) -> None:
    found = {
        int(entry.decision.record.call, 16): entry.outcome and entry.outcome.record for entry in log.search(Query())
    }

    assert found == {4: None, 3: None, 2: ENDED[1], 1: ENDED[0]}


def test_the_history_holds_calls_and_attempts_in_their_order(log: LogReader) -> None:
    told = list(log.history())

    kinds = [each.decision.record if isinstance(each, Entry) else each.stored.record for each in told]
    assert kinds == [CALLS[0], CALLS[1], replace(ATTEMPT, at=at(2)), CALLS[2], CALLS[3]]
    assert [each.outcome is not None for each in told if isinstance(each, Entry)] == [True, True, False, False]
    assert [type(each.stored.record) for each in log.history(since=at(2)) if isinstance(each, Aside)] == [AttemptRecord]
    assert len(list(log.history(until=at(2)))) == 1


def test_a_log_of_the_first_version_is_read_and_gets_its_keys_when_it_is_opened(tmp_path: Path) -> None:
    # Guards: log_schema._migrate.
    fill(tmp_path, [*CALLS, ENDED[0]])
    as_first_version(tmp_path)
    reader = read_log(tmp_path)

    assert [v.good for v in reader.verify()] == [5]
    assert len(list(reader.records())) == 5
    with pytest.raises(LogUnavailableError, match="Start crashgate once"):
        list(reader.search(Query()))
    fill(tmp_path, [ENDED[1]])
    assert _found(reader, Query(agent="triage-agent")) == [4, 3, 1]
    assert [(v.good, v.sound) for v in reader.verify()] == [(6, True)]
    assert isinstance(next(reader.search(Query(tool="list_releases"))).outcome.record, OutcomeRecord)  # type: ignore[union-attr]  # it has one


@pytest.mark.ablation("search keys that were tampered with")
@pytest.mark.threats(27)
@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("tampering", "seq"),
    [
        pytest.param(rekeyed(1, agent="somebody-else"), 1, id="agent changed"),
        pytest.param(rekeyed(5, effect="allow"), 5, id="effect changed"),
        pytest.param(rekeyed(2, tool=None), 2, id="tool removed"),
        pytest.param(rekeyed(5, **dict.fromkeys(KEY_NAMES)), 5, id="keys removed"),
        pytest.param(rekeyed(3, at=at(3), agent="triage-agent", effect="deny"), 3, id="keys of an outcome"),
        pytest.param(rekeyed(4, at="", agent="", effect=""), 4, id="keys of an attempt"),
    ],
)
def test_keys_that_were_tampered_with_show(home: LogHome, tampering: Tampering, seq: int) -> None:
    # Guards: the comparison in _Verification._rows. Record 3 is an outcome and 4 an attempt, which have no keys.
    home.tamper(tampering)

    assert home.faults() == [("main", Fault.KEYS, seq)]


@pytest.mark.ablation("search keys without a record", "indexes that do not agree with their tables")
@pytest.mark.threats(27)
@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "INSERT INTO found (position, at, agent, effect) VALUES (99, '', '', '')",
            "The search keys name a record that is not there.",
        ),
        (
            "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '''outcome''', '''decision''')",
            "An index of the database does not agree with its table.",
        ),
    ],
)
def test_keys_without_a_record_and_false_indexes_show(tmp_path: Path, script: str, why: str) -> None:
    # Guards: SqliteRows.check: what an index leaves out, a search does not find.
    fill(tmp_path, [*CALLS, *ENDED])
    tamper(tmp_path, script)

    with pytest.raises(CrashgateError) as error:
        read_log(tmp_path).verify()
    assert (error.value.code, error.value.why) == (Code.LOG_DAMAGED, why)


def test_a_search_reads_few_pages_of_a_long_log(tmp_path: Path) -> None:
    # Guards: that the keys are searched and not the records; and that the outcome is looked up by its index.
    fill(tmp_path, map(asked, range(1, 30)))
    with closing(sqlite3.connect(tmp_path / "decisions.sqlite3")) as database:
        plans = [
            " ".join(str(row[3]) for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", ("x",)))
            for statement in (
                "SELECT position FROM found WHERE agent = ? ORDER BY position DESC",
                "SELECT * FROM records WHERE call = ? AND kind = 'outcome'",
            )
        ]

    assert plans == ["SCAN found", "SEARCH records USING INDEX records_outcomes (call=?)"]
