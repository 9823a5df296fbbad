"""Exports in progress, and the place where finished ones go.

Work is always local, whatever the place is. The working folders are in ``.in-progress``, named by export id, so that no
finished file ever looks like one of them. In a directory the data appears whole, then the manifest,
and neither replaces a file.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from crashgate.errors import ExportError
from crashgate.exports.checkpoint import encode_plan
from crashgate.exports.manifest import ENDING, Manifest, decode, id_of, manifests
from crashgate.exports.plan import Plan, check_id
from crashgate.exports.port import LARGEST_READ, Unfinished, not_available
from crashgate.storage.export_folder import Folder, damaged, in_the_way, storing
from crashgate.storage.export_work import (
    LARGEST_FILE,
    MANIFEST,
    PLAN,
    WorkFolder,
    clear,
    lock,
    read_checkpoint,
    read_plan,
)

IN_PROGRESS = ".in-progress"


class Place(Protocol):
    """Where finished exports go."""

    def check_free(self, plan: Plan) -> None:
        """Raises ExportError when a name of the export is taken, or the place cannot be reached."""
        ...

    def publish(self, work: Folder, data: str, manifest: Manifest) -> None:
        """Let the file ``data`` of the working folder appear, then the manifest beside it; may be repeated.

        Never replaces a file of anybody else. Raises ExportError, or OSError of the working folder.
        """
        ...

    def names(self) -> Sequence[str]:
        """The names of what is there, others' files among them. Raises ExportError."""
        ...

    def manifest(self, name: str) -> Manifest | None:
        """The manifest of that name; None where it is none of ours, or gone. Raises ExportError."""
        ...

    def read(self, manifest: Manifest, start: int, length: int) -> bytes:
        """Bytes of a data file from ``start``, at most LARGEST_READ; empty behind the end. Raises ExportError."""
        ...

    def path(self, name: str) -> str | None:
        """Where what has that name is on this machine; None where it is elsewhere."""
        ...

    def remove(self, name: str) -> None:
        """Remove what has that name, if it is there, durably. Raises ExportError."""
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
        with storing(self._local), in_progress(self._local) as parent:
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
        with storing(self._local), in_progress(self._local) as parent:
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
        with storing(self._local), in_progress(self._local) as parent, suppress(FileNotFoundError):
            with parent.sub(check_id(export_id)) as folder:
                lock(folder)
                clear(folder)
            parent.remove_sub(export_id)

    def unfinished(self, whose: str = "") -> Sequence[Unfinished]:
        """The exports in progress, or interrupted, whose ids begin so; what cannot be read is left out."""
        with storing(self._local), in_progress(self._local) as parent:
            return tuple(_read_unfinished(parent, whose))

    def ids(self, whose: str = "") -> frozenset[str]:
        """The ids that begin so, of all exports. Raises ExportError."""
        # In this order: one that is published meanwhile is found in one of the two.
        with storing(self._local), in_progress(self._local) as parent:
            working = [name for name in parent.names() if name.startswith(whose)]
        return frozenset(working).union(map(id_of, manifests(self._place.names(), whose=whose)))

    def finished(self, whose: str = "", before: str | None = None) -> Iterator[Manifest]:
        """The finished exports whose ids begin so, and come after ``before``; opened one by one. Raises ExportError."""
        for name in manifests(self._place.names(), whose=whose, before=before):
            if (manifest := self._place.manifest(name)) is not None:
                yield manifest

    def find(self, export_id: str) -> Manifest | None:
        """The manifest of a finished export. Raises ExportError."""
        return next(self.finished(check_id(export_id)), None)

    def read(self, manifest: Manifest, start: int, length: int) -> bytes:
        """Bytes of a data file from ``start``, at most LARGEST_READ. Raises ExportError."""
        return self._place.read(manifest, start, length)

    def path(self, manifest: Manifest) -> str | None:
        """Where the data file is on this machine; None where it is in object storage."""
        return self._place.path(manifest.file)

    def _plan(self, folder: Folder, export_id: str) -> Plan:
        try:
            plan = read_plan(folder)
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
        with suppress(OSError, ExportError), in_progress(self._local) as parent:
            parent.remove_sub(export_id)


def in_progress(local: Path) -> Folder:
    """The folder of the working folders, made where it is missing. Raises OSError."""
    with Folder.top(local) as top:
        return top.sub(IN_PROGRESS, make=True)


def _read_unfinished(parent: Folder, whose: str) -> Iterator[Unfinished]:
    for name in parent.names():
        if not name.startswith(whose):
            continue
        with suppress(OSError, ValueError), parent.sub(check_id(name)) as folder:
            plan = read_plan(folder)
            yield Unfinished(plan=plan, checkpoint=read_checkpoint(folder, plan))


class Directory:
    """Where finished exports are, as files. Fills the port Place."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check_free(self, plan: Plan) -> None:
        """Raises ExportError when a name of the export is taken."""
        with storing(self._path), Folder.top(self._path) as top:
            for name in (plan.file, f"{plan.name}{ENDING}"):
                # check: an export replaces no file
                if top.has(name):
                    raise in_the_way(name, self._path)

    def publish(self, work: Folder, data: str, manifest: Manifest) -> None:
        """The data, then the manifest; each at once, and durable before the next."""
        with storing(self._path), Folder.top(self._path) as top:
            for name, new_name in ((data, manifest.file), (MANIFEST, manifest.manifest_file)):
                try:
                    work.publish(name, top, new_name)
                except FileExistsError:
                    raise in_the_way(new_name, self._path) from None

    def names(self) -> Sequence[str]:
        """The names of what is there, others' files among them. Raises ExportError."""
        with storing(self._path), Folder.top(self._path) as top:
            return top.names()

    def manifest(self, name: str) -> Manifest | None:
        """The manifest in a file; None where it is no manifest of ours. Raises ExportError."""
        with storing(self._path), Folder.top(self._path) as top:
            try:
                return decode(top.content(name, LARGEST_FILE), stored_as=name)
            except (OSError, ValueError):
                return None

    def path(self, name: str) -> str | None:
        """Where the file is."""
        return str(self._path.absolute() / name)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there, durably. Raises ExportError."""
        with storing(self._path), Folder.top(self._path) as top:
            top.remove(name)
            top.sync()

    def read(self, manifest: Manifest, start: int, length: int) -> bytes:
        """Bytes of the data file from ``start``, at most LARGEST_READ; empty behind the end. Raises ExportError."""
        with storing(self._path), Folder.top(self._path) as top:
            file = top.file(manifest.file, os.O_RDONLY)
            try:
                return os.pread(file, min(length, LARGEST_READ), start)
            finally:
                os.close(file)
