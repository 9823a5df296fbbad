"""Why the decision log cannot be used, in words. Rule: only the remedy names the folder."""

import errno
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from crashgate.errors import Code, CrashgateError, LogUnavailableError

_SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: "The disk is full.",
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
    errno.ENOSPC: "The disk is full.",
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


def cannot_store(cause: Exception, folder: Path) -> LogUnavailableError:
    """A record could not be stored; ``cause`` is what SQLite or the system said."""
    return LogUnavailableError(
        "The decision log cannot store a record.",
        why=reason(cause),
        remedy=f"Calls are refused until it can; the operator should look at {folder}.",
    )


def cannot_open(why: str, folder: Path, remedy: str = "") -> LogUnavailableError:
    """The log could not be opened for writing."""
    return LogUnavailableError(
        "The decision log cannot be opened.", why=why, remedy=remedy or f"Look at {folder}, or name another folder."
    )


def cannot_read(why: str, folder: Path, remedy: str = "") -> LogUnavailableError:
    """There is no log that could be read."""
    return LogUnavailableError(
        "The decision log cannot be read.", why=why, remedy=remedy or f"Look at {folder}, or name another folder."
    )


def damaged(why: str, folder: Path) -> CrashgateError:
    """The log can be opened, but what is in it is not what was written."""
    return CrashgateError(
        "The decision log is damaged.",
        why=why,
        remedy=f"Keep a copy of {folder} as it is, and run `crashgate log verify`.",
        code=Code.LOG_DAMAGED,
    )


def reason(cause: Exception) -> str:
    """One sentence of our own for an error of SQLite or of the system."""
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        known = _SQLITE.get(code & _PRIMARY) if isinstance(code, int) else None
        return known or "The database gave an error."
    if isinstance(cause, TimeoutError):
        return "Another process has held the log for too long."
    if isinstance(cause, OSError):
        return _SYSTEM.get(cause.errno or 0, "The file system gave an error.")
    return "The record cannot be written down."
