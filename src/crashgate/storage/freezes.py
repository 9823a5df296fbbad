"""What an operator has frozen, in a file of the state folder; all servers of that folder see a change within a second.

The file holds one freeze for everybody, one for single agents, or both. A file that cannot be read freezes everybody:
whoever can break it could otherwise end a freeze.
"""

import fcntl
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from crashgate.errors import ConfigurationError
from crashgate.ownership import is_anothers, others_may_write
from crashgate.policy.serving import EVERYBODY, Freeze

FILE = "freezes.json"
_LARGEST = 1_000_000
_BROKEN: Mapping[str, Freeze] = {EVERYBODY: Freeze.ALL}


class FreezeFile:
    """The freezes of one state folder, by agent, and by ``EVERYBODY``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._seen: tuple[int, ...] | None = None
        self._known: Mapping[str, Freeze] = {}

    def current(self) -> Mapping[str, Freeze]:
        """What was frozen at the last look; another object after every change."""
        return self._known

    def look(self) -> bool:
        """Read the file where it changed; whether it says something else than before. Never raises."""
        before = self._known
        try:
            status = os.stat(self._path)  # noqa: PTH116 - twice a second, Path.stat takes twice as long
            state = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode)
            if state != self._seen:
                self._seen, self._known = state, _read(self._path)
        except FileNotFoundError:
            self._seen, self._known = None, {}
        except OSError:
            self._seen, self._known = None, _BROKEN
        if self._known == before:
            self._known = before
            return False
        return True

    def freeze(self, who: str, what: Freeze) -> None:
        """Freeze an agent, or ``EVERYBODY``. Raises ConfigurationError where that cannot be stored."""
        with self._changing() as freezes:
            freezes[who] = what

    def unfreeze(self, who: str) -> Freeze | None:
        """End a freeze; what was frozen, None where nothing was. Raises ConfigurationError."""
        with self._changing() as freezes:
            return freezes.pop(who, None)

    @contextmanager
    def _changing(self) -> Generator[dict[str, Freeze]]:
        """The freezes as they are, stored whole as the block leaves them, while no other process changes them."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                freezes = dict(_read(self._path)) if self._path.exists() else {}
                yield freezes
                new = self._path.with_suffix(".new")
                with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                    json.dump(freezes, file, indent=2, sort_keys=True)
                    file.flush()
                    os.fsync(file.fileno())
                new.replace(self._path)
            finally:
                os.close(lock)
        except OSError as problem:
            raise ConfigurationError(
                f"The freezes in {self._path} cannot be changed.",
                why=f"{problem.strerror}.",
                remedy="Make the folder writable for this user. Until then, stop the servers.",
            ) from problem


def _read(path: Path) -> Mapping[str, Freeze]:
    with path.open("rb") as file:
        status, body = os.fstat(file.fileno()), file.read(_LARGEST + 1)
    try:
        # check: a file of freezes that cannot be trusted freezes everybody
        if others_may_write(status) or is_anothers(status) or len(body) > _LARGEST:
            return _BROKEN
        return {str(who): Freeze(what) for who, what in cast("dict[str, Any]", json.loads(body)).items()}
    except (ValueError, AttributeError, RecursionError):
        return _BROKEN
