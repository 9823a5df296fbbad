"""Makes an export, and resumes it. An export is finished when its source says so, and not before."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress

import anyio
import anyio.lowlevel
from anyio import to_thread

from crashgate.clock import Clock, timestamp
from crashgate.errors import Code, CrashgateError, ExportError
from crashgate.exports.checkpoint import Checkpoint
from crashgate.exports.encoder import Encoder
from crashgate.exports.manifest import Manifest, manifest_of
from crashgate.exports.page import ExportPage, OnProgress, Pages, Progress, unwatched
from crashgate.exports.plan import Format, Permission, Plan, check_id
from crashgate.exports.port import Storage, Work
from crashgate.model.export import Column

WRITE_BYTES = 1024 * 1024
"""Encoded rows wait in memory until there are so many bytes of them, or a checkpoint is due."""
COMMIT_BYTES = 16 * 1024 * 1024
"""So much is fetched anew at most after a ``kill -9``, however fast pages come."""


class PageWriter:
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
        """Encode a page; True when it is time to ``flush``. Raises ExportError; then the page does not count.

        It touches no file, so it may run on an event loop: handing a page to a thread takes longer than to encode it.
        """
        with self._turn:
            encoded = self._encoder.encode(page.rows)
            data = encoded.data if self.checkpoint.size else self._encoder.head() + encoded.data
            self._waiting += data
            self.checkpoint = self.checkpoint.after(
                page, size=len(data), neutralised=encoded.neutralised, tally=self._work.plan.tally
            )
            return self.checkpoint.complete or self._due() or len(self._waiting) >= WRITE_BYTES

    def flush(self) -> None:
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


Encoders = Mapping[Format, Callable[[Sequence[Column]], Encoder]]

COMMIT_AFTER = 1.0


class Exporter:
    """Makes exports in one storage."""

    def __init__(
        self, *, storage: Storage, encoders: Encoders, clock: Clock, commit_after: float = COMMIT_AFTER
    ) -> None:
        """``commit_after``: seconds of pages that a ``kill -9`` makes us fetch anew at most; 0 commits every page."""
        self._storage = storage
        self._encoders = encoders
        self._clock = clock
        self._commit_after = commit_after

    async def run(self, plan: Plan, pages: Pages, progress: OnProgress = unwatched) -> Manifest:
        """Make an export from its beginning, and give its manifest when it is finished.

        Whatever ``pages`` or ``progress`` raises goes through, and so does being cancelled: what arrived until then is
        kept, and ``resume`` goes on from there. Raises ExportError when it cannot be stored, or not as planned.
        """
        encoder = self._encoder(plan.format, plan.columns)
        work = await to_thread.run_sync(self._storage.begin, plan)
        return await self._go(work, encoder, pages, progress)

    async def resume(
        self, export_id: str, pages: Pages, permission: Permission, progress: OnProgress = unwatched
    ) -> Manifest:
        """Go on with an interrupted export; an export that is finished gives its manifest, and asks for no page.

        The caller has made sure that the export is the agent's own. ``permission`` is the decision that lets it go on;
        it is added to the manifest. Raises NotAvailableError when there is no such export; the rest as ``run``.
        """
        manifest = await to_thread.run_sync(self._find_finished, export_id)
        if manifest is not None:
            return manifest
        work = await to_thread.run_sync(self._storage.reopen, export_id)
        try:
            encoder = self._encoder(work.plan.format, work.plan.columns)
            if not work.checkpoint.complete:
                await to_thread.run_sync(work.commit, work.checkpoint.allowed_by(permission))
        except BaseException:
            await _close(work)
            raise
        return await self._go(work, encoder, pages, progress)

    def _find_finished(self, export_id: str) -> Manifest | None:
        """The manifest of a finished export, whose last clearing up may have been interrupted."""
        manifest = self._storage.find(check_id(export_id))
        if manifest is not None:
            with suppress(CrashgateError):
                self._storage.clear(export_id)
        return manifest

    def _encoder(self, format_: Format, columns: Sequence[Column]) -> Encoder:
        make = self._encoders.get(format_)
        if make is None:
            raise ExportError(
                f"Exports cannot be written as {format_} here.",
                remedy=f"Choose one of {', '.join(self._encoders)}.",
                code=Code.CONFIGURATION,
            )
        return make(columns)

    async def _go(self, work: Work, encoder: Encoder, pages: Pages, progress: OnProgress) -> Manifest:
        try:
            if not work.checkpoint.complete:
                await self._fill(work, encoder, pages, progress)
            return await to_thread.run_sync(self._finish, work, encoder)
        finally:
            await _close(work)

    async def _fill(self, work: Work, encoder: Encoder, pages: Pages, progress: OnProgress) -> None:
        writer = PageWriter(work, encoder, self._clock, commit_after=self._commit_after)
        try:
            async with aclosing(pages(work.checkpoint.next)) as source:
                async for page in source:
                    if writer.take(page):
                        await to_thread.run_sync(writer.flush)
                    now = writer.checkpoint
                    await progress(Progress(rows=now.rows, pages=now.pages, total=now.total))
                    if now.complete:
                        return
                    await anyio.lowlevel.checkpoint()
        except BaseException:
            # Cancelled or not, what arrived is kept. That it cannot be is no news beside what went wrong first.
            with anyio.CancelScope(shield=True), suppress(CrashgateError):
                await to_thread.run_sync(writer.commit)
            raise
        await to_thread.run_sync(writer.commit)
        raise ExportError(
            "The export stopped before its end.",
            why="The source gave no more pages, but did not say that there are none.",
            remedy="Resume it.",
        )

    def _finish(self, work: Work, encoder: Encoder) -> Manifest:
        manifest = work.ready
        if manifest is None:
            digest = work.build(encoder)
            manifest = manifest_of(work.plan, work.checkpoint, digest, finished_at=timestamp(self._clock.now()))
        work.publish(manifest)
        return manifest


async def _close(work: Work) -> None:
    """In a thread, because it waits for one that may still be at work when the task was cancelled."""
    with anyio.CancelScope(shield=True):
        await to_thread.run_sync(work.close)
