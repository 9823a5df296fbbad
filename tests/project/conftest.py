"""The project's own files, as its tests see them."""

import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

NOT_OURS = frozenset({"build", "dist", "__pycache__"})


@pytest.fixture(scope="session")
def pyproject(root: Path) -> Mapping[str, Any]:
    """The content of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file that is, or is about to be, part of the project; without git, all but hidden folders and builds."""
    git = shutil.which("git")
    if git and (root / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
        files = [root / name for name in listed.split("\0") if name]
    else:
        files = [path for path in root.rglob("*") if not _hidden_or_built(path.relative_to(root))]
    return sorted(path for path in files if path.is_file())


@pytest.fixture(scope="session")
def sources(root: Path) -> list[Path]:
    """Every Python file of the product."""
    return sorted((root / "src").rglob("*.py"))


def _hidden_or_built(path: Path) -> bool:
    folders = path.parts[:-1]
    return any(part in NOT_OURS or (part.startswith(".") and part != ".ci") for part in folders)
