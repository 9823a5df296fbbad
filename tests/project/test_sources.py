import ast
from pathlib import Path

import pytest

MOST_LINES = 400


@pytest.mark.parametrize("part", ["src", "tests", "benchmarks", "clients"])
def test_no_file_is_longer_than_400_lines(root: Path, part: str) -> None:
    # A line that only names a check for `make ablation` does not make a file longer to read.
    lines = {
        str(path.relative_to(root)): sum(
            not line.lstrip().startswith("# check") for line in path.read_text(encoding="utf-8").splitlines()
        )
        for path in (root / part).rglob("*.py")
    }

    assert {path for path, count in lines.items() if count > MOST_LINES} == set()
    assert lines, "there are no sources to look at"


def test_no_module_is_a_drawer_for_whatever_fits_nowhere_else(sources: list[Path]) -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common"}

    assert [path for path in sources if drawers & {path.stem, path.parent.name}] == []


def test_every_module_says_what_it_is(root: Path, sources: list[Path]) -> None:
    silent = [
        str(path.relative_to(root))
        for path in sources
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_the_product_tells_type_checkers_that_it_is_typed(root: Path) -> None:
    assert (root / "src" / "crashgate" / "py.typed").is_file()
