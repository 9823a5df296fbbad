"""Exports to object storage: uploaded whole when finished, data before manifest, and again after a failure."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from crashgate.errors import Code, ExportError, NotAvailableError
from crashgate.exports.catalogue import ExportCatalogue
from crashgate.exports.page import Progress
from crashgate.exports.plan import Format
from crashgate.exports.port import LARGEST_READ
from crashgate.storage.export_objects import Objects
from crashgate.storage.export_storage import ExportStorage
from tests.exports.samples import ID, SECOND, Source, Stumble, plan
from tests.storage.export_harness import everything, exporter, manifest_of_source, names

Memory: TypeAlias = Any  # fsspec has no types
URL = "memory://bucket/exports"
DATA = f"/bucket/exports/sessions-{ID}.jsonl"
MANIFEST = f"/bucket/exports/sessions-{ID}.manifest.json"


@pytest.fixture
def memory() -> Iterator[Memory]:
    """Fsspec's file system in memory, which is one for the whole process."""
    system: Memory = import_module("fsspec").filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


@pytest.mark.parametrize("format_", Format)
async def test_a_finished_export_is_uploaded_and_its_local_files_are_gone(
    tmp_path: Path,
    memory: Memory,
    format_: Format,
) -> None:
    storage = ExportStorage(tmp_path, Objects(URL))
    manifest = await exporter(storage).run(plan(format_), Source(pages=4, size=5))
    data = memory.cat_file(f"/bucket/exports/sessions-{ID}.{format_}")

    neutralised = 5 if format_ is Format.CSV else 0
    assert manifest == manifest_of_source(plan(format_), data, rows=20, pages=4, neutralised=neutralised)
    assert set(memory.store) == {MANIFEST, f"/bucket/exports/sessions-{ID}.{format_}"}
    assert names(tmp_path) == set()
    assert (await ExportCatalogue(storage).page("reader", everything)).exports == (manifest,)
    assert await ExportCatalogue(storage).read(manifest, 3, 9) == data[3:12]
    assert await ExportCatalogue(storage).read(manifest, len(data), LARGEST_READ) == b""


async def test_an_interrupted_export_uploads_nothing_and_can_be_resumed(tmp_path: Path, memory: Memory) -> None:
    storage = ExportStorage(tmp_path, Objects(URL))
    with pytest.raises(Stumble):
        await exporter(storage).run(plan(), Source(pages=4, size=5, stumbles_before=2))
    assert memory.store == {}
    manifest = await exporter(storage).resume(ID, Source(pages=4, size=5), SECOND)

    assert (manifest.rows, manifest.pages) == (20, 4)
    assert sorted(memory.store) == [DATA, MANIFEST]


@pytest.mark.parametrize("fails", [1, 2])
async def test_an_upload_that_failed_is_repeated_without_asking_for_a_page(
    tmp_path: Path,
    memory: Memory,
    monkeypatch: pytest.MonkeyPatch,
    fails: int,
) -> None:
    storage = ExportStorage(tmp_path, Objects(URL))
    real, uploads = memory.put_file, iter(range(1, 9))

    def put_file(lpath: str, rpath: str, **named: object) -> None:
        if next(uploads) == fails:
            raise ConnectionError("s3://key:secret@bucket is gone")
        real(lpath, rpath, **named)

    monkeypatch.setattr(memory, "put_file", put_file)
    with pytest.raises(ExportError) as refused:
        await exporter(storage).run(plan(), Source(pages=4, size=5))
    manifests = [name for name in memory.store if name.endswith("manifest.json")]
    source = Source(pages=4, size=5)
    manifest = await exporter(storage).resume(ID, source, SECOND)

    assert "secret" not in str(refused.value)
    assert (refused.value.what, manifests) == ("The object storage cannot be reached.", [])
    assert source.asked == []
    assert memory.cat_file(DATA).count(b"\n") == manifest.rows == 20
    assert names(tmp_path) == set()


