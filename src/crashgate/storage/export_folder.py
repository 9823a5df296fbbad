"""A folder that is reached by its descriptor, and the words for what can go wrong in it.

No name leaves it, no link is followed, nothing is overwritten. Once it is open, nobody can put another folder in its
place. Files are 0600, folders 0700. All methods of ``Folder`` raise OSError.
"""

import errno
import os
import stat
import weakref
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from crashgate.errors import ExportError
from crashgate.ownership import others_may_write
from crashgate.storage.sqlite import reason

_FULL = {errno.ENOSPC, errno.EDQUOT}
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_TEMPORARY = ".new"


class Folder:
    """One open folder; ``path`` is for messages and for what cannot work with descriptors."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self.path = path
        self.descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)
        # check: a folder of exports is its owner's
        if others_may_write(os.fstat(descriptor)):
            self.close()
            raise PermissionError(errno.EPERM, "others than its owner may write to it")

    @classmethod
    def top(cls, path: Path) -> "Folder":
        """The folder that the operator configured, made where it is missing. Its own path may go through links."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(os.open(path, _OPEN), path)

    def sub(self, name: str, *, make: bool = False) -> "Folder":
        """A folder in this one, made where it is missing and ``make`` says so."""
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=self.descriptor)
                self.sync()
        return Folder(
            os.open(
                name,
                _OPEN
                # check: a link in place of a working folder is not followed
                | os.O_NOFOLLOW,
                dir_fd=self.descriptor,
            ),
            self.path / name,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give it back. May be called twice."""
        self._close()

    def sync(self) -> None:
        """Make its names durable."""
        os.fsync(self.descriptor)

    def names(self) -> list[str]:
        """What is in it."""
        return os.listdir(self.descriptor)  # noqa: PTH208 - pathlib knows no descriptors

    def changed(self) -> datetime | None:
        """When one of its files was last written to; None where there is none. Removing some is no such change."""
        files = [os.stat(name, dir_fd=self.descriptor, follow_symlinks=False) for name in self.names()]
        return datetime.fromtimestamp(max(each.st_mtime for each in files), UTC) if files else None

    def has(self, name: str) -> bool:
        """Whether the name is taken, be it by a link that leads nowhere."""
        try:
            os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def file(self, name: str, flags: int) -> int:
        """A descriptor of a regular file."""
        opened = os.open(
            name,
            flags
            # check: a link in a folder of exports is not followed
            | os.O_NOFOLLOW
            | os.O_NONBLOCK
            | os.O_CLOEXEC,
            mode=0o600,
            dir_fd=self.descriptor,
        )
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            os.close(opened)
            raise OSError(errno.EINVAL, "it is not a regular file")
        return opened

    def content(self, name: str, limit: int) -> bytes:
        """The whole of a small file. Raises OSError for one of more than ``limit`` bytes."""
        with os.fdopen(self.file(name, os.O_RDONLY), "rb") as file:
            body = file.read(limit + 1)
        if len(body) > limit:
            raise OSError(errno.EFBIG, "the file is too large")
        return body

    def put(self, name: str, body: bytes) -> None:
        """Make or replace a small file of ours in one step, durably."""
        temporary = name + _TEMPORARY
        self.remove(temporary)
        with os.fdopen(self.file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        self.sync()

    def publish(self, name: str, target: "Folder", new_name: str) -> None:
        """Let a finished file appear in ``target`` in one step, durably; may be repeated.

        A hard link, because it never replaces what is there. Raises FileExistsError when another file is.
        """
        try:
            os.link(name, new_name, src_dir_fd=self.descriptor, dst_dir_fd=target.descriptor, follow_symlinks=False)
        except FileExistsError:
            ours = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
            there = os.stat(new_name, dir_fd=target.descriptor, follow_symlinks=False)
            # check: an export replaces no file that came meanwhile
            if not os.path.samestat(ours, there):
                raise
        target.sync()

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def remove_sub(self, name: str) -> None:
        """Remove an empty folder, if it is there."""
        with suppress(FileNotFoundError):
            os.rmdir(name, dir_fd=self.descriptor)
            self.sync()


@contextmanager
def storing(folder: Path) -> Generator[None]:
    """Turns an error of the system into ExportError."""
    try:
        yield
    except OSError as problem:
        raise _cannot_store(problem, folder) from problem


def in_the_way(name: str, folder: Path) -> ExportError:
    """Something is there already, under a name that the export needs."""
    return ExportError(
        "The export cannot be stored.",
        why="A file of the same name exists already, and nothing is ever overwritten.",
        remedy=f"Look at {name} in {folder}.",
    )


def damaged(folder: Path) -> ExportError:
    """What is stored of an export in progress is not what was written."""
    return ExportError(
        "The export cannot continue.",
        why="What was stored of it was changed or is damaged.",
        remedy=f"Make a new export; the operator should look at {folder}.",
    )


def _cannot_store(problem: OSError, folder: Path) -> ExportError:
    remedy = f"The operator should look at {folder}."
    if problem.errno in _FULL:
        remedy = f"What was exported so far is kept. Make room in {folder}, then resume the export."
    return ExportError("The export cannot be stored.", why=reason(problem), remedy=remedy)
