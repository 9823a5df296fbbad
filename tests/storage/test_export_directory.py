"""Exports to a directory: whole or not there, for the owner alone, and in nobody's way."""

import json
import os
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from crashgate.errors import ExportError, NotAvailableError
from crashgate.exports.catalogue import ExportCatalogue, id_of_export
from crashgate.exports.manifest import Manifest
from crashgate.exports.page import Progress
from crashgate.exports.plan import Format
from crashgate.exports.port import LARGEST_READ
from crashgate.model.export import Kind
from crashgate.storage.export_folder import Folder
from crashgate.storage.export_storage import Directory, ExportStorage
from tests.exports.samples import COLUMNS, ID, OTHERS, READERS, Source, Stumble, Watcher, given_pages, plan
from tests.storage.export_harness import everything, exporter_to, manifest_of_source, names

DATA = f"sessions-{ID}.jsonl"
MANIFEST = f"sessions-{ID}.manifest.json"


@pytest.mark.parametrize("format_", Format)
async def test_a_finished_export_is_a_data_file_and_a_manifest_that_tells_of_it(
    tmp_path: Path, format_: Format
) -> None:
    manifest = await exporter_to(tmp_path).run(plan(format_), Source(pages=4, size=5))

    data = (tmp_path / f"sessions-{ID}.{format_}").read_bytes()
    assert names(tmp_path) == {f"sessions-{ID}.{format_}", MANIFEST}
    # Every fourth user is a formula.
    assert manifest == manifest_of_source(
        plan(format_), data, rows=20, pages=4, neutralised=5 if format_ is Format.CSV else 0
    )
    stored = json.loads((tmp_path / MANIFEST).read_bytes())
    assert (stored["sha256"], stored["rows"], stored["query"]) == (manifest.sha256, 20, dict(plan().query))
    assert stored["columns"][2] == {
        "name": "duration_ms",
        "kind": "integer",
        "about": "How long it was, in milliseconds.",
    }


@pytest.mark.parametrize("format_", Format)
async def test_an_export_without_rows_is_an_export(tmp_path: Path, format_: Format) -> None:
    manifest = await exporter_to(tmp_path).run(plan(format_), given_pages([]))

    assert (manifest.rows, manifest.pages) == (0, 1)
    assert (tmp_path / manifest.file).stat().st_size == manifest.size


