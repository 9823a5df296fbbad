import re
from collections.abc import Iterator
from pathlib import Path

CODE_IN_A_LIST = re.compile(r'^\s*"[A-Z]{1,4}\d{3}"')
WITH_REASON = re.compile(r'^\s*"[A-Z]{1,4}\d{3}",?\s+# \S+')
SILENCER = re.compile(r"# (?:noqa|type: ignore|pyright: ignore)\b")
SILENCER_WITH_REASON = re.compile(
    r"# (?:noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|pyright: ignore\[[\w, -]+\]) - \S+"
    r"|# type: ignore\[[\w, -]+\]  # \S+"  # mypy takes nothing else behind its bracket
)


def _lines(paths: list[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            yield f"{path.parent.name}/{path.name}:{number}", line


def test_every_lint_rule_that_is_switched_off_has_a_reason(root: Path) -> None:
    switched_off = [(place, line) for place, line in _lines([root / "pyproject.toml"]) if CODE_IN_A_LIST.match(line)]

    assert switched_off, "the list of switched-off rules is not where this test looks"
    assert [place for place, line in switched_off if not WITH_REASON.match(line)] == []


def test_every_silenced_line_has_a_reason(root: Path, sources: list[Path]) -> None:
    tests = sorted((root / "tests").rglob("*.py")) + sorted((root / "benchmarks").rglob("*.py"))
    others = [path for path in tests if path != Path(__file__)]
    silenced = [(place, line) for place, line in _lines(sources + others) if SILENCER.search(line)]

    assert [place for place, line in silenced if not SILENCER_WITH_REASON.search(line)] == []
