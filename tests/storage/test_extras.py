"""What the base leaves out is asked for by the name of its extra, and the other formats work without it."""

import re
import sys
from pathlib import Path

import pytest

from crashgate.errors import Code, ExportError
from crashgate.exports.plan import Format
from crashgate.storage.export_objects import Objects
from crashgate.storage.export_storage import ExportStorage
from tests.exports.samples import Source, plan
from tests.storage.export_harness import exporter_to, names


async def test_parquet_without_pyarrow_names_its_extra_and_asks_for_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    source = Source(pages=1, size=1)

    with pytest.raises(ExportError) as refused:
        await exporter_to(tmp_path).run(plan(Format.PARQUET), source)

    assert refused.value.code is Code.CONFIGURATION
    assert "pip install 'crashgate[parquet]'" in refused.value.remedy
    assert (source.asked, names(tmp_path)) == ([], set())


@pytest.mark.parametrize("format_", [each for each in Format if each is not Format.PARQUET])
async def test_the_other_formats_need_no_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: Format
) -> None:
    for name in ("pyarrow", "fsspec", "s3fs"):
        monkeypatch.setitem(sys.modules, name, None)

    manifest = await exporter_to(tmp_path).run(plan(format_), Source(pages=2, size=3))

    assert manifest.rows == 6


@pytest.mark.parametrize("missing", ["s3fs", "fsspec.registry"])
def test_s3_without_its_driver_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ExportError) as refused:
        ExportStorage(tmp_path, Objects("s3://bucket/folder"))

    assert re.search(r"crashgate\[s3\]", refused.value.remedy)
    assert refused.value.code is Code.CONFIGURATION


def test_another_scheme_without_its_driver_names_no_extra(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as refused:
        ExportStorage(tmp_path, Objects("gs://bucket/folder"))

    assert "crashgate[" not in refused.value.remedy
