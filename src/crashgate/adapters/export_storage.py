"""Exports in progress, and the place where finished ones go. Rule: work is always local, whatever the place is.

The working folders are in ``.in-progress``, named by export id, so that no finished file ever looks like one of them.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from crashgate.adapters.export_failure import damaged, in_the_way, storing
from crashgate.adapters.export_folder import Folder
from crashgate.adapters.export_work import PLAN, WorkFolder, clear, lock, stored_checkpoint, stored_plan
from crashgate.exports.checkpoint import encode_plan
from crashgate.exports.failure import ExportError, not_available
from crashgate.exports.manifest import Manifest
from crashgate.exports.plan import Plan, check_id
from crashgate.exports.port import Shelf, Unfinished

IN_PROGRESS = ".in-progress"


class Place(Shelf, Protocol):
    """Where finished exports go."""

    def check_free(self, plan: Plan) -> None:
        """Raises ExportError when a name of the export is taken, or the place cannot be reached."""
        ...

    def publish(self, work: Folder, data: str, manifest: Manifest) -> None:
        """Let the file ``data`` of the working folder appear, then the manifest beside it; may be repeated.

        Never replaces a file of anybody else. Raises ExportError, or OSError of the working folder.
        """
        ...


class ExportStorage:
    """Fills the port Storage."""

    def __init__(self, local: Path, place: Place) -> None:
        """``local`` is a directory that is durable: what is in progress lives there."""
        self._local = local
        self._place = place

    def begin(self, plan: Plan) -> WorkFolder:
        """Start an export. Raises ExportError when there is one of that id, or something in the way."""
        self._place.check_free(plan)
        with storing(self._local), self._in_progress() as parent:
            folder = parent.sub(plan.id, make=True)
            try:
                lock(folder)
                # A folder without a plan is what a `kill -9` left of a beginning.
                if folder.has(PLAN):
                    raise in_the_way(plan.id, parent.path)  # noqa: TRY301 - the folder is to be closed
                folder.put(PLAN, encode_plan(plan))
                return self._work(folder, plan)
            except BaseException:
                folder.close()
                raise

    def reopen(self, export_id: str) -> WorkFolder:
        """Go on with an export. Raises NotAvailableError when there is none, ExportError when it cannot go on."""
        with storing(self._local), self._in_progress() as parent:
            try:
                folder = parent.sub(check_id(export_id))
            except FileNotFoundError:
                raise not_available(export_id) from None
            try:
                lock(folder)
                return self._work(folder, self._plan(folder, export_id))
            except BaseException:
                folder.close()
                raise

    def clear(self, export_id: str) -> None:
        """Remove what a finished export may have left behind. Raises ExportError."""
        with storing(self._local), self._in_progress() as parent, suppress(FileNotFoundError):
            with parent.sub(check_id(export_id)) as folder:
                lock(folder)
                clear(folder)
            parent.remove_sub(export_id)

    def unfinished(self) -> Sequence[Unfinished]:
        """The exports that are in progress, or were interrupted; what cannot be read is left out."""
        with storing(self._local), self._in_progress() as parent:
            return tuple(_unfinished(parent))

    def finished(self) -> Iterator[Manifest]:
        """All finished exports, in no order. Raises ExportError."""
        return self._place.finished()

    def find(self, export_id: str) -> Manifest | None:
        """The manifest of a finished export. Raises ExportError."""
        return self._place.find(export_id)

    def read(self, manifest: Manifest, start: int, length: int) -> bytes:
        """Bytes of a data file from ``start``, at most LARGEST_READ. Raises ExportError."""
        return self._place.read(manifest, start, length)

    def _in_progress(self) -> Folder:
        with Folder.top(self._local) as top:
            return top.sub(IN_PROGRESS, make=True)

    def _plan(self, folder: Folder, export_id: str) -> Plan:
        try:
            plan = stored_plan(folder)
        except FileNotFoundError:
            raise not_available(export_id) from None
        except ValueError:
            raise damaged(folder.path) from None
        if plan.id != export_id:
            raise damaged(folder.path)
        return plan

    def _work(self, folder: Folder, plan: Plan) -> WorkFolder:
        return WorkFolder(folder, plan, self._place.publish, self._remove)

    def _remove(self, export_id: str) -> None:
        with suppress(OSError, ExportError), self._in_progress() as parent:
            parent.remove_sub(export_id)


def _unfinished(parent: Folder) -> Iterator[Unfinished]:
    for name in parent.names():
        with suppress(OSError, ValueError), parent.sub(check_id(name)) as folder:
            plan = stored_plan(folder)
            yield Unfinished(plan=plan, checkpoint=stored_checkpoint(folder, plan))
