"""The checks of the gate: where each stands, and the test that fails without it. Read from checks.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
PAGE = ROOT / "docs" / "ablation.md"
_HEAD = """<!-- Written by `make ablation`, and only when every check proved itself. -->

# Ablation

A check that can be removed without a test noticing is a hope, not a defence. For each check of the gate `make ablation`
removes it from a copy of the source, runs the one test that is named for it, and expects that test to fail. With any
check that no test misses, this page is not written.

| what is removed | where | the test that fails then |
|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Check:
    """``text`` stands once in ``file``; with ``becomes`` in its place, ``test`` fails."""

    name: str
    file: str
    text: str
    becomes: str
    test: str


def checks() -> tuple[Check, ...]:
    """All of them, in the order in which they are written."""
    found = tomllib.loads((FOLDER / "checks.toml").read_text(encoding="utf-8"))
    return tuple(Check(**each) for each in found["check"])


def page(every: tuple[Check, ...]) -> str:
    """The page that says that each of them proved itself."""
    rows = [f"| {each.name} | `{each.file.removeprefix('src/crashgate/')}` | `{each.test}` |" for each in every]
    return _HEAD + "\n".join(rows) + "\n"
