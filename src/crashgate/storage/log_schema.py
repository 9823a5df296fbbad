"""The decision log as tables of SQLite. Records are inserted and never changed; only ``cut`` deletes them.

``position`` is the order in which records of all chains were stored; the chains do not cover it. The table ``found``
holds the keys by which decisions are searched for. It is derived from the records: a log of version 1, which has none,
gets it when it is first opened for writing.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from crashgate.audit.canonical import decode_as
from crashgate.audit.chain import Row
from crashgate.audit.port import DISK_FULL, cannot_open
from crashgate.audit.record import DecisionRecord
from crashgate.audit.search import KEY_NAMES, keys_of, to_columns
from crashgate.storage.log_files import is_claimed
from crashgate.storage.sqlite import reason

VERSION = 2
_NAMES = ("chain", "seq", "at", "kind", "call", "agent", "body", "previous", "hash")
OLDEST = 1
"""The oldest version that can be read; only the search needs more."""

COLUMNS = ", ".join(f"records.{name}" for name in _NAMES)
KEY_COLUMNS = ", ".join(f"found.{name}" for name in KEY_NAMES)

ALLOW_DELETE = "DROP TRIGGER records_are_not_deleted;"
"""Only ``cut`` uses it, and restores ``FORBID_DELETE`` in the same transaction."""

FORBID_DELETE = """CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;"""

_FORBID_CHANGE = """CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;"""

_TABLES = """
CREATE TABLE records (
    position INTEGER PRIMARY KEY,
    chain    TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    at       TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    call     TEXT    NOT NULL,
    agent    TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    UNIQUE (chain, seq)
);
"""
_GUARDS = (
    # check: the log does not change a record
    _FORBID_CHANGE,
    FORBID_DELETE,
)
_SEARCH = f"""
CREATE TABLE found (
    position     INTEGER PRIMARY KEY,
    at           TEXT NOT NULL,
    agent        TEXT NOT NULL,
    tool         TEXT,
    resource     TEXT,
    connection   TEXT,
    project      TEXT,
    project_slug TEXT,
    effect       TEXT NOT NULL
);
CREATE INDEX records_outcomes ON records (call) WHERE kind = 'outcome';
CREATE INDEX records_checkpoints ON records (chain) WHERE kind = 'checkpoint';
PRAGMA user_version = {VERSION};
"""


_WRITING = {
    "journal_mode": "WAL",
    # check[never]: the log is on the disk before it counts
    "synchronous": "FULL",
    "wal_autocheckpoint": 0,  # the writer's thread does it when nobody waits
    "fullfsync": "ON",  # macOS: its fsync alone does not reach the platter
}


def connect_to_write(database: Path, patience: float) -> sqlite3.Connection:
    """A connection whose every statement is its own durable transaction, unless ``Waits`` says otherwise.

    ``patience`` is how long to wait for a foreign lock, in seconds. Raises sqlite3.Error, and LogUnavailableError
    for a database of another version. To be called in turn: two processes must not make the tables at once.
    """
    connection = sqlite3.connect(database, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        for name, value in _WRITING.items():
            connection.execute(f"PRAGMA {name} = {value}")
        _make_tables(connection, database.parent)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_tables(connection: sqlite3.Connection, folder: Path) -> None:
    version = read_version(connection)
    if version == 0:
        connection.executescript(" ".join(("BEGIN;", _TABLES, *_GUARDS, _SEARCH, "COMMIT;")))
    elif version == 1:
        _migrate(connection)
    elif version != VERSION:
        raise cannot_open(f"Its format is {version}; this crashgate writes {VERSION}.", str(folder))


def _migrate(connection: sqlite3.Connection) -> None:
    """Add the search to a log of version 1, all or nothing. A record that cannot be read is left for ``log verify``."""
    connection.executescript(f"BEGIN IMMEDIATE; {_SEARCH}")
    try:
        decisions = connection.execute("SELECT position, body FROM records WHERE kind = 'decision'")
        connection.executemany(insert_keys(1), _read_keys(decisions))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _read_keys(decisions: sqlite3.Cursor) -> Iterator[tuple[object, ...]]:
    for position, body in decisions:
        record = decode_as(DecisionRecord, str(body))
        keys = None if record is None else keys_of(record)
        if keys is not None:
            yield position, *to_columns(keys)


class Waits:
    """What the next commits of a connection wait for; one that ``connect_to_write`` made."""

    def __init__(self, connection: sqlite3.Connection, patience: float) -> None:
        """``patience`` is what the connection was made with."""
        self._connection = connection
        self._now = (True, patience)

    def change(self, *, disk: bool, lock: float) -> None:
        """Whether to wait until the disk has it, and at most how many seconds for a foreign lock.

        Without ``disk`` a commit is with the operating system only; a sync of the write-ahead log takes it to the disk.
        """
        if self._now != (disk, lock):
            # check[never]: what is pruned waits for the disk
            wait = "FULL" if disk else "NORMAL"
            self._connection.execute(f"PRAGMA synchronous = {wait}")
            self._connection.execute(f"PRAGMA busy_timeout = {round(lock * 1000)}")
            self._now = (disk, lock)


def connect_to_read(database: Path) -> sqlite3.Connection:
    """A connection that cannot write and does not stumble over damaged text. Raises sqlite3.Error.

    SQLite makes two files beside a database that it reads. Where there is no place or no room for them, a database that
    nobody writes is read without: what is written from then on is not seen.
    """
    if _is_folded(database) and not os.access(database.parent, os.W_OK):
        return _connect(database, "mode=ro&immutable=1")
    connection = _connect(database, "mode=ro")
    try:
        read_version(connection)  # the first statement makes the files
    except sqlite3.OperationalError as error:
        connection.close()
        if reason(error) == DISK_FULL and _is_folded(database) and not is_claimed(database.parent):
            return _connect(database, "mode=ro&immutable=1")
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def _is_folded(database: Path) -> bool:
    """Whether the write-ahead log holds nothing, so that the database alone is all there is."""
    log = Path(f"{database}-wal")
    return not log.exists() or log.stat().st_size == 0


def _connect(database: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    connection.text_factory = _read_text
    return connection


_read_text = partial(str, encoding="utf-8", errors="surrogateescape")


def read_version(connection: sqlite3.Connection) -> int:
    """The format of the tables; 0 where there are none."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


@cache
def insert_rows(count: int) -> str:
    """One statement that puts in ``count`` rows: they are stored together or not at all."""
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO records ({', '.join(_NAMES)}) VALUES {rows}"  # noqa: S608 - no value of anyone's in it


@cache
def insert_keys(count: int) -> str:
    """One statement that puts in the keys of ``count`` decisions, each after its position."""
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO found (position, {', '.join(KEY_NAMES)}) VALUES {rows}"  # noqa: S608 - no value of anyone's in it


def to_row(values: Sequence[object]) -> Row:
    """The columns of ``COLUMNS`` as a row; a value of a wrong type stays wrong, so that its hash does not fit."""
    chain, seq, *rest = values
    return Row(str(chain), seq if isinstance(seq, int) else -1, *map(str, rest))
