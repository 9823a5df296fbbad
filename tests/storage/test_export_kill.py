"""``kill -9`` at random points and at every step of an export: the finished file equals an uninterrupted one."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from crashgate.exports.plan import Format
from tests.exports.samples import Source, plan
from tests.storage.export_harness import exporter_to, names
from tests.storage.export_killer import FEW, MANY

pq: Any = import_module("pyarrow.parquet")  # its stubs leave half of it unknown


def _kill(root: Path, folder: Path, format_: Format, *how: str) -> tuple[int, int]:
    """How many processes were killed, and how many exports finished all the same."""
    # Newer versions of Python warn of a fork beside threads; pyarrow has some, and stops them in time.
    command = [
        sys.executable,
        "-W",
        "ignore::DeprecationWarning",
        "-m",
        "tests.storage.export_killer",
        str(folder),
        format_,
        *how,
    ]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    killed, finished = map(int, done.stdout.split())
    return killed, finished


async def _all_whole(folder: Path, format_: Format, source: Source, finished: int) -> None:
    whole = await exporter_to(folder / "whole").run(plan(format_), source)
    data = (folder / "whole" / whole.file).read_bytes()
    table: object = pq.read_table(folder / "whole" / whole.file).to_pylist() if format_ is Format.PARQUET else None
    for number in range(finished):
        there = folder / str(number)
        assert names(there) == {whole.file, whole.manifest_file}
        if format_ is Format.PARQUET:
            assert pq.read_table(there / whole.file).to_pylist() == table
        else:
            assert (there / whole.file).read_bytes() == data


@pytest.mark.threats(28)
@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("format_", Format)
async def test_kill_9_at_random_points_costs_no_row_and_writes_none_twice(
    tmp_path: Path, root: Path, format_: Format, kills: int
) -> None:
    killed, finished = _kill(root, tmp_path, format_, "random", "9", str(kills))

    assert killed >= kills
    await _all_whole(tmp_path, format_, MANY, finished)


@pytest.mark.threats(28)
@pytest.mark.parametrize("format_", Format)
async def test_kill_9_at_every_step_leaves_something_to_go_on_from(tmp_path: Path, root: Path, format_: Format) -> None:
    killed, finished = _kill(root, tmp_path, format_, "steps")

    assert killed > 20
    await _all_whole(tmp_path, format_, FEW, finished)
