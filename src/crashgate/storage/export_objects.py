"""Finished exports in object storage, by URL. They are uploaded whole, the data before the manifest.

Work in progress is in a local directory, and so is the finished file until its upload has succeeded: an upload that
failed is repeated by resuming the export. fsspec is imported when the first URL is used. It and s3fs come with the
extra ``s3``; the drivers of other schemes, and all credentials, are the operator's to provide.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from crashgate.errors import Code, CrashgateError, ExportError
from crashgate.exports import manifest as manifests
from crashgate.exports.manifest import ENDING, Manifest
from crashgate.exports.plan import Plan
from crashgate.exports.port import LARGEST_READ
from crashgate.sanitise import clean
from crashgate.storage.export_folder import Folder, in_the_way
from crashgate.storage.export_work import LARGEST_FILE, MANIFEST

_LONGEST_SCHEME = 40
_UPLOADING = "uploading"
"""In the working folder: from here on, objects of the export's names are our own."""

_WHY: Mapping[type[Exception], str] = {
    FileNotFoundError: "There is no such bucket or folder.",
    PermissionError: "Its credentials do not permit it.",
}


class FileSystem(Protocol):
    """What is used of fsspec, which has no types."""

    def exists(self, path: str) -> bool: ...  # noqa: D102 - fsspec's own
    def info(self, path: str) -> dict[str, Any]: ...  # noqa: D102 - fsspec's own
    def ls(self, path: str, detail: bool = ..., refresh: bool = ...) -> list[str]: ...  # noqa: D102, FBT001 - fsspec's own
    def makedirs(self, path: str, exist_ok: bool = ...) -> None: ...  # noqa: D102, FBT001 - fsspec's own
    def put_file(self, lpath: str, rpath: str) -> None: ...  # noqa: D102 - fsspec's own
    def cat_file(self, path: str, start: int | None = ..., end: int | None = ...) -> bytes: ...  # noqa: D102 - fsspec's own
    def rm_file(self, path: str) -> None: ...  # noqa: D102 - fsspec's own
    def invalidate_cache(self, path: str | None = ...) -> None: ...  # noqa: D102 - fsspec's own


class Objects:
    """Where finished exports are, as objects under a URL. Fills the port Place."""

    def __init__(self, url: str) -> None:
        """Reaches nothing yet. Raises ExportError when there is no driver for the URL."""
        scheme = url.partition("://")[0]
        with _reaching(scheme):
            _refuse_unknown(scheme)
            system, self._prefix = import_module("fsspec.core").url_to_fs(url)
        self._system = cast("FileSystem", system)

    def check_free(self, plan: Plan) -> None:
        """Raises ExportError when a name of the export is taken, or the storage cannot be reached."""
        self._check_free(plan.file, f"{plan.name}{ENDING}")

    def publish(self, work: Folder, data: str, manifest: Manifest) -> None:
        """Upload the data, see that it arrived, and upload the manifest."""
        if not work.has(_UPLOADING):
            # check: an export replaces no object
            self._check_free(manifest.file, manifest.manifest_file)
            work.put(_UPLOADING, b"")
        with _reaching():
            # A name that begins with a bucket needs no folders, and a driver would make the bucket: where the operator
            # misspelt it, the rows would go to one that nobody guards.
            # check[always]: a bucket is never made
            if self._prefix.startswith("/"):
                self._system.makedirs(self._prefix, exist_ok=True)
            self._system.put_file(str(work.path / data), self._at(manifest.file))
            self._system.invalidate_cache()
            arrived = self._system.info(self._at(manifest.file))["size"]
            # check: an upload that lost bytes gets no manifest
            if arrived != manifest.size:
                raise OSError(f"{arrived} of {manifest.size} bytes arrived")
            self._system.put_file(str(work.path / MANIFEST), self._at(manifest.manifest_file))
            self._system.invalidate_cache()

    def names(self) -> Sequence[str]:
        """The names of what is there, others' objects among them. Raises ExportError."""
        with _reaching():
            try:
                paths = self._system.ls(self._prefix, detail=False, refresh=True)
            except FileNotFoundError:
                return ()
        return [path.rsplit("/", 1)[-1] for path in paths]

    def manifest(self, name: str) -> Manifest | None:
        """The manifest in an object; None where it is no manifest of ours, or gone. Raises ExportError."""
        with _reaching():
            try:
                body = self._system.cat_file(self._at(name), start=0, end=LARGEST_FILE)
            except FileNotFoundError:
                return None
        try:
            return manifests.decode(body, stored_as=name)
        except ValueError:
            return None

    def path(self, name: str) -> str | None:
        """None: an object is on no machine."""
        del name
        return None

    def remove(self, name: str) -> None:
        """Remove an object, if it is there. Raises ExportError."""
        with _reaching():
            with suppress(FileNotFoundError):
                self._system.rm_file(self._at(name))
            self._system.invalidate_cache()

    def read(self, manifest: Manifest, start: int, length: int) -> bytes:
        """Bytes of the data file from ``start``, at most LARGEST_READ; empty behind the end. Raises ExportError."""
        end = min(start + min(length, LARGEST_READ), manifest.size)
        if start >= end:
            return b""
        with _reaching():
            return self._system.cat_file(self._at(manifest.file), start=start, end=end)

    def _at(self, name: str) -> str:
        return f"{self._prefix.rstrip('/')}/{name}"

    def _check_free(self, *names: str) -> None:
        for name in names:
            with _reaching():
                taken = self._system.exists(self._at(name))
            if taken:
                raise in_the_way(name, Path(self._prefix))


def _refuse_unknown(scheme: str) -> None:
    """Raises ExportError for a scheme that fsspec has no word of; chains (``::``) are its own to read."""
    if "::" in scheme:
        return
    try:
        import_module("fsspec.registry").get_filesystem_class(scheme)
    except ValueError as problem:
        raise ExportError(
            "Exports cannot go there.",
            why=f"Unknown scheme {clean(scheme, limit=_LONGEST_SCHEME, lines=False)}.",
            remedy="The operator should name a folder, or the URL of a storage that fsspec knows, such as s3://bucket.",
            code=Code.CONFIGURATION,
        ) from problem


_EXTRAS: Mapping[str, str] = {"s3": "s3", "s3a": "s3"}
"""Schemes whose driver an extra of crashgate installs."""


@contextmanager
def _reaching(scheme: str = "") -> Generator[None]:
    """Drivers raise what they like; what they say may hold the URL's credentials, and is not quoted."""
    try:
        yield
    except CrashgateError:
        raise
    except ImportError as problem:
        raise ExportError(
            "The object storage cannot be used.",
            why=f"The driver {problem.name or 'of its scheme'} is not installed.",
            remedy=f"The operator should run: pip install 'crashgate[{_EXTRAS[scheme]}]'"
            if scheme in _EXTRAS
            else "The operator should install fsspec and the driver of its scheme, or configure a directory.",
            code=Code.CONFIGURATION,
        ) from problem
    except Exception as problem:
        raise ExportError(
            "The object storage cannot be reached.",
            why=next((why for kind, why in _WHY.items() if isinstance(problem, kind)), None)
            or f"Its driver gave {type(problem).__name__}.",
            remedy="What was exported so far is kept: resume the export when the storage can be reached.",
        ) from problem
