"""The key with which the log signs its checkpoints. Rule: the private half stays beside the log, for its owner alone.

Whoever can read it can forge checkpoints and statements; what an auditor keeps elsewhere is the public key and the
statements made before.
"""

import os
import re
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crashgate.adapters.log_failure import cannot_open
from crashgate.adapters.log_files import PUBLIC_KEY, SIGNING_KEY
from crashgate.adapters.log_key import load_key
from crashgate.adapters.system_failure import reason

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
