"""Why the decision log cannot be used, in words. Rule: only the remedy names the folder."""

from pathlib import Path

from crashgate.errors import Code, CrashgateError, LogUnavailableError
from crashgate.storage.sqlite import DISK_FULL, reason


def cannot_store(cause: Exception, folder: Path) -> LogUnavailableError:
    """A record could not be stored; ``cause`` is what SQLite or the system said."""
    return LogUnavailableError(
        "The decision log cannot store a record.",
        why=reason(cause),
        remedy=f"Calls are refused until it can; the operator should look at {folder}.",
    )


def cannot_open(why: str, folder: Path, remedy: str = "") -> LogUnavailableError:
    """The log could not be opened for writing."""
    return LogUnavailableError("The decision log cannot be opened.", why=why, remedy=remedy or _remedy(why, folder))


def cannot_read(why: str, folder: Path, remedy: str = "") -> LogUnavailableError:
    """There is no log that could be read."""
    return LogUnavailableError("The decision log cannot be read.", why=why, remedy=remedy or _remedy(why, folder))


def _remedy(why: str, folder: Path) -> str:
    if why == DISK_FULL:
        return f"Make some room on the disk of {folder}, and try again."
    return f"Look at {folder}, or name another folder."


def damaged(why: str, folder: Path) -> CrashgateError:
    """The log can be opened, but what is in it is not what was written."""
    return CrashgateError(
        "The decision log is damaged.",
        why=why,
        remedy=f"Keep a copy of {folder} as it is, and run `crashgate log verify`.",
        code=Code.LOG_DAMAGED,
    )
