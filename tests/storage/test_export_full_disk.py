"""A full disk under an export: it says so, keeps what is there, and goes on when there is room."""

from pathlib import Path

import pytest

from crashgate.errors import Code, ExportError
from crashgate.exports.plan import Format
from crashgate.storage.parquet import Parquet
from tests.exports.samples import COLUMNS, ID, SECOND, Source, plan
from tests.small_disk import SIZE
from tests.storage.export_harness import exporter_to, names


@pytest.mark.threats(28)
@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("room", [8, 64, 120])
async def test_an_export_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    small_disk: Path, tmp_path: Path, format_: Format, room: int
) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(SIZE - room * 1024))
    source = Source(pages=60, size=20)

    with pytest.raises(ExportError) as refused:
        await exporter_to(small_disk).run(plan(format_), source)
    left = names(small_disk)
    filler.unlink()
    try:
        manifest = await exporter_to(small_disk).resume(ID, source, SECOND)
    finally:
        whole = await exporter_to(tmp_path / "whole").run(plan(format_), Source(pages=60, size=20))

    assert (refused.value.code, refused.value.why) == (Code.EXPORT_FAILED, "The disk is full.")
    assert str(small_disk) in refused.value.remedy
    assert not {name for name in left if name.startswith("sessions")}
    assert names(small_disk) == {manifest.file, manifest.manifest_file}
    assert (small_disk / manifest.file).read_bytes() == (tmp_path / "whole" / whole.file).read_bytes()


@pytest.mark.threats(28)
async def test_a_disk_that_is_full_when_the_parquet_file_is_made_costs_no_page(
    small_disk: Path, tmp_path: Path
) -> None:
    encoder, size = Parquet(COLUMNS), 0
    async for page in Source(pages=60, size=20)(None):
        size += len(encoder.encode(page.rows).data)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(SIZE - size - 20 * 1024))

    with pytest.raises(ExportError, match="The disk is full"):
        await exporter_to(small_disk).run(plan(Format.PARQUET), Source(pages=60, size=20))
    assert (small_disk / ".in-progress" / ID / "rows").stat().st_size > size
    filler.unlink()
    source = Source(pages=60, size=20)
    manifest = await exporter_to(small_disk).resume(ID, source, SECOND)
    whole = await exporter_to(tmp_path / "whole").run(plan(Format.PARQUET), Source(pages=60, size=20))

    assert source.asked == []
    assert names(small_disk) == {manifest.file, manifest.manifest_file}
    assert (small_disk / manifest.file).read_bytes() == (tmp_path / "whole" / whole.file).read_bytes()
