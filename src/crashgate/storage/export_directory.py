"""Finished exports in a directory. Rule: data and manifest appear whole, in this order, and never replace a file."""

import os
from collections.abc import Sequence
from pathlib import Path

from crashgate.exports import manifest as manifests
from crashgate.exports.manifest import ENDING, Manifest
from crashgate.exports.plan import Plan
from crashgate.exports.port import LARGEST_READ
from crashgate.storage.export_folder import Folder, in_the_way, storing
from crashgate.storage.export_work import LARGEST_FILE, MANIFEST


class Directory:
    """Where finished exports are, as files. Fills the port Place."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check_free(self, plan: Plan) -> None:
        """Raises ExportError when a name of the export is taken."""
        with storing(self._path), Folder.top(self._path) as top:
            for name in (plan.file, f"{plan.name}{ENDING}"):
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
                return manifests.decode(top.content(name, LARGEST_FILE), stored_as=name)
            except (OSError, ValueError):
                return None

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
