"""The decision log as tables of SQLite. Rule: rows are put in, never changed and never taken out.

``position`` is the order in which records of all chains were stored; the chains do not cover it.
"""

import os
import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from crashgate.adapters.log_failure import cannot_open
from crashgate.decisions.chain import Row

VERSION = 1
COLUMNS = "chain, seq, at, kind, call, agent, body, previous, hash"

_TABLES = f"""
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
CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
PRAGMA user_version = {VERSION};
"""


def connect_to_write(database: Path, patience: float) -> sqlite3.Connection:
    """A connection whose every statement is its own durable transaction.

    ``patience`` is how long to wait for a foreign lock, in seconds. Raises sqlite3.Error, and LogUnavailableError
    for a database of another version. To be called in turn: two processes must not make the tables at once.
    """
    connection = sqlite3.connect(database, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # macOS: its fsync alone does not reach the platter
        _make_tables(connection, database.parent)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_tables(connection: sqlite3.Connection, folder: Path) -> None:
    version = stored_version(connection)
    if version == 0:
        connection.executescript(f"BEGIN; {_TABLES} COMMIT;")
    elif version != VERSION:
        raise cannot_open(f"Its format is {version}; this crashgate writes {VERSION}.", folder)


def connect_to_read(database: Path) -> sqlite3.Connection:
    """A connection that cannot write and does not stumble over damaged text. Raises sqlite3.Error."""
    left_alone = not Path(f"{database}-wal").exists() and not os.access(database.parent, os.W_OK)
    mode = "mode=ro&immutable=1" if left_alone else "mode=ro"  # a copy on read-only media has no place for locks
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    connection.text_factory = _text
    return connection


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def stored_version(connection: sqlite3.Connection) -> int:
    """The format of the tables; 0 where there are none."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


@cache
def insert(count: int) -> str:
    """One statement that puts in ``count`` rows: they are stored together or not at all."""
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO records ({COLUMNS}) VALUES {rows}"  # noqa: S608 - no value of anyone's in it


def to_values(row: Row) -> tuple[str | int, ...]:
    """The columns of ``COLUMNS`` in their order. Written out, because it is on the way of every call."""
    return row.chain, row.seq, row.at, row.kind, row.call, row.agent, row.body, row.previous, row.hash


def to_row(values: Sequence[object]) -> Row:
    """The columns of ``COLUMNS`` as a row; a value of a wrong type stays wrong, so that its hash does not fit."""
    chain, seq, *rest = values
    at, kind, call, agent, body, previous, hash_ = map(str, rest)
    return Row(
        chain=str(chain),
        seq=seq if isinstance(seq, int) else -1,
        at=at,
        kind=kind,
        call=call,
        agent=agent,
        body=body,
        previous=previous,
        hash=hash_,
    )
