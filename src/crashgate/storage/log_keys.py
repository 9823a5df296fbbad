"""The secret keys beside the log, in files that only their owner may read.

``load_key`` gives the key of the argument digests, ``LogKeys`` the key pair that signs checkpoints and statements.
Whoever can read the private key can forge both; an auditor keeps the public key and earlier
statements elsewhere.
"""

import os
import re
import secrets
import stat
from pathlib import Path

from crashgate.audit.chain import KEY_BYTES
from crashgate.audit.port import cannot_open
from crashgate.audit.statement import Ed25519Signer
from crashgate.storage.log_files import KEY, PUBLIC_KEY, SIGNING_KEY
from crashgate.storage.sqlite import reason

_PUBLIC = re.compile(r"[0-9a-f]{64}")
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
        raise cannot_open(reason(error), str(folder)) from error


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
    file = os.open(
        path,
        os.O_RDONLY
        # check: a link is no key
        | os.O_NOFOLLOW,
    )
    try:
        status = os.fstat(file)
        key = os.read(file, KEY_BYTES + 1)
    finally:
        os.close(file)
    # check: a key that others may read
    if status.st_mode & _OTHERS:
        raise cannot_open("Others than its owner may read the key.", str(path), remedy=f"Run `chmod 600 {path}`.")
    # check: a key has its length
    if len(key) != KEY_BYTES:
        raise cannot_open(
            "The key file does not hold a key.", str(path), remedy=f"Move {path} away; a new key is then made."
        )
    return key


class LogKeys:
    """``SigningKeys`` in a folder: the private half for its owner alone (0600), the public half beside it (0644)."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made yet."""
        self._folder = folder

    def signer(self) -> Ed25519Signer:
        """The private key, made where there is none, with its public half written beside it.

        Raises LogUnavailableError when it cannot be made or read, or when others may read it.
        """
        signer = Ed25519Signer(load_key(self._folder, SIGNING_KEY))
        try:
            if self.public_key() != signer.public:
                _write(self._folder / PUBLIC_KEY, f"{signer.public}\n")
        except OSError as error:
            raise cannot_open(reason(error), str(self._folder)) from error
        return signer

    def public_key(self) -> str | None:
        """The public key, or None where there is none that can be read."""
        try:
            text = (self._folder / PUBLIC_KEY).read_text("ascii").strip()
        except (OSError, UnicodeError):
            return None
        return text if _PUBLIC.fullmatch(text) else None


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(file, text.encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    draft.replace(path)
