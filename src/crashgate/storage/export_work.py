"""One export in progress, in a folder of its own. Whenever it is killed, it can be resumed from what is there.

    plan.json        what was asked; written once
    journal.json     the checkpoint; replaced with every commit
    rows             the data file in progress
    result           only for Parquet: the finished file, made of ``rows``
    manifest.json    written when the finished file is; from then on all that is missing is to publish both

The lock on the folder ends with the process that holds it, however it ends.
"""

import fcntl
import hashlib
import os
import threading
import weakref
from collections.abc import Callable
from typing import Final

from crashgate.errors import ExportError
from crashgate.exports import checkpoint as checkpoints
from crashgate.exports import manifest as manifests
from crashgate.exports.checkpoint import Checkpoint
from crashgate.exports.encoder import Encoder
from crashgate.exports.manifest import ENDING, Digest, Manifest
from crashgate.exports.plan import Format, Plan
from crashgate.storage.export_folder import Folder, damaged, storing

PLAN: Final = "plan.json"
JOURNAL: Final = "journal.json"
ROWS: Final = "rows"
RESULT: Final = "result"
MANIFEST: Final = "manifest.json"
LARGEST_FILE: Final = 4 * 1024 * 1024
"""Bytes of a plan, journal or manifest."""
_READ = 1024 * 1024

Publish = Callable[[Folder, str, Manifest], None]
"""Makes a file of the folder, and the manifest, appear where finished exports are; may be repeated."""


def read_plan(folder: Folder) -> Plan:
    """The plan in a working folder. Raises OSError where there is none, ValueError when it is damaged."""
    return checkpoints.decode_plan(folder.content(PLAN, LARGEST_FILE))


def read_checkpoint(folder: Folder, plan: Plan) -> Checkpoint:
    """How far it is; before the first commit that is nowhere. Raises OSError, or ValueError when it is damaged."""
    try:
        return checkpoints.decode(folder.content(JOURNAL, LARGEST_FILE))
    except FileNotFoundError:
        return checkpoints.first(plan)


def clear(folder: Folder) -> None:
    """Remove what is in a working folder whose export is published: first what lists it. Raises OSError."""
    folder.remove(PLAN)
    for name in folder.names():
        folder.remove(name)


class WorkFolder:
    """Fills the port Work."""

    def __init__(self, folder: Folder, plan: Plan, publish: Publish, done: Callable[[str], None]) -> None:
        """Cut the data file of a locked folder back to the checkpoint. ``done`` removes the emptied folder.

        Raises ExportError when what is stored does not fit together.
        """
        self._folder = folder
        self._publish = publish
        self._done = done
        # A task that was cancelled may leave a thread at work, and must not take the descriptors away from it.
        self._turn = threading.RLock()
        self.plan = plan
        with storing(folder.path):
            try:
                self.checkpoint = read_checkpoint(folder, plan)
                self.ready = self._read_manifest()
                self._rows = folder.file(ROWS, os.O_RDWR | os.O_CREAT)
            except ValueError:
                raise damaged(folder.path) from None
            self._close_rows = weakref.finalize(self, os.close, self._rows)
            # check: an export that is shorter than its checkpoint is damaged
            if os.fstat(self._rows).st_size < self.checkpoint.size:
                raise damaged(folder.path)
            if self.ready is None:
                # check: what was written after the checkpoint is cut off
                os.ftruncate(self._rows, self.checkpoint.size)
            os.lseek(self._rows, 0, os.SEEK_END)
        # Of what an earlier run wrote, and of a finished file that is another one, the digest is taken from the file.
        fresh = self.checkpoint.size == 0 and plan.format is not Format.PARQUET
        self._sha256 = hashlib.sha256() if fresh else None

    def append(self, data: bytes | bytearray) -> None:
        """Write at the end of the data file."""
        with self._turn, storing(self._folder.path), memoryview(data) as view:
            written = 0
            while written < len(view):
                written += os.write(self._rows, view[written:])
            if self._sha256 is not None:
                self._sha256.update(view)

    def commit(self, checkpoint: Checkpoint) -> None:
        """The data is forced to the disk before the checkpoint that tells of it."""
        with self._turn, storing(self._folder.path):
            os.fsync(self._rows)
            self._folder.put(JOURNAL, checkpoints.encode(checkpoint))
            self.checkpoint = checkpoint

    def build(self, encoder: Encoder) -> Digest:
        """Make the finished file. What an interrupted building left is written over: it was not published."""
        with self._turn, storing(self._folder.path):
            if encoder.converter is None:
                if self._sha256 is not None:
                    return Digest(size=os.fstat(self._rows).st_size, sha256=self._sha256.hexdigest())
                return _digest(self._folder, ROWS)
            with (
                os.fdopen(self._folder.file(ROWS, os.O_RDONLY), "rb") as source,
                os.fdopen(self._folder.file(RESULT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as target,
            ):
                try:
                    encoder.converter(source, target)
                except ValueError as problem:
                    raise damaged(self._folder.path) from problem
                target.flush()
                os.fsync(target.fileno())
            return _digest(self._folder, RESULT)

    def publish(self, manifest: Manifest) -> None:
        """Publish and clear up; a failure to clear up is none of the export."""
        with self._turn:
            with storing(self._folder.path):
                if self.ready is None:
                    self._folder.put(MANIFEST, manifests.encode(manifest))
                    self.ready = manifest
                self._publish(self._folder, RESULT if self._folder.has(RESULT) else ROWS, manifest)
            try:
                clear(self._folder)
            except OSError:
                return
            self._done(self.plan.id)

    def close(self) -> None:
        """Let another process have it, when a thread that is still at work has finished."""
        with self._turn:
            self._close_rows()
            self._folder.close()

    def _read_manifest(self) -> Manifest | None:
        try:
            body = self._folder.content(MANIFEST, LARGEST_FILE)
        except FileNotFoundError:
            return None
        return manifests.decode(body, stored_as=f"{self.plan.name}{ENDING}")


def lock(folder: Folder) -> None:
    """Hold the folder for as long as it is open. Raises ExportError when another process does."""
    try:
        # check: one process makes an export
        fcntl.flock(folder.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ExportError(
            "This export is being written right now.",
            why="Another call or process is writing it.",
            remedy="Wait until it has finished.",
        ) from None


def _digest(folder: Folder, name: str) -> Digest:
    sha256, size = hashlib.sha256(), 0
    with os.fdopen(folder.file(name, os.O_RDONLY), "rb", buffering=0) as file:
        while block := file.read(_READ):
            sha256.update(block)
            size += len(block)
    return Digest(size=size, sha256=sha256.hexdigest())
