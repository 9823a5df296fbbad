"""The page for those who move over names tools that there are, and variables that are read."""

import re
from pathlib import Path

import pytest

from tests.catalogue import PROVIDERS, TOOLS

THEIRS = 19
ROW = re.compile(r"^\| `(bugsnag_[a-z_]+)` \| (.+) \|$", re.MULTILINE)
WORDS = {"project_id", "error_id", "trace_id", "show"}


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "moving-over.md").read_text(encoding="utf-8")


def test_each_of_the_other_servers_tools_has_a_row_with_tools_that_there_are(page: str) -> None:
    rows = ROW.findall(page)
    ours = {tool.name for tool in TOOLS}
    named = {name for _, text in rows for name in re.findall(r"`([a-z_]+)`", text)} - WORDS

    assert len({name for name, _ in rows}) == len(rows) == THEIRS
    assert named <= ours
    assert [name for name, text in rows if "`" not in text and not text.startswith("none")] == []


def test_the_variables_of_the_page_are_those_of_the_provider(page: str) -> None:
    variables = PROVIDERS["bugsnag"].variables

    assert variables is not None
    assert set(re.findall(r"^\| `(BUGSNAG_[A-Z_]+)`", page, re.MULTILINE)) == set(variables.names)
