"""Room for the write-ahead log, made beforehand. Rule: it never fails; without the room, commits are only slower.

To sync a file that has grown costs the file system a write of its own, about as much as the record's. SQLite writes
its log over and over from the start and takes everything that bears another run's mark for the end of it, zeros too.
"""

import contextlib
import os
from pathlib import Path

SIZE = 4 * 1024 * 1024
"""Bytes: more than the log of ``log_store.MOST_UNFOLDED`` records."""

_ENOUGH = 32
"""How many times the room must be free on the disk."""


def make_room(log: Path) -> None:
    """Fill the file with zeros up to ``SIZE``; nobody may write to it meanwhile."""
    with contextlib.suppress(OSError):
        file = os.open(log, os.O_RDWR | os.O_NOFOLLOW)
        try:
            disk, size = os.fstatvfs(file), os.fstat(file).st_size
            if size < SIZE and disk.f_bavail * disk.f_frsize > SIZE * _ENOUGH:
                os.pwrite(file, bytes(SIZE - size), size)
                os.fsync(file)
        finally:
            os.close(file)
