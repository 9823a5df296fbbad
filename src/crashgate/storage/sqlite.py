"""What the small SQLite databases of the state folder share: transactions, ownership, versions, and errors in words.

A database belongs to its owner alone; whoever cannot use it is refused. The words for an error name no path.
"""

import errno
import os
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from crashgate.audit.port import DISK_FULL
from crashgate.errors import StateUnavailableError
from crashgate.ownership import is_anothers_state, others_may_write


@contextmanager
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """Hold it for writing from the start, so that nothing read inside is out of date. Raises sqlite3.Error."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # SQLite has rolled it back already after some errors
            database.execute("ROLLBACK")
        raise


_NO_ROOM_FOR_INDEX = sqlite3.SQLITE_IOERR_SHMSIZE
"""SQLite's word where the index of its write-ahead log, a file beside the database, finds no room."""

_SQLITE: Mapping[int, str] = {
    _NO_ROOM_FOR_INDEX: DISK_FULL,
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_BUSY: "Another process has held the database for too long.",
    sqlite3.SQLITE_LOCKED: "Another process has held the database for too long.",
    sqlite3.SQLITE_READONLY: "The file system or the file is read-only.",
    sqlite3.SQLITE_CANTOPEN: "The file cannot be opened.",
    sqlite3.SQLITE_IOERR: "The disk gave an error.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged.",
    sqlite3.SQLITE_NOTADB: "The file is not a database.",
    sqlite3.SQLITE_CONSTRAINT: "Another process wrote to the same chain.",
}
_SYSTEM: Mapping[int, str] = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: "The disk quota is used up.",
    errno.EROFS: "The file system is read-only.",
    errno.ENOENT: "The file was removed or replaced.",
    errno.ENOTDIR: "A part of its path is not a folder.",
    errno.EEXIST: "A file has the name of the folder.",
    errno.ELOOP: "A file is a symbolic link.",
    errno.EACCES: "The operating system does not permit it.",
    errno.EPERM: "The operating system does not permit it.",
}
_PRIMARY = 0xFF
"""The lower byte of an SQLite error code says what kind of error it is."""


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the database."""
    return error.sqlite_errorcode & _PRIMARY == sqlite3.SQLITE_BUSY


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, as the tables have them."""
    return round(moment.timestamp() * 1000)


def reason(cause: Exception) -> str:
    """One sentence of our own for an error of SQLite or of the system."""
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        known = (_SQLITE.get(code) or _SQLITE.get(code & _PRIMARY)) if isinstance(code, int) else None
        return known or "The database gave an error."
    if isinstance(cause, TimeoutError):
        return "Another process has held the log for too long."
    if isinstance(cause, OSError):
        return _SYSTEM.get(cause.errno or 0, "The file system gave an error.")
    return "The record cannot be written down."


def unusable(cause: Exception | str, file: Path) -> StateUnavailableError:
    """What a caller is told; which file it is and what to do about it is the operator's to know, on stderr."""
    why = cause if isinstance(cause, str) else reason(cause)
    return StateUnavailableError(
        "crashgate cannot read or write its own state.",
        because=f"{file.name} in the state folder cannot be used ({why.rstrip('.').lower()})",
        why=why,
        remedy="Tell the operator of crashgate. Nothing was sent.",
    )


def own(file: Path) -> tuple[int, int]:
    """Make the file (0600) and its folder (0700) where they are missing; which file it is, to know it again.

    Raises OSError, and StateUnavailableError when it is somebody else's or others may write to it.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made here, because SQLite would let others read it; an empty file is an empty database.
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    # check: a state file that others may write to is not trusted
    if others_may_write(status):
        raise unusable("Others than its owner may write to it.", file)
    if is_anothers_state(status):
        raise unusable("It belongs to somebody else.", file)
    return status.st_dev, status.st_ino


def open_database(  # noqa: PLR0913 - what there is to say of a database
    file: Path,
    *,
    version: int,
    tables: str,
    pragmas: Sequence[str],
    upgrades: Mapping[int, Sequence[str]] = MappingProxyType({}),
    patience: float = 0,
) -> sqlite3.Connection:
    """Open a file that ``own`` has made, with its tables as ``version`` has them.

    ``upgrades`` has the statements that bring an older version up to date. ``patience``: seconds to wait for another
    process. Raises sqlite3.Error, and StateUnavailableError for a version that nothing brings up to date.
    """
    connection = sqlite3.connect(file, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        _check_version(connection, file, version=version, tables=tables, upgrades=upgrades)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(
    connection: sqlite3.Connection, file: Path, *, version: int, tables: str, upgrades: Mapping[int, Sequence[str]]
) -> None:
    """Make the tables in an empty database, or bring an older one up to date."""
    found = _version(connection)
    if found == version:
        return
    if found in upgrades:
        with transaction(connection):
            if _version(connection) == found:  # else another process was faster
                for statement in upgrades[found]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version}")
        return
    if found != 0:
        raise unusable(f"Its format is {found}; this crashgate writes {version}.", file)
    # Another process may be at it too: whoever comes second finds them there.
    connection.executescript(f"BEGIN IMMEDIATE; {tables} PRAGMA user_version = {version}; COMMIT;")


def _version(connection: sqlite3.Connection) -> int:
    found: tuple[int] = connection.execute("PRAGMA user_version").fetchone()
    return found[0]
