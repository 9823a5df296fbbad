"""The secret keys beside the log. Rule: made once, read by their owner alone.

The key with which the log signs its checkpoints. Rule: the private half stays beside the log, for its owner alone.

Whoever can read it can forge checkpoints and statements; what an auditor keeps elsewhere is the public key and the
statements made before.
"""

import os
import re
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crashgate.audit.chain import KEY_BYTES
from crashgate.storage.log_failure import cannot_open
from crashgate.storage.log_files import KEY, PUBLIC_KEY, SIGNING_KEY
from crashgate.storage.sqlite import reason

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


_PUBLIC = re.compile(r"[0-9a-f]{64}")


class Ed25519Signer:
    """A ``Signer`` with a private key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, text: bytes) -> str:
        """The signature, 128 hexadecimal digits."""
        return self._key.sign(text).hex()


def load_signer(folder: Path) -> Ed25519Signer:
    """The key in ``folder``, made (0600) where there is none, with its public half in a file beside it (0644).

    Raises LogUnavailableError when it cannot be made or read, or when others may read it.
    """
    signer = Ed25519Signer(load_key(folder, SIGNING_KEY))
    try:
        if public_key(folder) != signer.public:
            _write(folder / PUBLIC_KEY, f"{signer.public}\n")
    except OSError as error:
        raise cannot_open(reason(error), folder) from error
    return signer


def public_key(folder: Path) -> str | None:
    """The public key in ``folder``, or None where there is none that can be read."""
    try:
        text = (folder / PUBLIC_KEY).read_text("ascii").strip()
    except (OSError, UnicodeError):
        return None
    return text if _PUBLIC.fullmatch(text) else None


def is_signed(text: bytes, *, key: str, signature: str) -> bool:
    """Whether the owner of the public key (hexadecimal) signed the text."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(file, text.encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    draft.replace(path)