async def test_files_and_folders_are_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    mask = os.umask(0)
    try:
        await exporter_to(folder).run(plan(), Source(pages=2, size=2))
        with pytest.raises(Stumble):  # leaves something in progress
            await exporter_to(folder).run(plan(Format.PARQUET, id="f" * 16), Source(pages=2, size=2, stumbles_before=1))
    finally:
        os.umask(mask)

    modes = {path: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert len(modes) == 8


async def test_progress_is_told_once_a_page(tmp_path: Path) -> None:
    watcher = Watcher()
    await exporter_to(tmp_path).run(plan(), Source(pages=3, size=2), watcher)

    assert watcher.seen == [Progress(rows=2 * n, pages=n, total=6) for n in (1, 2, 3)]


@pytest.mark.parametrize("name", [DATA, MANIFEST])
@pytest.mark.parametrize("link", [False, True])
async def test_a_file_that_is_there_already_is_never_replaced(tmp_path: Path, name: str, *, link: bool) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    there = tmp_path / "exports"
    there.mkdir()
    if link:
        (there / name).symlink_to(precious)
    else:
        (there / name).write_text("keep")

    with pytest.raises(ExportError, match="nothing is ever overwritten"):
        await exporter_to(there).run(plan(), Source(pages=1, size=1))
    assert ((there / name).read_text(), precious.read_text()) == ("keep", "keep")


@pytest.mark.ablation("an export replaces no file")
@pytest.mark.parametrize("name", [DATA, MANIFEST])
async def test_a_link_that_leads_nowhere_is_in_the_way_before_a_page_is_asked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(tmp_path / "nowhere")
    source = Source(pages=1, size=1)

    with pytest.raises(ExportError, match="nothing is ever overwritten"):
        await exporter_to(tmp_path).run(plan(), source)
    assert (names(tmp_path), source.asked) == ({name}, [])


@pytest.mark.ablation("an export replaces no file that came meanwhile")
@pytest.mark.parametrize("name", [DATA, MANIFEST])
async def test_a_file_that_comes_while_the_export_runs_is_not_replaced_either(tmp_path: Path, name: str) -> None:
    async def put(progress: Progress) -> None:
        if progress.pages == 1:
            (tmp_path / name).write_text("keep")

    with pytest.raises(ExportError, match="nothing is ever overwritten"):
        await exporter_to(tmp_path).run(plan(), Source(pages=2, size=1), put)
    assert (tmp_path / name).read_text() == "keep"


@pytest.mark.ablation("a link in place of a working folder is not followed")
@pytest.mark.parametrize("what", [".in-progress", f".in-progress/{ID}"])
async def test_a_link_in_place_of_a_working_folder_is_not_followed(tmp_path: Path, what: str) -> None:
    elsewhere, there = tmp_path / "elsewhere", tmp_path / "exports"
    elsewhere.mkdir()
    (there / what).parent.mkdir(parents=True)
    (there / what).symlink_to(elsewhere)

    with pytest.raises(ExportError, match="cannot be stored"):
        await exporter_to(there).run(plan(), Source(pages=1, size=1))
    assert list(elsewhere.iterdir()) == []


@pytest.mark.ablation("a link in a folder of exports is not followed")
@pytest.mark.parametrize(
    ("what", "refused"), [("rows", True), ("journal.json", True), ("journal.json.new", False), ("plan.json.new", False)]
)
async def test_a_link_in_a_working_folder_is_not_followed(tmp_path: Path, what: str, *, refused: bool) -> None:
    precious, work = tmp_path / "precious", tmp_path / "exports" / ".in-progress" / ID
    precious.write_text("keep")
    work.mkdir(parents=True)
    (work / what).symlink_to(precious)

    with pytest.raises(ExportError, match="symbolic link") if refused else nullcontext():
        await exporter_to(tmp_path / "exports").run(plan(), Source(pages=2, size=1))
    assert precious.read_text() == "keep"


@pytest.mark.parametrize("file", [DATA, MANIFEST])
async def test_a_link_in_place_of_a_finished_file_is_not_read(tmp_path: Path, file: str) -> None:
    manifest = await exporter_to(tmp_path).run(plan(), Source(pages=1, size=1))
    catalogue = ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path)))
    (tmp_path / file).rename(tmp_path / "moved")
    (tmp_path / file).symlink_to(tmp_path / "moved")

    if file == DATA:
        with pytest.raises(ExportError):
            await catalogue.read(manifest)
    else:
        with pytest.raises(NotAvailableError):
            await catalogue.find(ID, "reader")


@pytest.mark.ablation("a folder of exports is its owner's")
async def test_a_directory_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o777)  # noqa: PTH101, S103 - in one line, and on purpose
    with pytest.raises(ExportError, match="does not permit"):
        await exporter_to(tmp_path).run(plan(), Source(pages=1, size=1))


@pytest.mark.ablation("only its maker is shown an export")
@pytest.mark.threats(21)
async def test_the_shelf_shows_an_agent_its_own_exports_newest_first(tmp_path: Path) -> None:
    made = ((READERS, 1, "reader"), (OTHERS, 2, "other"), (READERS, 3, "reader"), (READERS, 4, "other"))
    for whose, begun, agent in made:
        await exporter_to(tmp_path).run(plan(id=f"{whose}{begun:08x}", agent=agent), Source(pages=1, size=1))
    (tmp_path / "notes-0000000000000000.manifest.json").write_text("{}")
    catalogue = ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path)))

    # The last one's id begins as the reader's do, by bad luck: that does not make it the reader's.
    assert await _ids(catalogue, "reader") == [f"{READERS}00000003", f"{READERS}00000001"]
    assert await _ids(catalogue, "other") == [f"{OTHERS}00000002"]
    assert await _ids(catalogue, "nobody") == []
    assert (await catalogue.find(f"{READERS}00000001", "reader")).agent == "reader"


