import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([a-z0-9][a-z0-9-]*)==([^\s\\;]+)", re.MULTILINE)


def _entries(path: Path) -> list[str]:
    """The logical lines of a requirements file, comments left out."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text(encoding="utf-8")))


@pytest.fixture
def run(root: Path) -> Path:
    return root / "requirements" / "run.txt"


@pytest.fixture
def dev(root: Path) -> Path:
    return root / "requirements" / "dev.txt"


def test_every_pin_is_one_version_with_hashes_and_nothing_says_where_to_fetch_it(run: Path, dev: Path) -> None:
    entries = [*_entries(run), *_entries(dev)]

    assert [entry for entry in entries if not (PIN.match(entry) and "--hash=sha256:" in entry)] == []


def test_what_the_product_runs_with_is_what_its_tests_run_with(run: Path, dev: Path) -> None:
    tested = _pins(dev)

    assert {name: tested.get(name) for name in _pins(run)} == _pins(run)


def test_every_declared_dependency_is_pinned_to_a_version_that_it_allows(
    run: Path, dev: Path, pyproject: Mapping[str, Any]
) -> None:
    groups = pyproject["dependency-groups"]
    running = [*pyproject["project"]["dependencies"], *groups["build"], *pyproject["build-system"]["requires"]]
    developing = [item for group in groups.values() for item in group if isinstance(item, str)]

    wrong = [
        declared
        for declared, pins in [*((item, _pins(run)) for item in running), *((item, _pins(dev)) for item in developing)]
        if not _holds(Requirement(declared), pins)
    ]

    assert wrong == []


def _holds(declared: Requirement, pins: Mapping[str, str]) -> bool:
    pinned = pins.get(canonicalize_name(declared.name))
    return pinned is not None and declared.specifier.contains(pinned)
