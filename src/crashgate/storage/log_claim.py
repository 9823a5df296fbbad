"""The right to write one chain, and the chain's head beside the database. Rule: one writer per chain, for life.

The claim is a lock on ``<chain>.head`` that the system lets go when the process ends, however it ends. The same file
holds the head: the number and hash of the last record that is on the disk are written over it. Only the first head is
forced to the disk, so after a power cut it may lag behind, never lead or be missing. Held against the chain it shows
that the end of the chain was cut off, that an old copy of the database was put back, or that the whole chain was
written anew; not when the file was changed or put back as well. A head that is gone is a finding of its own
(``decisions.head_loss``).
"""

import fcntl
import os
import re
from collections.abc import Mapping
from pathlib import Path

from crashgate.audit.chain import Head
from crashgate.storage.log_files import HEAD_SUFFIX

_CHAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_HEAD = re.compile(rb"([0-9]{20}) ([0-9a-f]{64})\n")
_SIZE = 86


class Claim:
    """A chain that this process alone may write."""

    def __init__(self, folder: Path, chain: str) -> None:
        """Raises BlockingIOError when another writer has the chain, ValueError for an illegal name."""
        if not _CHAIN.fullmatch(chain):
            raise ValueError("a chain's name is made of lower case letters, digits and inner hyphens")
        self.chain = chain
        self._folder = folder
        self._file = os.open(folder / f"{chain}{HEAD_SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise

    def head(self) -> Head | None:
        """The head that was kept, or None where none was."""
        return _parse(os.pread(self._file, _SIZE, 0))

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


def kept_heads(folder: Path) -> Mapping[str, Head]:
    """The kept heads of all chains, without claiming any. Raises OSError."""
    heads = ((path.name.removesuffix(HEAD_SUFFIX), _read(path)) for path in folder.glob(f"*{HEAD_SUFFIX}"))
    return {chain: head for chain, head in heads if head is not None}


def is_claimed(folder: Path) -> bool:
    """Whether a process writes any chain in ``folder``, or is about to. Raises OSError.

    It looks in the folder's own turn, in which every writer claims, so that no claim fails because of the look.
    """
    turn = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return not all(_is_free(path) for path in folder.glob(f"*{HEAD_SUFFIX}"))
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
    found = _HEAD.fullmatch(text)
    return None if found is None else Head(seq=int(found[1]), hash=found[2].decode("ascii"))
