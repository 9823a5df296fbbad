"""The checks of the gate: where a comment names each, and the tests that fail without it.

In the code, directly above the thing or at the end of its first line: `# check: NAME`, or with a verb,
`# check[always]: NAME`.
At a test: `@pytest.mark.ablation("NAME")`.
"""

import ast
import io
import re
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.ablation.removal import NotRemovableError, without

ROOT: Final = Path(__file__).parent.parent.parent
PAGE: Final = ROOT / "docs" / "ablation.md"
_COMMENT: Final = re.compile(r"#\s*check(?:\[(?P<verb>\w+)\])?:\s*(?P<name>.+)")
_NOT_CODE: Final = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})
_HEAD: Final = """<!-- Written by `make ablation`, and only when every check proved itself. -->

# Ablation

A check that can be removed without a test noticing is a hope, not a defence. For each check of the gate `make ablation`
removes it from a copy of the source, runs the tests that are marked with its name, and expects each of them to fail.
With any check that a test does not miss, this page is not written.

| what is removed | where | what fails then |
|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Check:
    """Something in ``file`` without which each of ``tests`` fails.

    ``verb`` changes what begins on ``line``. A check of the old list has ``becomes`` in the place of ``text`` instead.
    """

    name: str
    file: str
    tests: tuple[str, ...]
    line: int = 0
    verb: str = ""
    text: str = ""
    becomes: str = ""

    def remove(self, source: str) -> str:
        """The source of the file without it. Raises NotRemovableError."""
        if self.line:
            return without(source, self.line, self.verb)
        if source.count(self.text) != 1:
            raise NotRemovableError("its text does not stand once in the file")
        return source.replace(self.text, self.becomes)


def checks() -> tuple[Check, ...]:
    """Those that the code names, by file and line, and those of the old list."""
    tests = marked_tests()
    of_code = (
        Check(name=name, file=str(file.relative_to(ROOT)), line=line, verb=verb, tests=tests.get(name, ()))
        for file in sorted((ROOT / "src").rglob("*.py"))
        for name, line, verb in named(file.read_text(encoding="utf-8"))
    )
    old = tomllib.loads((Path(__file__).parent / "checks.toml").read_text(encoding="utf-8"))
    of_list = (
        Check(**{key: each[key] for key in each if key != "test"}, tests=(each["test"],)) for each in old["check"]
    )
    return (*of_code, *of_list)


def named(source: str) -> Iterator[tuple[str, int, str]]:
    """Name, line of the code below and verb of each check of a file."""
    if "# check" not in source:
        return
    waiting: list[tuple[str, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (match := _COMMENT.fullmatch(token.string)):
            name, verb = match["name"].strip(), match["verb"] or "remove"
            if token.line[: token.start[1]].strip():
                yield name, token.start[0], verb
            else:
                waiting.append((name, verb))
        elif token.type not in _NOT_CODE:
            yield from ((name, token.start[0], verb) for name, verb in waiting)
            waiting = []


def marked_tests() -> dict[str, tuple[str, ...]]:
    """For each name that a test carries, the tests that do."""
    found = defaultdict[str, list[str]](list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        source = file.read_text(encoding="utf-8")
        if ".ablation(" not in source:
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for name in _marks(node):
                    found[name].append(f"{file.relative_to(ROOT)}::{node.name}")
    return {name: tuple(tests) for name, tests in found.items()}


def _marks(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for each in test.decorator_list:
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "ablation":
            yield from (
                word.value for word in each.args if isinstance(word, ast.Constant) and isinstance(word.value, str)
            )


def page(every: tuple[Check, ...]) -> str:
    """The page that says that each of them proved itself."""
    rows = (
        f"| {each.name} | `{each.file.removeprefix('src/crashgate/')}` | `{'`, `'.join(each.tests)}` |"
        for each in every
    )
    return _HEAD + "\n".join(rows) + "\n"
