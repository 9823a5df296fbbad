"""Looks for calls by their keys. Rule: the keys say where to look, the records say what is shown.

Reads the decision log while others write it. Rule: it opens read-only and shows what is there, or says why not.
"""

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from crashgate.audit.call import Aside, Entry, pair, tell
from crashgate.audit.canonical import decode
from crashgate.audit.chain import Row, Verdict
from crashgate.audit.record import DecisionRecord, Record, Stored
from crashgate.audit.search import Query, fits
from crashgate.audit.statement import Statement
from crashgate.errors import InvalidArgumentsError
from crashgate.sanitise import clean
from crashgate.storage.log_failure import cannot_read, damaged
from crashgate.storage.log_files import DATABASE
from crashgate.storage.log_keys import is_signed, public_key
from crashgate.storage.log_prune import SqliteLogKeeper
from crashgate.storage.log_schema import COLUMNS, OLDEST, VERSION, connect_to_read, stored_version, to_row
from crashgate.storage.log_verify import check
from crashgate.storage.sqlite import reason
from crashgate.storage.system import SystemClock

_DECISION = f"SELECT {COLUMNS} FROM records WHERE position = ?"  # noqa: S608 - no value of anyone's in it
_OUTCOME = f"SELECT {COLUMNS} FROM records WHERE call = ? AND kind = 'outcome'"  # noqa: S608 - the same
_MANY = 500


def search(database: sqlite3.Connection, query: Query) -> Iterator[tuple[Row, Row | None]]:
    """The decisions that fit, each with its outcome; what ``fits`` says and ``limit`` are for the caller to look at."""
    clauses, values = _where(query)
    order = "ASC" if query.oldest_first else "DESC"
    found = database.execute(
        f"SELECT position FROM found WHERE {clauses} ORDER BY position {order}",  # noqa: S608 - no value in it
        values,
    )
    while positions := list(islice(found, _MANY)):
        for (position,) in positions:
            decision = database.execute(_DECISION, (position,)).fetchone()
            if decision is None:
                continue  # pruned meanwhile
            row = to_row(decision)
            yield row, outcome_of(database, row)


def outcome_of(database: sqlite3.Connection, decision: Row) -> Row | None:
    """The outcome of a decision, or None while there is none."""
    outcome = database.execute(_OUTCOME, (decision.call,)).fetchone()
    return None if outcome is None else to_row(outcome)


def _where(query: Query) -> tuple[str, list[str]]:
    equal = {
        "agent": query.agent,
        "tool": query.tool,
        "resource": query.resource,
        "connection": query.connection,
        "effect": query.effect,
    }
    clauses = {f"{name} = ?": value for name, value in equal.items() if value is not None}
    if query.since is not None:
        clauses["at >= ?"] = query.since
    if query.until is not None:
        clauses["at < ?"] = query.until
    values = [str(value) for value in clauses.values()]
    parts = list(clauses)
    if query.project is not None:
        parts.append("(project = ? OR project_slug = ?)")
        values += [query.project, query.project]
    return " AND ".join(parts) or "1", values


