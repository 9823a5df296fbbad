"""Finished exports as one agent sees them: it learns nothing of others' exports, not even that they exist."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, islice

from anyio import to_thread

from crashgate.exports.manifest import Manifest, owner
from crashgate.exports.plan import check_id
from crashgate.exports.port import LARGEST_READ, Storage, Unfinished, not_available

MOST = 50
"""Exports on a page."""

Given = Callable[[Manifest | Unfinished], bool]
"""Whether the agent may have what is in a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CataloguePage:
    """Some exports; ``next`` is what to give as ``before`` for the next ones, None where there are none."""

    exports: tuple[Manifest | Unfinished, ...]
    next: str | None


class ExportCatalogue:
    """Reads back what was exported. All methods raise ExportError when the storage cannot be read."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def page(self, agent: str, given: Given, *, before: str | None = None, most: int = MOST) -> CataloguePage:
        """The finished exports of ``agent`` and those in progress, newest first, as far as they are ``given``.

        ``before`` is the id of the last one of the page before.
        """
        found, after = list[Manifest | Unfinished](), before
        while len(found) <= most:
            some = await to_thread.run_sync(_list_some, self._storage, agent, after, most + 1)
            found += [each for each in some if given(each)]
            if len(some) <= most:
                break
            after = id_of_export(some[-1])
        shown = tuple(found[:most])
        return CataloguePage(exports=shown, next=id_of_export(shown[-1]) if len(found) > most else None)

    async def unfinished(self, agent: str) -> tuple[Unfinished, ...]:
        """The exports of ``agent`` that can be resumed, or are being made, newest first."""
        return tuple(await to_thread.run_sync(_list_unfinished, self._storage, agent))

    async def ids(self, agent: str) -> frozenset[str]:
        """The ids of all that is kept for ``agent``; with bad luck another's are among them."""
        return await to_thread.run_sync(self._storage.ids, owner(agent))

    async def find(self, export_id: str, agent: str) -> Manifest:
        """A finished export of ``agent``. Raises NotAvailableError for one that is missing or another's."""
        try:
            manifest = await to_thread.run_sync(self._storage.find, check_id(export_id))
        except ValueError:
            raise not_available("of that id") from None
        if (
            manifest is None
            # check: only its maker finds an export
            or not manifest.owned_by(agent)
        ):
            raise not_available(export_id)
        return manifest

    def path(self, manifest: Manifest) -> str | None:
        """Where the file is on this machine; None where it is elsewhere."""
        return self._storage.path(manifest)

    async def read(self, manifest: Manifest, start: int = 0, length: int = LARGEST_READ) -> bytes:
        """Bytes of the data file from ``start``, at most LARGEST_READ; empty behind the end.

        Raises ValueError for a negative number. The manifest is one that ``find`` or ``finished`` gave.
        """
        if start < 0 or length < 0:
            raise ValueError("a range of bytes has no negative numbers")
        return await to_thread.run_sync(self._storage.read, manifest, start, min(length, LARGEST_READ))


def id_of_export(kept: Manifest | Unfinished) -> str:
    """The id of an export, finished or not."""
    return kept.id if isinstance(kept, Manifest) else kept.plan.id


def _list_unfinished(storage: Storage, agent: str) -> list[Unfinished]:
    mine = [
        each
        for each in storage.unfinished(owner(agent))
        # check: only its maker is shown an export under way
        if each.plan.owned_by(agent)
    ]
    return sorted(mine, key=id_of_export, reverse=True)


def _list_some(storage: Storage, agent: str, before: str | None, most: int) -> list[Manifest | Unfinished]:
    """The next few of the agent; what is published, and not cleared up after, is finished."""
    working: Iterable[Manifest | Unfinished] = (
        each for each in _list_unfinished(storage, agent) if before is None or each.plan.id < before
    )
    finished: Iterable[Manifest | Unfinished] = (
        each
        for each in storage.finished(owner(agent), before)
        # check: only its maker is shown an export
        if each.owned_by(agent)
    )
    merged = merge(finished, working, key=id_of_export, reverse=True)
    return list(islice((next(same) for _, same in groupby(merged, key=id_of_export)), most))
