import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROWS = range(1, 34)
ANSWERED = frozenset({2, 4, 7, 8, 9, 13, 15, 16, 18, 21, 25, 26, 28, 29, 33})
"""The rows of the threat list that version 0.1 must show a defence for."""


def _marks(path: Path) -> Iterator[tuple[str, Sequence[object]]]:
    """Each use of the marker: where it stands, and its arguments as written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "threats":
            arguments = [arg.value if isinstance(arg, ast.Constant) else ast.unparse(arg) for arg in node.args]
            yield f"{path.name}:{node.lineno}", arguments


@pytest.fixture(scope="module")
def marks(root: Path) -> dict[str, Sequence[object]]:
    return {place: rows for path in sorted((root / "tests").rglob("test_*.py")) for place, rows in _marks(path)}


def test_every_row_that_a_test_names_is_in_the_threat_list(marks: dict[str, Sequence[object]]) -> None:
    assert {place: rows for place, rows in marks.items() if not rows or not set(rows) <= set(ROWS)} == {}


def test_every_row_that_this_version_answers_is_named_by_a_test(marks: dict[str, Sequence[object]]) -> None:
    named = {row for rows in marks.values() for row in rows}

    assert sorted(ANSWERED - named) == []