async def _ids(catalogue: ExportCatalogue, agent: str) -> list[str]:
    return [each.id for each in (await catalogue.page(agent, everything)).exports if isinstance(each, Manifest)]


async def test_a_list_opens_no_manifest_of_anybody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for whose, agent in ((READERS, "reader"), (OTHERS, "other")):
        await exporter_to(tmp_path).run(plan(id=f"{whose}00000000", agent=agent), Source(pages=1, size=1))
    opened: list[str] = []
    real = Folder.content

    def content(self: Folder, name: str, limit: int) -> bytes:
        opened.append(name)
        return real(self, name, limit)

    monkeypatch.setattr(Folder, "content", content)
    await ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path))).page("reader", everything)

    assert opened == [MANIFEST]


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6, 7])
async def test_the_pages_of_a_shelf_are_the_shelf(tmp_path: Path, most: int) -> None:
    for number in range(6):
        stumbles = 0 if number in {1, 4} else None
        with suppress(Stumble):
            await exporter_to(tmp_path).run(
                plan(id=f"{READERS}{number:08x}"), Source(pages=1, size=1, stumbles_before=stumbles)
            )
    catalogue, before, sizes = ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path))), None, list[int]()
    seen: list[str] = []
    while before is not None or not sizes:
        page = await catalogue.page(
            "reader", lambda each: id_of_export(each) != f"{READERS}00000003", before=before, most=most
        )
        seen += map(id_of_export, page.exports)
        sizes.append(len(page.exports))
        before = page.next

    assert seen == [f"{READERS}{number:08x}" for number in (5, 4, 2, 1, 0)]
    assert sizes[:-1] == [most] * (len(sizes) - 1)
    assert sizes[-1] > 0


@pytest.mark.ablation("only its maker finds an export")
@pytest.mark.threats(21)
async def test_anothers_export_and_one_that_does_not_exist_are_refused_in_the_same_words(tmp_path: Path) -> None:
    await exporter_to(tmp_path).run(plan(agent="other"), Source(pages=1, size=1))
    catalogue = ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path)))
    told: list[str] = []
    for number in (ID, "f" * 16):
        with pytest.raises(NotAvailableError) as refused:
            await catalogue.find(number, "reader")
        told.append(str(refused.value).replace(number, "ID"))

    assert told[0] == told[1]


@pytest.mark.parametrize("text", ["", "../x", "x" * 16, "*", "0" * 15])
async def test_what_is_no_export_id_finds_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotAvailableError):
        await ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path))).find(text, "reader")


async def test_data_is_read_in_bounded_ranges(tmp_path: Path) -> None:
    manifest = await exporter_to(tmp_path).run(plan(), Source(pages=8, size=1000))
    catalogue = ExportCatalogue(ExportStorage(tmp_path, Directory(tmp_path)))
    data = (tmp_path / DATA).read_bytes()
    assert len(data) > LARGEST_READ

    blocks: list[bytes] = []
    while block := await catalogue.read(manifest, sum(map(len, blocks)), 10 * LARGEST_READ):
        blocks.append(block)
    assert b"".join(blocks) == data
    assert max(map(len, blocks)) == LARGEST_READ
    assert await catalogue.read(manifest, 5, 7) == data[5:12]
    assert await catalogue.read(manifest, len(data) + 1, 7) == b""
    for wrong in ((-1, 1), (1, -1)):
        with pytest.raises(ValueError, match="negative"):
            await catalogue.read(manifest, *wrong)


@pytest.mark.ablation("one process makes an export")
async def test_a_second_export_of_the_same_id_is_refused(tmp_path: Path) -> None:
    refused: list[str] = []

    async def again(_: Progress) -> None:
        with pytest.raises(ExportError) as problem:
            await exporter_to(tmp_path).run(plan(), Source(pages=1, size=1))
        refused.append(problem.value.what)

    await exporter_to(tmp_path).run(plan(), Source(pages=1, size=1), again)
    with pytest.raises(ExportError):
        await exporter_to(tmp_path).run(plan(), Source(pages=1, size=1))
    assert refused == ["This export is being written right now."]


def test_every_column_kind_is_in_the_sample() -> None:
    assert {column.kind for column in COLUMNS} == set(Kind)
