"""Runs an export and resumes it. An export is finished when its source says so, and not before."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress

import anyio
import anyio.lowlevel
from anyio import to_thread

from crashgate.clock import Clock, timestamp
from crashgate.errors import Code, CrashgateError
from crashgate.exports.encoder import Encoder
from crashgate.exports.failure import ExportError
from crashgate.exports.manifest import Manifest, manifest_of
from crashgate.exports.page import OnProgress, Pages, Progress, unwatched
from crashgate.exports.plan import Format, Permission, Plan, check_id
from crashgate.exports.port import Storage, Work
from crashgate.exports.writer import Intake
from crashgate.model.export import Column

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
        manifest = await to_thread.run_sync(self._settled, export_id)
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

    def _settled(self, export_id: str) -> Manifest | None:
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
                f"There are no exports as {format_} here.",
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
        intake = Intake(work, encoder, self._clock, commit_after=self._commit_after)
        try:
            async with aclosing(pages(work.checkpoint.next)) as source:
                async for page in source:
                    if intake.take(page):
                        await to_thread.run_sync(intake.settle)
                    now = intake.checkpoint
                    await progress(Progress(rows=now.rows, pages=now.pages, total=now.total))
                    if now.complete:
                        return
                    await anyio.lowlevel.checkpoint()
        except BaseException:
            # Cancelled or not, what arrived is kept. That it cannot be is no news beside what went wrong first.
            with anyio.CancelScope(shield=True), suppress(CrashgateError):
                await to_thread.run_sync(intake.commit)
            raise
        await to_thread.run_sync(intake.commit)
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
