"""A file of another user's. Rule: a real one, which only root can make; without it such tests skip."""

import os
from pathlib import Path

import pytest

NOBODY = 65_534


def given_away(path: Path) -> Path:
    """The file or folder, which now belongs to a user who is neither us nor root."""
    if os.geteuid() != 0:
        pytest.skip("giving a file away needs root; tests/ownership shows the rule without it")
    os.chown(path, NOBODY, -1)
    return path
