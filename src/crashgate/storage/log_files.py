"""The folder of the decision log, made for its owner alone, and who may write which chain.

``decisions.sqlite3`` holds the records (SQLite adds ``-wal`` and ``-shm``). ``main.head`` is claimed by the process
that writes the chain ``main``, and holds the chain's head. ``arguments.key`` is the key of the argument digests,
``checkpoint.key`` the private and ``checkpoint.pub`` the public key of the signed checkpoints.

A claim is a lock on ``<chain>.head`` that the system releases when the process ends, however it ends. The head in it is
the number and hash of the last record that is on the disk. Only the first head is forced to the disk, so after a power
cut it may lag behind, but never lead or be missing. Compared with the chain it shows that the end of the chain was cut
off, that an old copy of the database was put back, or that the whole chain was written anew; not when the file was
changed or put back as well.
"""

import errno
import fcntl
import os
import re
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from crashgate.audit.chain import Head
from crashgate.audit.fields import check_chain
from crashgate.audit.port import cannot_open
from crashgate.ownership import others_may_write
from crashgate.storage.sqlite import reason

DATABASE = "decisions.sqlite3"
KEY = "arguments.key"
SIGNING_KEY = "checkpoint.key"
PUBLIC_KEY = "checkpoint.pub"

ROOM = 4 * 1024 * 1024
"""Bytes of the write-ahead log that are made beforehand: more than the records that it holds before it is folded."""

_ENOUGH = 32
"""How many times the room must be free on the disk."""

_SUFFIX = ".head"
_HEAD = re.compile(rb"([0-9]{20}) ([0-9a-f]{64})\n")
_HEAD_SIZE = 86

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
            raise cannot_open(reason(error), str(folder)) from error

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
        # check: a log that was taken away is not written to
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
        # check: a log that others may write to
        if others_may_write(path.stat()):
            remedy = f"Run `chmod go-w {path}`."
            raise cannot_open("Others than its owner may write to it.", str(self.folder), remedy=remedy)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def make_room(log: Path) -> None:
    """Fill SQLite's write-ahead log with zeros up to ``ROOM``; nobody may write to it meanwhile. Never fails.

    Syncing a file that has grown costs the file system a write of its own, about as much as the record's. SQLite writes
    its log over and over from the start and takes everything that bears another run's mark for the end, zeros too.
    Without the room, commits are only slower.
    """
    with suppress(OSError):
        file = os.open(log, os.O_RDWR | os.O_NOFOLLOW)
        try:
            disk, size = os.fstatvfs(file), os.fstat(file).st_size
            if size < ROOM and disk.f_bavail * disk.f_frsize > ROOM * _ENOUGH:
                os.pwrite(file, bytes(ROOM - size), size)
                os.fsync(file)
        finally:
            os.close(file)


class Claim:
    """A chain that this process alone may write."""

    def __init__(self, folder: Path, chain: str) -> None:
        """Raises BlockingIOError when another writer has the chain, ValueError for an illegal name."""
        # check: a chain has a name that is safe as a file
        check_chain(chain)
        self.chain = chain
        self._folder = folder
        self._file = os.open(folder / f"{chain}{_SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            # check: one writer for each chain
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise

    def head(self) -> Head | None:
        """The head that was kept, or None where none was."""
        return _parse(os.pread(self._file, _HEAD_SIZE, 0))

    def keep(self, head: Head) -> None:
        """Keep the head: one small write over the old one, at the same place."""
        os.pwrite(self._file, b"%020d %s\n" % (head.seq, head.hash.encode("ascii")), 0)

    def sync(self) -> None:
        """Wait until the disk has the head's file under its name: one that is missing later was taken away."""
        os.fsync(self._file)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def release(self) -> None:
        """Let another process have the chain."""
        os.close(self._file)


def read_heads(folder: Path) -> Mapping[str, Head]:
    """The kept heads of all chains, without claiming any. Raises OSError."""
    heads = ((path.name.removesuffix(_SUFFIX), _read(path)) for path in folder.glob(f"*{_SUFFIX}"))
    return {chain: head for chain, head in heads if head is not None}


def is_claimed(folder: Path) -> bool:
    """Whether a process writes any chain in ``folder``, or is about to. Raises OSError.

    It looks in the folder's own turn, in which every writer claims, so that no claim fails because of the look.
    """
    turn = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return not all(_is_free(path) for path in folder.glob(f"*{_SUFFIX}"))
    except BlockingIOError:
        return True
    finally:
        os.close(turn)


def _is_free(path: Path) -> bool:
    head = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(head, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(head)
    return True


def _read(path: Path) -> Head | None:
    """Read until two readings agree, because the writer may be at it."""
    first = path.read_bytes()
    while (second := path.read_bytes()) != first:
        first = second
    return _parse(first)


def _parse(text: bytes) -> Head | None:
    match = _HEAD.fullmatch(text)
    return None if match is None else Head(seq=int(match[1]), hash=match[2].decode("ascii"))
