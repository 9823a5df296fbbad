"""An interrupted export goes on where it stopped: no row twice, none lost, and in the end the same file."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from crashgate.errors import ExportError, NotAvailableError
from crashgate.exports.catalogue import ExportCatalogue
from crashgate.exports.manifest import Manifest
from crashgate.exports.page import ExportPage, Mark, Progress
from crashgate.exports.plan import Format
from crashgate.storage.export_storage import Directory, ExportStorage
from tests.exports.samples import FIRST, ID, SECOND, Source, Stumble, given_pages, plan, row
from tests.storage.export_harness import everything, exporter_to, names

PAGES = 5
LONG = 1000.0
"""Seconds between commits: longer than any test."""


async def _uninterrupted(folder: Path, format_: Format) -> tuple[Manifest, bytes]:
    manifest = await exporter_to(folder / "whole").run(plan(format_), Source(pages=PAGES, size=3))
    return manifest, (folder / "whole" / manifest.file).read_bytes()


async def _same(folder: Path, format_: Format, resumed: Manifest) -> None:
    """The resumed export in ``folder/part`` is what an uninterrupted one is."""
    whole, data = await _uninterrupted(folder, format_)
    assert (folder / "part" / whole.file).read_bytes() == data
    assert resumed == replace(whole, permissions=(FIRST, SECOND))
    assert names(folder / "part") == {whole.file, whole.manifest_file}


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("page", range(PAGES))
@pytest.mark.parametrize("commit_after", [0.0, LONG])
async def test_an_export_whose_source_failed_goes_on_at_the_page_that_is_missing(
    tmp_path: Path, format_: Format, page: int, commit_after: float
) -> None:
    exporter = exporter_to(tmp_path / "part", commit_after=commit_after)
    with pytest.raises(Stumble):
        await exporter.run(plan(format_), Source(pages=PAGES, size=3, stumbles_before=page))
    assert names(tmp_path / "part") & {f"sessions-{ID}.{format_}", f"sessions-{ID}.manifest.json"} == set()
    source = Source(pages=PAGES, size=3)
    manifest = await exporter.resume(ID, source, SECOND)

    assert source.asked == [page or None]
    await _same(tmp_path, format_, manifest)


async def test_an_export_may_be_interrupted_at_every_page(tmp_path: Path) -> None:
    exporter = exporter_to(tmp_path / "part")
    with pytest.raises(Stumble):
        await exporter.run(plan(), Source(pages=PAGES, size=3, stumbles_before=0))
    for page in range(1, PAGES):
        with pytest.raises(Stumble):
            await exporter.resume(ID, Source(pages=PAGES, size=3, stumbles_before=page), SECOND)

    await _same(tmp_path, Format.JSONL, await exporter.resume(ID, Source(pages=PAGES, size=3), SECOND))


async def test_a_scope_that_is_cancelled_keeps_what_arrived(tmp_path: Path) -> None:
    exporter = exporter_to(tmp_path / "part", commit_after=LONG)
    with anyio.CancelScope() as scope:

        async def cancel(progress: Progress) -> None:
            if progress.pages == 3:
                scope.cancel()

        await exporter.run(plan(), Source(pages=PAGES, size=3), cancel)
    source = Source(pages=PAGES, size=3)
    manifest = await exporter.resume(ID, source, SECOND)

    assert scope.cancelled_caught
    assert source.asked == [3]
    await _same(tmp_path, Format.JSONL, manifest)


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_a_task_that_is_cancelled_at_any_time_leaves_something_to_go_on_from(tmp_path: Path, turns: int) -> None:
    exporter = exporter_to(tmp_path / "part")
    task = asyncio.create_task(exporter.run(plan(), Source(pages=PAGES, size=3)))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    manifest = None
    while manifest is None:
        # A thread may still be at its last step when the task has gone; then the export is held for a moment.
        with suppress(ExportError):
            try:
                manifest = await exporter.resume(ID, Source(pages=PAGES, size=3), SECOND)
            except NotAvailableError:
                manifest = await exporter.run(plan(), Source(pages=PAGES, size=3))

    whole, data = await _uninterrupted(tmp_path, Format.JSONL)
    assert (tmp_path / "part" / whole.file).read_bytes() == data


async def test_a_failing_watcher_costs_no_rows(tmp_path: Path) -> None:
    async def fail(progress: Progress) -> None:
        if progress.pages == 2:
            raise Stumble

    exporter = exporter_to(tmp_path / "part", commit_after=LONG)
    with pytest.raises(Stumble):
        await exporter.run(plan(), Source(pages=PAGES, size=3), fail)
    source = Source(pages=PAGES, size=3)
    manifest = await exporter.resume(ID, source, SECOND)

    assert source.asked == [2]
    await _same(tmp_path, Format.JSONL, manifest)


async def test_a_source_that_does_not_say_that_it_has_ended_has_not(tmp_path: Path) -> None:
    async def short(mark: Mark) -> AsyncGenerator[ExportPage, None]:
        assert mark is None
        yield ExportPage(rows=[row(number) for number in range(3)], next=1, total=15)

    exporter = exporter_to(tmp_path / "part", commit_after=LONG)
    with pytest.raises(ExportError, match="before its end"):
        await exporter.run(plan(), short)
    source = Source(pages=PAGES, size=3)
    manifest = await exporter.resume(ID, source, SECOND)

    assert source.asked == [1]
    await _same(tmp_path, Format.JSONL, manifest)


async def test_a_page_that_does_not_fit_is_not_in_the_file(tmp_path: Path) -> None:
    exporter = exporter_to(tmp_path / "part", commit_after=LONG)
    with pytest.raises(ExportError, match="crashed"):
        await exporter.run(plan(), given_pages([row(0), row(1), row(2)], [row(3), {"crashed": "yes"}]))
    source = Source(pages=PAGES, size=3)
    manifest = await exporter.resume(ID, source, SECOND)

    assert source.asked == [1]
    assert manifest.rows == PAGES * 3


async def test_a_finished_export_is_not_made_again(tmp_path: Path) -> None:
    manifest = await exporter_to(tmp_path).run(plan(), Source(pages=2, size=3))
    source = Source(pages=2, size=3)

    assert await exporter_to(tmp_path).resume(ID, source, SECOND) == manifest
    assert source.asked == []


async def test_an_export_that_never_began_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(NotAvailableError):
        await exporter_to(tmp_path).resume(ID, Source(pages=2, size=3), SECOND)


async def test_an_interrupted_export_is_listed_for_its_agent_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(Stumble):
        await exporter_to(tmp_path).run(plan(Format.CSV), Source(pages=4, size=3, stumbles_before=2))
    catalogue = ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path)))
    (found,) = await catalogue.unfinished("reader")

    assert await catalogue.unfinished("other") == ()
    assert (await catalogue.page("reader", everything)).exports == (found,)
    assert found.plan == plan(Format.CSV)
    assert (found.checkpoint.rows, found.checkpoint.next, found.checkpoint.total) == (6, 2, 12)


@pytest.mark.ablation("only its maker is shown an export under way")
async def test_an_interrupted_export_is_not_listed_for_an_agent_whose_ids_begin_like_its_own(tmp_path: Path) -> None:
    with pytest.raises(Stumble):
        await exporter_to(tmp_path).run(plan(agent="other"), Source(pages=4, size=3, stumbles_before=2))

    assert await ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path))).unfinished("reader") == ()


@pytest.mark.ablation("what was written after the checkpoint is cut off")
async def test_what_was_written_after_the_checkpoint_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(Stumble):
        await exporter_to(tmp_path / "part").run(plan(), Source(pages=PAGES, size=3, stumbles_before=2))
    with (tmp_path / "part" / ".in-progress" / ID / "rows").open("ab") as rows:
        rows.write(b'{"half a ro')

    manifest = await exporter_to(tmp_path / "part").resume(ID, Source(pages=PAGES, size=3), SECOND)
    await _same(tmp_path, Format.JSONL, manifest)


@pytest.mark.ablation("an export that is shorter than its checkpoint is damaged")
@pytest.mark.parametrize(
    ("file", "content"),
    [("rows", b""), ("journal.json", b"{}"), ("journal.json", b"\xff"), ("plan.json", b"{}"), ("manifest.json", b"[]")],
)
async def test_an_export_that_is_not_as_it_was_stored_does_not_go_on(tmp_path: Path, file: str, content: bytes) -> None:
    with pytest.raises(Stumble):
        await exporter_to(tmp_path).run(plan(), Source(pages=PAGES, size=3, stumbles_before=2))
    (tmp_path / ".in-progress" / ID / file).write_bytes(content)
    source = Source(pages=PAGES, size=3)

    with pytest.raises(ExportError, match="changed or is damaged"):
        await exporter_to(tmp_path).resume(ID, source, SECOND)
    assert source.asked == []


async def test_a_parquet_export_whose_rows_are_damaged_is_not_finished(tmp_path: Path) -> None:
    with pytest.raises(Stumble):
        await exporter_to(tmp_path).run(plan(Format.PARQUET), Source(pages=PAGES, size=3, stumbles_before=4))
    rows = tmp_path / ".in-progress" / ID / "rows"
    rows.write_bytes(bytes(rows.stat().st_size))

    with pytest.raises(ExportError, match="changed or is damaged"):
        await exporter_to(tmp_path).resume(ID, Source(pages=PAGES, size=3), SECOND)
    assert {name for name in names(tmp_path) if name.startswith("sessions")} == set()


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("call", ["fsync", "link", "rename", "unlink"])
async def test_a_disk_that_fails_at_any_step_costs_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: Format, call: str
) -> None:
    # Guards: the order of data, checkpoint and publication. At each turn another step fails, until none is left.
    whole, data = await _uninterrupted(tmp_path, format_)
    failed = 0
    for turn in range(1, 200):
        folder = tmp_path / str(turn)
        failing = _FailsOnce(getattr(os, call), turn)
        monkeypatch.setattr(os, call, failing)
        # Clearing up is no part of the export: what fails there is no failure.
        with suppress(ExportError):
            await exporter_to(folder).run(plan(format_), Source(pages=PAGES, size=3))
        monkeypatch.undo()
        try:
            await exporter_to(folder).resume(ID, Source(pages=PAGES, size=3), SECOND)
        except NotAvailableError:
            await exporter_to(folder).run(plan(format_), Source(pages=PAGES, size=3))

        assert (folder / whole.file).read_bytes() == data
        assert names(folder) == {whole.file, whole.manifest_file}
        failed += failing.failed
        if not failing.failed:
            break
    assert failed >= 2


async def test_a_write_that_stopped_half_way_is_neither_kept_nor_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Guards: that nothing is committed after a failure. The disk has room again when the failure is handled.
    real, calls = os.write, iter(range(1, 100))

    def write(file: int, data: memoryview) -> int:
        match next(calls):
            case 3:
                return real(file, data[: len(data) // 2])
            case 4:
                raise OSError(errno.ENOSPC, "No space left on device")
            case _:
                return real(file, data)

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(ExportError, match="The disk is full"):
        await exporter_to(tmp_path / "part").run(plan(), Source(pages=PAGES, size=3))
    source = Source(pages=PAGES, size=3)
    manifest = await exporter_to(tmp_path / "part").resume(ID, source, SECOND)

    assert source.asked == [2]
    await _same(tmp_path, Format.JSONL, manifest)


class _FailsOnce:
    """A call of the system that finds the disk full, the so-many-th time."""

    def __init__(self, real: Callable[..., object], turn: int) -> None:
        self._real = real
        self._turn = turn
        self._calls = 0

    @property
    def failed(self) -> bool:
        return self._calls >= self._turn

    def __call__(self, *args: object, **named: object) -> object:
        self._calls += 1
        if self._calls == self._turn:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._real(*args, **named)
