"""Bearer tokens in a file of the state folder. A token is shown once and never stored; its SHA-256 hash is.

One line of JSON a token; lines that start with # are notes. A token is 32 random bytes, so a plain hash cannot be
guessed. ``id`` is public: it is in the log, and names the token to revoke.
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
from crashgate.identity import Principal, VerifiedToken
from crashgate.ownership import is_anothers, others_may_write

FILE = "tokens.jsonl"
_PREFIX = "cg"
_ID_BYTES = 6
_SECRET_BYTES = 32
_MOST_SHOWN = 5


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
        stored = StoredToken(
            agent=agent,
            id=identifier,
            # check[unwrap]: a token is stored as its hash
            sha256=_hash(token),
            created=timestamp(self._clock.now()),
        )
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
                remedy="Fix the folder, or choose another with --state.",
            ) from problem
        return token

    def all(self) -> tuple[StoredToken, ...]:
        """The tokens in force, in the order in which they were made. Raises ConfigurationError."""
        try:
            with self._path.open("rb") as file:
                return () if _is_untrusted(os.fstat(file.fileno())) else tuple(_parse_all(file.read()).values())
        except FileNotFoundError:
            return ()
        except OSError as problem:
            raise _unreadable(self._path, problem) from problem

    def revoke(self, identifier: str) -> StoredToken | None:
        """Take a token out, in force for all processes with their next request; None where there is none of that id.

        Blanks are written over its line. So no other line is ever half there, for no reader and after no power cut, and
        a token that another process makes meanwhile is not lost. Raises ConfigurationError.
        """
        try:
            with self._path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                found, place = None, 0
                for line in file.read().splitlines(keepends=True):
                    stored = _parse(line)
                    if stored is not None and stored.id == identifier:
                        found = stored
                        os.pwrite(file.fileno(), b" " * len(line.rstrip(b"\r\n")), place)
                    place += len(line)
                os.fsync(file.fileno())
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise _unreadable(self._path, problem) from problem
        return found

    def faults(self) -> tuple[str, ...]:
        """Why tokens that somebody made are not known, for the operator: a sentence each, none where all is well."""
        try:
            with self._path.open("rb") as file:
                untrusted = _is_untrusted(os.fstat(file.fileno()))
                lines = file.read().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as problem:
            return (f"No token is known, because {self._path} cannot be read: {problem.strerror}.",)
        if untrusted and any(map(_parse, lines)):
            return (f"No token of {self._path} is known, because others than its owner could have written to it.",)
        odd = [number for number, line in enumerate(lines, start=1) if _is_odd(line)]
        if not odd:
            return ()
        shown = ", ".join(map(str, odd[:_MOST_SHOWN])) + (", ..." if len(odd) > _MOST_SHOWN else "")
        return (f"{self._path} has lines that are not tokens and are skipped: {shown}.",)

    def verify(self, token: str) -> VerifiedToken | None:
        """Whose token this is; None for every text that is not one of ours."""
        parts = token.split("_", 2)
        if len(parts) != 3 or parts[0] != _PREFIX or not token.isascii():  # noqa: PLR2004 - prefix, id, secret
            return None
        stored = self._current().get(parts[1])
        if (
            stored is None
            # check: a token is compared by its hash
            or not hmac.compare_digest(stored.sha256, _hash(token))
        ):
            return None
        return VerifiedToken(agent=stored.agent, id=stored.id)

    def holds(self, principal: Principal) -> bool:
        """Whether the token that vouched for the principal is in force; the launch configuration always holds."""
        if principal.token is None:
            return True
        stored = self._current().get(principal.token)
        return stored is not None and stored.agent == principal.agent

    def _current(self) -> dict[str, StoredToken]:
        """The tokens, read again when the file changed. A file that others may write to, or another's, holds none."""
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                state = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode, status.st_uid)
                # check: a changed token file is read again
                if state != self._seen:
                    self._known = {} if _is_untrusted(status) else _parse_all(file.read())
                    self._seen = state
        except OSError:
            self._seen, self._known = None, {}
        return self._known


def _is_untrusted(status: os.stat_result) -> bool:
    """Whether none of it is in force, because others may write to it or it is another's."""
    return (
        others_may_write(status)  # check: a token file that others may write to
        # check: a token file of another user
        or is_anothers(status)
    )


def _parse_all(body: bytes) -> dict[str, StoredToken]:
    """The tokens of a file, by id."""
    return {stored.id: stored for stored in map(_parse, body.splitlines()) if stored is not None}


def _parse(line: bytes) -> StoredToken | None:
    """The token of a line, or None for a note, an empty line, and what somebody broke."""
    try:
        stored = StoredToken(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    return stored if all(isinstance(each, str) for each in asdict(stored).values()) else None


def _is_odd(line: bytes) -> bool:
    """Whether a line is neither a token nor empty nor a note."""
    return bool(line.strip()) and not line.startswith(b"#") and _parse(line) is None


def _unreadable(path: Path, problem: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The tokens in {path} cannot be read or changed.",
        why=f"{problem.strerror}.",
        remedy="Fix the file, or choose another folder with --state.",
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
