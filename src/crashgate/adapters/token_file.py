"""Bearer tokens in a file of the state folder. Rule: a token is shown once and never stored; its SHA-256 is.

One line of JSON a token. A token is 32 random bytes, so a plain hash cannot be guessed. ``id`` is public: it stands
in the log and names the token to revoke.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from crashgate.clock import Clock, timestamp
from crashgate.errors import ConfigurationError
from crashgate.identity import VerifiedToken
from crashgate.ownership import is_anothers, others_may_write

FILE = "tokens.jsonl"
_PREFIX = "cg"
_ID_BYTES = 6
_SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredToken:
    """What is kept of a token: its agent, public id, hash in hexadecimal, and when it was made."""

    agent: str
    id: str
    sha256: str
    created: str


class TokenFile:
    """The tokens of one state folder; a change by another process is seen with the next request."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / FILE
        self._clock = clock
        self._seen: tuple[int, ...] | None = None
        self._known: dict[str, StoredToken] = {}

    def new(self, agent: str) -> str:
        """A new token for ``agent``, stored as its hash. Raises ConfigurationError when it cannot be stored."""
        identifier, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        token = f"{_PREFIX}_{identifier}_{secret}"
        stored = StoredToken(agent=agent, id=identifier, sha256=_hash(token), created=timestamp(self._clock.now()))
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                # An editor may have left the last line without its end.
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - 1))
                joint = b"" if file.read(1) in {b"", b"\n"} else b"\n"
                file.write(joint + json.dumps(asdict(stored)).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise ConfigurationError(
                f"The token cannot be stored in {self._path}.",
                why=f"{problem.strerror}.",
                remedy="Mend the folder, or choose another with --state.",
            ) from problem
        return token

    def verify(self, token: str) -> VerifiedToken | None:
        """Whose token this is; None for every text that is not one of ours."""
        parts = token.split("_", 2)
        if len(parts) != 3 or parts[0] != _PREFIX or not token.isascii():  # noqa: PLR2004 - prefix, id, secret
            return None
        stored = self._current().get(parts[1])
        if stored is None or not hmac.compare_digest(stored.sha256, _hash(token)):
            return None
        return VerifiedToken(agent=stored.agent, id=stored.id)

    def _current(self) -> dict[str, StoredToken]:
        """The tokens, read again when the file changed. A file that others may write to, or another's, holds none."""
        try:
            status = self._path.stat()
            state = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode, status.st_uid)
            if state != self._seen:
                self._known = {} if others_may_write(status) or is_anothers(status) else self._read()
                self._seen = state
        except (OSError, UnicodeDecodeError):
            self._seen, self._known = None, {}
        return self._known

    def _read(self) -> dict[str, StoredToken]:
        known: dict[str, StoredToken] = {}
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                stored = StoredToken(**json.loads(line))
            except (ValueError, TypeError):
                continue
            known[stored.id] = stored
        return known


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