@pytest.mark.ablation("an upload that lost bytes gets no manifest")
async def test_an_upload_that_lost_bytes_gets_no_manifest(
    tmp_path: Path,
    memory: Memory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def put_file(_: str, rpath: str) -> None:
        memory.pipe_file(rpath, b"half")

    monkeypatch.setattr(memory, "put_file", put_file)

    with pytest.raises(ExportError, match="cannot be reached"):
        await exporter(ExportStorage(tmp_path, Objects(URL))).run(plan(), Source(pages=4, size=5))
    assert sorted(memory.store) == [DATA]


@pytest.mark.parametrize("name", [DATA, MANIFEST])
async def test_an_object_that_is_there_already_is_never_replaced(tmp_path: Path, memory: Memory, name: str) -> None:
    memory.pipe_file(name, b"keep")
    source = Source(pages=1, size=1)

    with pytest.raises(ExportError, match="nothing is ever overwritten"):
        await exporter(ExportStorage(tmp_path, Objects(URL))).run(plan(), source)
    assert (memory.cat_file(name), source.asked) == (b"keep", [])


@pytest.mark.ablation("an export replaces no object")
@pytest.mark.parametrize("name", [DATA, MANIFEST])
async def test_an_object_that_comes_while_the_export_runs_is_not_replaced_either(
    tmp_path: Path, memory: Memory, name: str
) -> None:
    async def put(_: Progress) -> None:
        memory.pipe_file(name, b"keep")

    with pytest.raises(ExportError, match="nothing is ever overwritten"):
        await exporter(ExportStorage(tmp_path, Objects(URL))).run(plan(), Source(pages=1, size=1), put)
    assert memory.cat_file(name) == b"keep"


@pytest.mark.threats(21)
async def test_anothers_export_is_not_found(tmp_path: Path, memory: Memory) -> None:
    storage = ExportStorage(tmp_path, Objects(URL))
    await exporter(storage).run(plan(agent="other"), Source(pages=1, size=1))
    memory.pipe_file("/bucket/exports/other.manifest.json", b"{}")

    assert (await ExportCatalogue(storage).page("reader", everything)).exports == ()
    with pytest.raises(NotAvailableError):
        await ExportCatalogue(storage).find(ID, "reader")


@pytest.mark.parametrize("url", ["nonsense://key:secret@bucket", "gs://key:secret@bucket"])
def test_a_url_without_a_driver_is_refused_without_its_credentials(tmp_path: Path, url: str) -> None:
    with pytest.raises(ExportError) as refused:
        ExportStorage(tmp_path, Objects(url))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (FileNotFoundError, "There is no such bucket or folder."),
        (PermissionError, "Its credentials do not permit it."),
        (ConnectionError, "Its driver gave ConnectionError."),
    ],
)
async def test_what_a_driver_says_is_told_in_our_words(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch, problem: type[Exception], why: str
) -> None:
    def put_file(*_: str) -> None:
        raise problem("s3://key:secret@bucket")

    monkeypatch.setattr(memory, "put_file", put_file)
    with pytest.raises(ExportError) as refused:
        await exporter(ExportStorage(tmp_path, Objects(URL))).run(plan(), Source(pages=1, size=1))

    assert (refused.value.why, refused.value.code) == (why, Code.EXPORT_FAILED)


@pytest.mark.ablation("a bucket is never made")
async def test_a_bucket_is_never_made(tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    # As s3fs does it: a name begins with the bucket, and making folders makes the bucket.
    made: list[str] = []

    def makedirs(path: str, **_: object) -> None:
        made.append(path)

    def url_to_fs(url: str) -> tuple[Memory, str]:
        return memory, url.partition("://")[2]

    monkeypatch.setattr(memory, "makedirs", makedirs)
    monkeypatch.setattr("fsspec.core.url_to_fs", url_to_fs)
    await exporter(ExportStorage(tmp_path, Objects(URL))).run(plan(), Source(pages=1, size=1))

    # The storage in memory makes folders by itself, with names that begin with a stroke.
    assert [path for path in made if not path.startswith("/")] == []
    assert sorted(memory.store) == [DATA, MANIFEST]
