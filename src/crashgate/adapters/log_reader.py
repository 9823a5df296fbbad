"""Reads the decision log while others write it. Rule: it opens read-only and shows what is there, or says why not."""

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crashgate.adapters.log_claim import kept_heads
from crashgate.adapters.log_failure import cannot_read, damaged, reason
from crashgate.adapters.log_files import DATABASE
from crashgate.adapters.log_schema import COLUMNS, VERSION, connect_to_read, stored_version, to_row
from crashgate.decisions.canonical import decode
from crashgate.decisions.chain import Row, Verdict, verify
from crashgate.decisions.entry import Entry, pair
from crashgate.decisions.record import Record, Stored
from crashgate.text import clean

_SELECT = f"SELECT position, {COLUMNS} FROM records"  # noqa: S608 - no value of anyone's in it
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
        left = -1 if newest is None else newest
        with self._database() as database:
            backwards = _rows(database, "WHERE at >= ? ORDER BY position DESC", since or "")
            for entry in pair(self._stored(row) for _, row in backwards):
                if left == 0:
                    return
                if until is None or entry.decision.record.at < until:
                    left -= 1
                    yield entry

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

    def verify(self) -> tuple[Verdict, ...]:
        """Check every chain; one verdict each.

        Raises CrashgateError ``log_damaged`` when the file itself is broken, naming the last record before the break.
        """
        last = ""

        def rows() -> Iterator[Row]:
            nonlocal last
            for _, row in _rows(database, "ORDER BY position"):
                last = f" It can be read up to record {row.seq} of the chain {row.chain}."
                yield row

        with self._database() as database:
            heads = kept_heads(self._folder)  # before the records: the writer keeps a head after it stored the record
            try:
                return verify(rows(), heads)
            except sqlite3.DatabaseError as error:
                raise damaged(f"{reason(error)}{clean(last, limit=200, lines=False)}", self._folder) from error

    @contextmanager
    def _database(self) -> Generator[sqlite3.Connection]:
        path = self._folder / DATABASE
        if not path.is_file():
            raise cannot_read("There is no decision log in this folder.", self._folder)
        try:
            with closing(connect_to_read(path)) as database:
                version = stored_version(database)
                if version != VERSION:
                    raise cannot_read(f"Its format is {version}; this crashgate reads {VERSION}.", self._folder)
                yield database
        except sqlite3.Error as error:
            if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE:
                raise damaged(reason(error), self._folder) from error
            raise cannot_read(reason(error), self._folder) from error
        except OSError as error:
            raise cannot_read(reason(error), self._folder) from error

    def _stored(self, row: Row) -> Stored[Record]:
        try:
            record = decode(row.body)
        except ValueError as error:
            chain = clean(row.chain, limit=64, lines=False)
            raise damaged(f"Record {row.seq} of the chain {chain} cannot be read: {error}.", self._folder) from error
        return Stored(chain=row.chain, seq=row.seq, previous=row.previous, hash=row.hash, record=record)


def _rows(database: sqlite3.Connection, clauses: str, *values: object) -> Iterator[tuple[int, Row]]:
    """The rows with their positions, read as they are asked for."""
    for position, *columns in database.execute(f"{_SELECT} {clauses}", values):
        yield position, to_row(columns)
