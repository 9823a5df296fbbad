"""Finished exports, as one agent sees them. Rule: of others' exports it sees nothing, not even that they exist."""

from anyio import to_thread

from crashgate.exports.failure import not_available
from crashgate.exports.manifest import Manifest
from crashgate.exports.plan import check_id
from crashgate.exports.port import LARGEST_READ, Shelf, Storage, Unfinished


class ExportShelf:
    """Reads back what was exported. All methods raise ExportError when the storage cannot be read."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def finished(self, agent: str) -> tuple[Manifest, ...]:
        """The finished exports of ``agent``, newest first."""
        mine = await to_thread.run_sync(_finished, self._storage, agent)
        return tuple(sorted(mine, key=lambda manifest: (manifest.finished_at, manifest.id), reverse=True))

    async def unfinished(self, agent: str) -> tuple[Unfinished, ...]:
        """The exports of ``agent`` that can be resumed, or are being made, newest first."""
        everybodys = await to_thread.run_sync(self._storage.unfinished)
        mine = (each for each in everybodys if each.plan.owned_by(agent))
        return tuple(sorted(mine, key=lambda each: (each.plan.created_at, each.plan.id), reverse=True))

    async def find(self, export_id: str, agent: str) -> Manifest:
        """A finished export of ``agent``. Raises NotAvailableError for one that is missing or another's."""
        try:
            manifest = await to_thread.run_sync(self._storage.find, check_id(export_id))
        except ValueError:
            raise not_available("of that id") from None
        if manifest is None or not manifest.owned_by(agent):
            raise not_available(export_id)
        return manifest

    async def read(self, manifest: Manifest, start: int = 0, length: int = LARGEST_READ) -> bytes:
        """Bytes of the data file from ``start``, at most LARGEST_READ; empty behind the end.

        Raises ValueError for a negative number. The manifest is one that ``find`` or ``finished`` gave.
        """
        if start < 0 or length < 0:
            raise ValueError("a range of bytes has no negative numbers")
        return await to_thread.run_sync(self._storage.read, manifest, start, min(length, LARGEST_READ))


def _finished(storage: Shelf, agent: str) -> list[Manifest]:
    return [manifest for manifest in storage.finished() if manifest.owned_by(agent)]
