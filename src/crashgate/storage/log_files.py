"""The folder of the decision log and who may touch it. Rule: made for the owner alone; nobody else may write there.

``decisions.sqlite3`` holds the records (SQLite adds ``-wal`` and ``-shm``). ``main.head`` is claimed by the process
that writes the chain ``main``, and holds the chain's head. ``arguments.key`` is the key of the argument digests,
``checkpoint.key`` the private and ``checkpoint.pub`` the public key of the signed checkpoints.
"""

import errno
import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from crashgate.ownership import others_may_write
from crashgate.storage.log_failure import cannot_open
from crashgate.storage.sqlite import reason

DATABASE = "decisions.sqlite3"
KEY = "arguments.key"
SIGNING_KEY = "checkpoint.key"
PUBLIC_KEY = "checkpoint.pub"
HEAD_SUFFIX = ".head"

_FIRST_PAUSE = 0.000_5
_LONGEST_PAUSE = 0.002


class LogFiles:
    """The folder, made where it is missing, and the lock by which processes take turns in it."""

    def __init__(self, folder: Path) -> None:
        """Make the folder (0700) and the database file (0600), or check what is there.

        Raises LogUnavailableError when they cannot be made or when others may write to them.
        """
        self.folder = folder
        self.database = folder / DATABASE
        self._database_name = str(self.database)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_other_writers(folder)
            self._identity = self._make_database()
            self._refuse_other_writers(self.database)
            self._folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            os.fsync(self._folder_fd)  # or a power cut could take the database's name away, and all records with it
        except OSError as error:
            raise cannot_open(reason(error), folder) from error

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._folder_fd)

    @contextmanager
    def turn(self, patience: float) -> Generator[None]:
        """Hold the folder against other processes; raises TimeoutError after ``patience`` seconds.

        SQLite has locks of its own. This one is there because versions before 3.51.3 can damage a database when two
        connections checkpoint and write at the very same moment (https://www.sqlite.org/wal.html#walresetbug).
        """
        self._wait(patience)
        try:
            yield
        finally:
            fcntl.flock(self._folder_fd, fcntl.LOCK_UN)

    def check_still_there(self) -> None:
        """Raises OSError when the database file was removed or replaced: what we wrote would be in no file."""
        if _identity(os.stat(self._database_name)) != self._identity:  # noqa: PTH116 - Path.stat is slower
            raise FileNotFoundError(errno.ENOENT, "the database file was replaced")

    def _wait(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        pause = _FIRST_PAUSE
        while True:
            try:
                fcntl.flock(self._folder_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise TimeoutError from None
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    def _make_database(self) -> tuple[int, int]:
        """An empty file is an empty database; made here because SQLite would let others read it."""
        file = os.open(self.database, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            return _identity(os.fstat(file))
        finally:
            os.close(file)

    def _refuse_other_writers(self, path: Path) -> None:
        if others_may_write(path.stat()):
            raise cannot_open("Others than its owner may write to it.", self.folder, remedy=f"Run `chmod go-w {path}`.")


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
