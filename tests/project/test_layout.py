"""The folders of the product are the same in the tree, in both pages and in the import contracts."""

import re
import tomllib
from pathlib import Path

import pytest

WORDS = re.compile(r"[a-z_]+")
PLANNED: set[str] = set()
"""In parentheses in the contract: allowed, and not there yet."""


def _contract(root: Path) -> list[str]:
    """The folders and modules of the layers, from the top."""
    document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(each for each in document["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    return [name for layer in layers["layers"] for name in WORDS.findall(layer) if name not in PLANNED]


@pytest.mark.parametrize(
    ("page", "heading"), [("CONTRIBUTING.md", "## Where things go"), ("docs/architecture.md", "## Layers")]
)
def test_the_pages_name_the_folders_of_the_contract_in_its_order(root: Path, page: str, heading: str) -> None:
    section = (root / page).read_text(encoding="utf-8").partition(f"{heading}\n")[2].partition("\n## ")[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    *folders, modules = lines

    named = [name for line in folders for name in WORDS.findall(line)[:1]]
    assert [*named, *WORDS.findall(modules)] == _contract(root)


def test_the_contract_names_the_folders_that_there_are(root: Path) -> None:
    product = root / "src" / "crashgate"
    there = {path.parent.name for path in product.glob("*/__init__.py")}
    there |= {path.stem for path in product.glob("*.py") if path.name != "__init__.py"}

    assert set(_contract(root)) == there
