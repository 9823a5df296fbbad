import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.audit.call import Entry
from crashgate.audit.record import DecisionRecord, Effect, OutcomeRecord, Record
from crashgate.errors import Code, CrashgateError, LogUnavailableError
from crashgate.storage.log_schema import connect_to_read
from tests.audit.samples import DECISION, OUTCOME, call
from tests.logs import open_log, read_log
from tests.storage.log_homes import LogHome, changed


def _asked(number: int) -> DecisionRecord:
    return replace(DECISION, call=call(number), at=f"2026-11-20T17:00:{number:02}.000Z")


def _ended(number: int) -> OutcomeRecord:
    return replace(OUTCOME, call=call(number), at=f"2026-11-20T17:00:{number:02}.500Z")


def _store(folder: Path, records: Sequence[Record], chain: str | None = None) -> None:
    async def store() -> None:
        async with aclosing(open_log(folder, chain=chain)) as log:
            for record in records:
                await log.append(record)

    asyncio.run(store())


def _pairs(entries: Iterable[Entry]) -> list[tuple[DecisionRecord, OutcomeRecord | None]]:
    return [(entry.decision.record, entry.outcome.record if entry.outcome else None) for entry in entries]


def test_records_of_all_chains_come_in_the_order_in_which_they_were_stored(home: LogHome) -> None:
    home.fill([_asked(1), _asked(2)])
    home.fill([_asked(3)], chain="other")
    home.fill([_ended(1)])

    assert home.records() == [_asked(1), _asked(2), _asked(3), _ended(1)]


def test_a_span_of_time_holds_its_start_and_not_its_end(home: LogHome) -> None:
    home.fill([_asked(1), _ended(1), _asked(2), _asked(3)])

    assert home.records(since=_ended(1).at) == [_ended(1), _asked(2), _asked(3)]
    assert home.records(until=_asked(3).at) == [_asked(1), _ended(1), _asked(2)]
    assert home.records(since=_ended(1).at, until=_asked(2).at) == [_ended(1)]


def test_entries_come_newest_first_each_with_its_outcome(home: LogHome) -> None:
    denied = replace(_asked(3), effect=Effect.DENY)
    home.fill([_asked(1), _asked(2), denied, _ended(1)])
    entries = home.reader.entries
    everything = [(denied, None), (_asked(2), None), (_asked(1), _ended(1))]

    assert _pairs(entries()) == everything
    assert _pairs(entries(newest=2)) == everything[:2]
    assert _pairs(entries(newest=0)) == []
    assert _pairs(entries(since=_asked(2).at)) == everything[:2]
    assert _pairs(entries(until=_asked(2).at)) == everything[2:]
    assert [entry.unknown for entry in entries()] == [False, True, False]


class _Enough(Exception):  # noqa: N818 - it is no error
    """Ends a following that would go on for ever."""


def test_following_shows_the_newest_and_then_whatever_comes(home: LogHome) -> None:
    home.fill([_asked(1), _asked(2), _asked(3)])
    more: list[list[Record]] = [[_asked(4)], [], [_ended(1), _asked(5)]]

    def pause() -> None:
        if not more:
            raise _Enough
        home.fill(more.pop(0))

    following = home.reader.follow(newest=2, pause=pause)
    assert [next(following).record for _ in range(5)] == [_asked(2), _asked(3), _asked(4), _ended(1), _asked(5)]
    with pytest.raises(_Enough):
        next(following)


def test_where_there_is_no_log_it_says_so_and_makes_none(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(LogUnavailableError, match="There is none yet"):
            read_log(folder).verify()

    assert list(tmp_path.iterdir()) == []


def test_a_log_of_a_later_version_is_not_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "decisions.sqlite3")) as database:
        database.execute("PRAGMA user_version = 3")

    with pytest.raises(LogUnavailableError, match="Its format is 3; this crashgate reads 2"):
        list(read_log(tmp_path).records())


def test_the_reader_cannot_write(tmp_path: Path) -> None:
    # Guards: mode=ro in connect_to_read.
    _store(tmp_path, [_asked(1)])

    with (
        closing(connect_to_read(tmp_path / "decisions.sqlite3")) as database,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        database.execute("DROP TRIGGER records_are_not_changed")


@pytest.mark.threats(27)
def test_a_record_that_cannot_be_read_is_named(home: LogHome) -> None:
    # Guards: the ValueError in LogReader._decode.
    home.fill([_asked(1), _asked(2)])
    home.tamper(changed(2, body="{"))

    with pytest.raises(CrashgateError) as error:
        home.records()
    assert error.value.code is Code.LOG_DAMAGED
    assert error.value.why.startswith("Record 2 of the chain main cannot be read")
