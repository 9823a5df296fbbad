"""A small SQLite database in the state folder. Rule: it is its owner's alone, and whoever cannot use it is refused."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from crashgate.adapters.system_failure import reason
from crashgate.adapters.transaction import transaction
from crashgate.errors import StateUnavailableError
from crashgate.ownership import is_anothers_state, others_may_write


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
    if others_may_write(status):
        raise unusable("Others than its owner may write to it.", file)
    if is_anothers_state(status):
        raise unusable("It belongs to somebody else.", file)
    return status.st_dev, status.st_ino


def check_version(
    connection: sqlite3.Connection,
    file: Path,
    *,
    version: int,
    tables: str,
    upgrades: Mapping[int, Sequence[str]] = MappingProxyType({}),
) -> None:
    """Make the tables in an empty database, or bring an older one up to date.

    ``upgrades`` has the statements for each older version that can be. Raises StateUnavailableError for any other.
    """
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
