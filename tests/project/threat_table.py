"""The table of threats, defences and tests, made of docs/threats.toml and the marks in the tests."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = "docs/threats.md"
_HEAD = """<!-- From docs/threats.toml and the marks in the tests: CRASHGATE_SNAPSHOTS=write pytest tests/project -->

# Threats, defences, tests

What an attacker may try, the defence, and the tests that show it. Run a test by its name:
`python -m pytest tests -k NAME`. [ablation.md](ablation.md) lists the check behind each defence and the test that fails
when the check is removed.
"""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One use of the marker: the test that carries it, or the whole file, and its rows as written."""

    place: str
    line: int
    rows: tuple[object, ...]


def marks(root: Path) -> tuple[Mark, ...]:
    """All of them, by file and line."""
    return tuple(mark for path in sorted((root / "tests").rglob("test_*.py")) for mark in _marks(path, root))


def _marks(path: Path, root: Path) -> Iterator[Mark]:
    name = path.relative_to(root).as_posix()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                yield from _calls(decorator, f"{name}::{node.name}")
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            yield from _calls(node.value, name)


def _calls(node: ast.AST, place: str) -> Iterator[Mark]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "threats":
            rows = tuple(arg.value if isinstance(arg, ast.Constant) else ast.unparse(arg) for arg in each.args)
            yield Mark(place=place, line=each.lineno, rows=rows)


def rows(root: Path) -> dict[int, dict[str, str]]:
    """The rows of the list in their order."""
    found = tomllib.loads((root / "docs" / "threats.toml").read_text(encoding="utf-8"))
    return {int(number): row for number, row in found.items()}


def page(root: Path) -> str:
    """The page as it should be."""
    by_row: dict[object, dict[str, None]] = {}
    for mark in marks(root):
        for row in mark.rows:
            by_row.setdefault(row, {})[mark.place] = None
    parts = [_HEAD]
    for number, row in rows(root).items():
        shown = [f"- `{place}`" for place in by_row.get(number, ())]
        if "not_shown" in row:
            shown.append(f"- Not shown: {row['not_shown']}")
        parts.append(f"## {number}. {row['attack']}\n\n{row['defence']}\n\n" + "\n".join(shown) + "\n")
    return "\n".join(parts)
