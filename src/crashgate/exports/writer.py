"""Writes pages to the data file: data first, then the checkpoint, and after a failure neither.

What touches a file runs in worker threads.
"""

import threading

from crashgate.clock import Clock
from crashgate.exports.checkpoint import Checkpoint
from crashgate.exports.encoder import Encoder
from crashgate.exports.page import ExportPage
from crashgate.exports.port import Work

WRITE_BYTES = 1024 * 1024
"""Encoded rows wait in memory until there are so many bytes of them, or a checkpoint is due."""
COMMIT_BYTES = 16 * 1024 * 1024
"""So much is fetched anew at most after a ``kill -9``, however fast pages come."""


class Intake:
    """What arrived and is not yet durable."""

    checkpoint: Checkpoint
    _committed: Checkpoint

    def __init__(self, work: Work, encoder: Encoder, clock: Clock, *, commit_after: float) -> None:
        """``commit_after`` seconds of pages are fetched anew at most after a ``kill -9``; 0 commits every page."""
        self.checkpoint = work.checkpoint
        self._work = work
        self._encoder = encoder
        self._clock = clock
        self._commit_after = commit_after
        self._committed_at = clock.monotonic()
        self._committed = work.checkpoint
        self._waiting = bytearray()
        self._sound = True
        # A task that is cancelled may leave its thread at work on a page, and commit from another.
        self._turn = threading.Lock()

    def take(self, page: ExportPage) -> bool:
        """Encode a page; True when it is time to ``settle``. Raises ExportError; then the page does not count.

        It touches no file, so it may run on an event loop: handing a page to a thread takes longer than to encode it.
        """
        with self._turn:
            encoded = self._encoder.encode(page.rows)
            data = encoded.data if self.checkpoint.size else self._encoder.head() + encoded.data
            self._waiting += data
            self.checkpoint = self.checkpoint.after(page, size=len(data), neutralised=encoded.neutralised)
            return self.checkpoint.complete or self._due() or len(self._waiting) >= WRITE_BYTES

    def settle(self) -> None:
        """Write what waits, and make it durable where that is due. Raises ExportError."""
        with self._turn:
            if self.checkpoint.complete or self._due():
                self._commit()
            elif len(self._waiting) >= WRITE_BYTES:
                self._write()

    def commit(self) -> None:
        """Make everything durable that was taken. Does nothing after a failure: the last checkpoint stands."""
        with self._turn:
            self._commit()

    def _commit(self) -> None:
        if not self._sound or self.checkpoint == self._committed:
            return
        self._write()
        self._sound = False
        self._work.commit(self.checkpoint)
        self._sound = True
        self._committed, self._committed_at = self.checkpoint, self._clock.monotonic()

    def _write(self) -> None:
        self._sound = False
        self._work.append(self._waiting)
        self._waiting.clear()
        self._sound = True

    def _due(self) -> bool:
        return (
            self._clock.monotonic() - self._committed_at >= self._commit_after
            or self.checkpoint.size - self._committed.size >= COMMIT_BYTES
        )
