"""What SQLite or the system says, in words. Rule: one sentence of our own, and no path in it."""

import errno
import sqlite3
from collections.abc import Mapping

DISK_FULL = "The disk is full."
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
