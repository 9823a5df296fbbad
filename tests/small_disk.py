"""A disk that can be filled. Rule: a real file system, which only root can mount; without it such tests skip."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

SIZE = 512 * 1024
"""Bytes."""


@contextmanager
def mounted(folder: Path) -> Generator[Path]:
    """A file system of that size at ``folder``."""
    folder.mkdir()
    if not _run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)):
        pytest.skip("mounting a small file system needs root; other tests limit the size of a file or let a step fail")
    yield folder
    assert _run("umount", str(folder))


def make_read_only(folder: Path) -> None:
    """From now on nobody can write there."""
    assert _run("mount", "-o", "remount,ro", str(folder))


def fill(folder: Path) -> Path:
    """Take all of its room; the file that takes it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
