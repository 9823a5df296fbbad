"""Counts of calls in SQLite, for each agent, whichever process it calls through. What cannot be counted is refused.

Of each agent and each thing that is counted the times of the last ones are kept, numbered: a rate of 20 an hour is
used up when the 20th from the end is less than an hour old. So a window slides exactly, and a look takes one row,
however many there are. Of reading what outsiders can write the last time is enough.

What is stored is with the operating system: it outlives this process. A power cut may take the newest counts away.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import anyio

from crashgate.gate.quotas import Full
from crashgate.policy.limits import Counted, Rate
from crashgate.storage.sqlite import is_busy, open_database, own, to_milliseconds, transaction, unusable

FILE = "limits.sqlite3"
_VERSION = 1
_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL")
_TABLES = """
CREATE TABLE IF NOT EXISTS taken (
    agent   TEXT    NOT NULL,
    counted TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (agent, counted, number)
) WITHOUT ROWID;
"""
_LAST = "SELECT number, at FROM taken WHERE agent = ? AND counted = ? ORDER BY number DESC LIMIT 1"
_AT = "SELECT at FROM taken WHERE agent = ? AND counted = ? AND number = ?"
_CLOCK_SET_BACK = "UPDATE taken SET at = ?1 WHERE agent = ?2 AND counted = ?3 AND at > ?1"
_PUT = "INSERT INTO taken VALUES (?, ?, ?, ?)"
_NOTE = (
    "INSERT INTO taken VALUES (?, ?, 1, ?) ON CONFLICT (agent, counted, number) DO UPDATE SET at = excluded.at"
    # check: a later reading is not forgotten for an earlier one
    " WHERE excluded.at > at"
)
_FORGET = "DELETE FROM taken WHERE agent = ? AND counted = ? AND number <= ?"

_UNTRUSTED = "untrusted"
"""What stands for reading outsiders' text, beside what is ``Counted``."""

_PATIENCE = 2.0
"""Seconds to wait for other processes."""
_PAUSE = 0.001
_TRIES_TO_CLOSE = 100

T = TypeVar("T")


class SqliteCounter:
    """A ``Counter`` in one file of the state folder, opened when the first call is counted."""

    def __init__(self, folder: Path, *, patience: float = _PATIENCE) -> None:
        self._file = folder / FILE
        self._name = str(self._file)
        self._patience = patience
        self._database: sqlite3.Connection | None = None
        self._lock = -1
        self._identity = (0, 0)

    async def take(self, agent: str, rates: Sequence[Rate], *, now: datetime) -> Full | None:
        """Count one more, or tell which rate is used up. Raises StateUnavailableError."""
        at = to_milliseconds(now)
        return await self._in_turn(lambda database: _take(database, agent, rates, at))

    async def note_untrusted(self, agent: str, *, now: datetime) -> None:
        """Keep that the agent asks for outsiders' text now. Raises StateUnavailableError."""
        await self._in_turn(lambda database: database.execute(_NOTE, (agent, _UNTRUSTED, to_milliseconds(now))))

    async def since_untrusted(self, agent: str, *, now: datetime) -> float | None:
        """How many seconds ago it last did. Raises StateUnavailableError."""
        return await self._in_turn(lambda database: _since(database, agent, to_milliseconds(now), self._patience))

    async def _in_turn(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """What ``do`` finds in the database, once it is this process's turn. Raises StateUnavailableError."""
        try:
            deadline: float | None = None
            while True:
                try:
                    with self._turn() as database:
                        return do(database)
                except (BlockingIOError, sqlite3.OperationalError) as busy:
                    if isinstance(busy, sqlite3.Error) and not is_busy(busy):
                        raise
                    # The event loop must not wait for another process.
                    deadline = deadline or anyio.current_time() + self._patience
                    if anyio.current_time() >= deadline:
                        raise TimeoutError from None
                    await anyio.sleep(_PAUSE)
        except TimeoutError:
            raise unusable("Another process has held it for too long.", self._file) from None
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise unusable(error, self._file) from error

    def close(self) -> None:
        """Give the file back; the next count opens it again."""
        if self._database is None:
            return
        # Closing can fold the write-ahead log into the database, which is for one process at a time too.
        for _ in range(_TRIES_TO_CLOSE):
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_PAUSE)
            else:
                break
        self._database.close()
        os.close(self._lock)
        self._database = None

    @contextmanager
    def _turn(self) -> Generator[sqlite3.Connection]:
        """The database in one transaction, while other processes wait. Raises BlockingIOError where one is at it.

        The lock is ours, on a file beside it: SQLite before 3.51.3 can damage a database whose write-ahead log two
        processes use at the very same moment (https://www.sqlite.org/wal.html#walresetbug).
        """
        database = self._open()
        # check: counts of an agent are locked
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            with transaction(database):
                yield database
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _open(self) -> sqlite3.Connection:
        if self._database is not None:
            if self._is_still_there():
                return self._database
            self.close()  # the operator took the counts away: other processes count in the new file
        self._identity = own(self._file)
        lock = os.open(f"{self._file}-lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            database = open_database(self._file, version=_VERSION, tables=_TABLES, pragmas=_PRAGMAS)
            fcntl.flock(lock, fcntl.LOCK_UN)
        except BaseException:
            os.close(lock)
            raise
        self._database, self._lock = database, lock
        return database

    def _is_still_there(self) -> bool:
        try:
            status = os.stat(self._name)  # noqa: PTH116 - Path.stat is slower
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) == self._identity


def _take(database: sqlite3.Connection, agent: str, rates: Sequence[Rate], now: int) -> Full | None:
    last = {counted: _last(database, agent, counted, now) for counted in dict.fromkeys(each.counted for each in rates)}
    waits = [(wait, rate) for rate in rates if (wait := _wait(database, agent, rate, last[rate.counted], now)) > 0]
    # check: a call counts in all its rates or in none
    if waits:
        longest, rate = max(waits, key=lambda each: each[0])
        return Full(rate=rate, wait=longest / 1000)
    for counted, number in last.items():
        most = max(rate.most for rate in rates if rate.counted is counted)
        database.execute(_PUT, (agent, counted.value, number + 1, now))
        database.execute(_FORGET, (agent, counted.value, number + 1 - most))
    return None


def _since(database: sqlite3.Connection, agent: str, now: int, patience: float) -> float | None:
    found: tuple[int, int] | None = database.execute(_LAST, (agent, _UNTRUSTED)).fetchone()
    if found is None:
        return None
    # check: a clock that was set back keeps no reading for days
    if found[1] > now + patience * 1000:
        # Nobody waits for so long: the clock was set back, and asking for approvals must not go on for days.
        database.execute(_CLOCK_SET_BACK, (now, agent, _UNTRUSTED))
    return max(0, now - found[1]) / 1000


def _last(database: sqlite3.Connection, agent: str, counted: Counted, now: int) -> int:
    """The number of the last one; 0 where there is none."""
    found: tuple[int, int] | None = database.execute(_LAST, (agent, counted.value)).fetchone()
    if found is None:
        return 0
    if found[1] > now:
        # A clock that was set back must neither shut an agent out for days nor forget what it did.
        database.execute(_CLOCK_SET_BACK, (now, agent, counted.value))
    return found[0]


def _wait(database: sqlite3.Connection, agent: str, rate: Rate, last: int, now: int) -> int:
    """Milliseconds until the rate lets one more through; not above 0 where it does now."""
    found: tuple[int] | None = database.execute(_AT, (agent, rate.counted.value, last + 1 - rate.most)).fetchone()
    return 0 if found is None else found[0] + rate.window.seconds * 1000 - now
