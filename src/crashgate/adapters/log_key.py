"""The secret keys beside the log. Rule: made once, read by their owner alone."""

import os
import secrets
import stat
from pathlib import Path

from crashgate.adapters.log_failure import cannot_open
from crashgate.adapters.log_files import KEY
from crashgate.adapters.system_failure import reason
from crashgate.decisions.digest import KEY_BYTES

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def load_key(folder: Path, name: str = KEY) -> bytes:
    """The key of that name in ``folder``, 32 random bytes, made (0600) where there is none.

    Raises LogUnavailableError when it cannot be made or read, when others may read it, or when it is no key.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(folder, name)
        return _read(folder / name)
    except OSError as error:
        raise cannot_open(reason(error), folder) from error


def _make(folder: Path, name: str) -> None:
    """Write the whole key under another name and link it: two processes never see half a key or two keys."""
    if (folder / name).exists():
        return
    draft = folder / f"{name}.{secrets.token_hex(8)}"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, secrets.token_bytes(KEY_BYTES))
        os.fsync(file)
        (folder / name).hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        os.close(file)
        draft.unlink()


def _read(path: Path) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        status = os.fstat(file)
        key = os.read(file, KEY_BYTES + 1)
    finally:
        os.close(file)
    if status.st_mode & _OTHERS:
        raise cannot_open("Others than its owner may read the key.", path, remedy=f"Run `chmod 600 {path}`.")
    if len(key) != KEY_BYTES:
        raise cannot_open(
            "The key file does not hold a key.", path, remedy=f"Move {path} away; a new key is then made."
        )
    return key
