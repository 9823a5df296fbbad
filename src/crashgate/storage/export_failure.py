"""Why an export cannot be stored, in words. Rule: only the remedy names a folder."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from crashgate.exports.failure import ExportError
from crashgate.storage.sqlite import reason

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def storing(folder: Path) -> Generator[None]:
    """Turns an error of the system into ExportError."""
    try:
        yield
    except OSError as problem:
        raise _cannot_store(problem, folder) from problem


def in_the_way(name: str, folder: Path) -> ExportError:
    """Something is there already, under a name that the export needs."""
    return ExportError(
        "The export cannot be stored.",
        why="Something of the same name is there already, and nothing is ever overwritten.",
        remedy=f"Look at {name} in {folder}.",
    )


def damaged(folder: Path) -> ExportError:
    """What is stored of an export in progress is not what was written."""
    return ExportError(
        "The export cannot go on.",
        why="What was stored of it was changed or is damaged.",
        remedy=f"Make a new export; the operator should look at {folder}.",
    )


def _cannot_store(problem: OSError, folder: Path) -> ExportError:
    remedy = f"The operator should look at {folder}."
    if problem.errno in _FULL:
        remedy = f"What was exported so far is kept. Make room in {folder}, then resume the export."
    return ExportError("The export cannot be stored.", why=reason(problem), remedy=remedy)