_SELECT = f"SELECT records.position, {COLUMNS} FROM records"  # noqa: S608 - no value of anyone's in it
_POLL_SECONDS = 0.25
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class SqliteLogReader:
    """A ``LogReader`` over the database in a folder. It holds nothing open between two calls."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the one that ``SqliteLog.open`` was given."""
        self._folder = folder

    def records(self, *, since: str | None = None, until: str | None = None) -> Iterator[Stored[Record]]:
        """Records of all chains in the order in which they were stored, from ``since`` and before ``until``."""
        with self._database() as database:
            for _, row in _rows(database, "WHERE at >= ? AND at < ? ORDER BY position", since or "", until or "~"):
                yield self._stored(row)

    def entries(
        self, *, since: str | None = None, until: str | None = None, newest: int | None = None
    ) -> Iterator[Entry]:
        """Entries by the time of their decision, newest first; at most ``newest`` of them."""
        told = self.told(since=since, until=until)
        yield from islice((each for each in told if isinstance(each, Entry)), newest)

    def told(
        self, *, since: str | None = None, until: str | None = None, newest: int | None = None
    ) -> Iterator[Entry | Aside]:
        """The same together with what is not of a call."""
        with self._database() as database:
            backwards = _rows(database, "WHERE at >= ? ORDER BY position DESC", since or "")
            found = tell(self._stored(row) for _, row in backwards)
            yield from islice((each for each in found if until is None or each.at < until), newest)

    def follow(
        self, *, newest: int = 0, pause: Callable[[], None] = lambda: time.sleep(_POLL_SECONDS)
    ) -> Iterator[Stored[Record]]:
        """The ``newest`` records there are, then each new one as it is stored; never ends by itself.

        ``pause`` is called whenever there is nothing new. Between two looks no lock is held.
        """
        with self._database() as database:
            last: int = database.execute("SELECT coalesce(max(position), 0) FROM records").fetchone()[0] - newest
            while True:
                new = list(_rows(database, "WHERE position > ? ORDER BY position LIMIT 500", last))
                for position, row in new:
                    last = position
                    yield self._stored(row)
                if not new:
                    pause()

    def history(self, *, since: str | None = None, until: str | None = None) -> Iterator[Entry | Aside]:
        """Calls with their outcomes and what is not of a call, in the order in which they were stored."""
        with self._database() as database:
            self._need_keys(database)
            span = (since or "", until or "~")
            for _, row in _rows(database, "WHERE kind <> 'outcome' AND at >= ? AND at < ? ORDER BY position", *span):
                outcome = outcome_of(database, row) if row.kind == DecisionRecord.KIND else None
                yield from tell([*([self._stored(outcome)] if outcome else []), self._stored(row)])

    def search(self, query: Query) -> Iterator[Entry]:
        """Calls that fit the query, newest first unless it says otherwise."""
        with self._database() as database:
            self._need_keys(database)
            entries = (self._entry(*rows) for rows in search(database, query))
            fitting = (each for each in entries if fits(each.decision.record, query))
            yield from islice(fitting, query.limit)

    def verify(self, *, statement: Statement | None = None, key: str | None = None) -> tuple[Verdict, ...]:
        """Check every chain; one verdict each.

        Raises CrashgateError ``log_damaged`` when the file itself is broken, naming the last record before the break,
        and InvalidArgumentsError for a statement that is not signed with the log's key.
        """
        if statement is not None:
            _refuse_forged(statement, key or public_key(self._folder))
        with self._database() as database:
            return check(database, self._folder, statement=statement, key=key)

    def keeper(self) -> SqliteLogKeeper:
        """The same log for its operator, who may prune it."""
        return SqliteLogKeeper(self._folder, self._database, SystemClock())

    @contextmanager
    def _database(self) -> Generator[sqlite3.Connection]:
        path = self._folder / DATABASE
        if not path.is_file():
            raise cannot_read(
                "There is none yet.",
                self._folder,
                remedy=f"`crashgate serve` makes it in {self._folder} at its start; --state names another folder.",
            )
        try:
            with closing(connect_to_read(path)) as database:
                version = stored_version(database)
                if not OLDEST <= version <= VERSION:
                    raise cannot_read(f"Its format is {version}; this crashgate reads {VERSION}.", self._folder)
                yield database
        except sqlite3.Error as error:
            if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE:
                raise damaged(reason(error), self._folder) from error
            raise cannot_read(reason(error), self._folder) from error
        except OSError as error:
            raise cannot_read(reason(error), self._folder) from error

    def _need_keys(self, database: sqlite3.Connection) -> None:
        if stored_version(database) != VERSION:
            why = "It was written by an earlier crashgate, which kept nothing to search it by."
            raise cannot_read(why, self._folder, remedy="Start crashgate once; that adds it.")

    def _entry(self, decision: Row, outcome: Row | None) -> Entry:
        """Raises CrashgateError ``log_damaged`` when the rows are not what their place says."""
        asked, ended = self._stored(decision), None if outcome is None else self._stored(outcome)
        for entry in pair([*([ended] if ended else []), asked]):
            return entry
        raise damaged("The search keys name a record that is no decision.", self._folder)

    def _stored(self, row: Row) -> Stored[Record]:
        try:
            record = decode(row.body)
        except ValueError as error:
            chain = clean(row.chain, limit=64, lines=False)
            raise damaged(f"Record {row.seq} of the chain {chain} cannot be read: {error}.", self._folder) from error
        return Stored(chain=row.chain, seq=row.seq, previous=row.previous, hash=row.hash, record=record)


def _refuse_forged(statement: Statement, key: str | None) -> None:
    if not is_signed(statement.text, key=statement.key, signature=statement.signature):
        raise InvalidArgumentsError(
            "The statement is not genuine.",
            why="Its signature does not fit what it says.",
            remedy="Take the file that `crashgate log checkpoint` printed, unchanged.",
        )
    if statement.key != key:
        raise InvalidArgumentsError(
            "The statement is signed with another key than this log's.",
            why="It is of another log, or the key beside this one was replaced.",
            remedy="Compare it with `crashgate log key`, or name the key that you trust with --signed-by.",
        )


def _rows(database: sqlite3.Connection, clauses: str, *values: object) -> Iterator[tuple[int, Row]]:
    """The rows with their positions, read as they are asked for."""
    for position, *columns in database.execute(f"{_SELECT} {clauses}", values):
        yield position, to_row(columns)
