"""Requests for approval in SQLite. An answer is durable before it counts, and an approval is used up in one statement.

``approvals.sqlite3`` in the state folder (0600), for all processes that share it: agents ask through several, and the
operator answers from another. What is over is kept for a while, with who answered it and when; what an agent wrote is
kept for whoever answers, until then.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from anyio import to_thread

from crashgate.audit.record import Value
from crashgate.gate.approval_requests import ApprovalRequest, Standing, Way
from crashgate.model.access import Access
from crashgate.storage.sqlite import open_database, own, to_milliseconds, transaction, unusable

FILE = "approvals.sqlite3"
_VERSION = 2
_PRAGMAS = (
    "synchronous = FULL",
    "secure_delete = ON",  # what an agent wrote is gone with its answer
    "fullfsync = ON",  # macOS: its fsync alone does not reach the platter
)
_KEPT = timedelta(days=90)
_TABLES = """
CREATE TABLE IF NOT EXISTS requests (
    number      INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    agent       TEXT    NOT NULL,
    tool        TEXT,
    operation   TEXT    NOT NULL,
    access      TEXT    NOT NULL,
    connection  TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    what        TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    policy_hash TEXT    NOT NULL,
    call        TEXT    NOT NULL,
    asked       INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    minutes     INTEGER NOT NULL,
    arguments   TEXT    NOT NULL,
    hidden      TEXT    NOT NULL,
    texts       TEXT    NOT NULL,
    why         TEXT    NOT NULL,
    standing    TEXT    NOT NULL,
    answered    INTEGER,
    answered_by TEXT,
    way         TEXT,
    used_by     TEXT
);
CREATE INDEX IF NOT EXISTS requests_calls ON requests (agent, digest);
"""
_UPGRADES = {
    1: (
        "ALTER TABLE requests ADD COLUMN why TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE requests ADD COLUMN texts TEXT NOT NULL DEFAULT '{}'",
    )
}
_NAMES = tuple(field.name for field in fields(ApprovalRequest))
_COLUMNS = ", ".join(_NAMES)
_ALL = f"SELECT {_COLUMNS} FROM requests"  # noqa: S608 - no value of anyone's in it
_OLDEST_FIRST = f"{_ALL} ORDER BY number"
_OPEN = (
    f"{_ALL} WHERE agent = ? AND digest = ? AND policy_hash = ? AND expires > ?"
    # check: an approval is used once
    " AND standing <> 'used'"
    " ORDER BY number DESC LIMIT 1"
)
_WAITING = "SELECT count(*) FROM requests WHERE agent = ? AND standing = 'pending' AND expires > ?"
_PUT = f"INSERT INTO requests ({_COLUMNS}) VALUES ({', '.join('?' * len(_NAMES))})"  # noqa: S608 - the same
_ANSWER = (
    "UPDATE requests SET standing = :standing, answered = :now, answered_by = :by, way = :way"
    ", expires = :now + minutes * 60000"
    # check: what an agent wrote goes with the answer
    ", texts = '{}'"
    " WHERE id = :id"
    # check: the first answer stands
    " AND standing = 'pending'"
    # check: an answer comes in time
    " AND expires > :now"
)
_USE = (
    "UPDATE requests SET standing = 'used', used_by = :used_by WHERE id = :id"
    # check: a stored approval is of its agent
    " AND agent = :agent"
    # check: a stored approval is of its call
    " AND digest = :digest"
    # check: a stored approval is of its policy
    " AND policy_hash = :policy_hash"
    # check: only what was approved is used
    " AND standing = 'approved'"
    # check: a stored approval expires
    " AND expires > :now"
)
_FORGET = "DELETE FROM requests WHERE expires < ?"
_FORGET_TEXTS = "UPDATE requests SET texts = '{}' WHERE expires < ? AND texts <> '{}'"

T = TypeVar("T")


class SqliteApprovals:
    """An ``ApprovalStore``; every method opens the file, so that nothing is held between calls."""

    def __init__(self, folder: Path, *, patience: float = 5.0) -> None:
        """``patience``: seconds to wait for another process."""
        self._file = folder / FILE
        self._patience = patience

    async def request(self, wanted: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Store the request, or find the one that holds for the same call; None where too many wait."""
        return await self._run(lambda database: _find_open(database, wanted) or _store(database, wanted, most))

    async def held(self, wanted: ApprovalRequest) -> ApprovalRequest | None:
        """The request that holds for the same call."""
        return await self._run(lambda database: _find_open(database, wanted))

    async def answer(
        self, identifier: str, *, approved: bool, by: str, way: Way, now: datetime
    ) -> ApprovalRequest | None:
        """Answer a request that waits; give it as it stands then."""
        standing = Standing.APPROVED if approved else Standing.REJECTED
        bound = {"standing": standing.value, "by": by, "way": way.value, "id": identifier}
        return await self._run(lambda database: _answer(database, bound, now))

    async def use(self, wanted: ApprovalRequest, *, now: datetime) -> bool:
        """Use an approval up; exactly one of several at once is told True."""
        return await self._run(lambda database: _use(database, wanted, now))

    async def find(self, identifier: str) -> ApprovalRequest | None:
        """The request with this id."""
        return await self._run(lambda database: _find(database, identifier))

    async def all(self) -> Sequence[ApprovalRequest]:
        """All that are kept, oldest first."""
        return await self._run(lambda database: [_to_request(row) for row in database.execute(_OLDEST_FIRST)])

    async def _run(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Do it in a worker thread, in one transaction that is durable at its end. Raises StateUnavailableError."""
        return await to_thread.run_sync(self._do, do)

    def _do(self, do: Callable[[sqlite3.Connection], T]) -> T:
        try:
            own(self._file)
            with closing(self._open()) as database, transaction(database):
                return do(database)
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise unusable(error, self._file) from error

    def _open(self) -> sqlite3.Connection:
        return open_database(
            self._file,
            version=_VERSION,
            tables=_TABLES,
            pragmas=_PRAGMAS,
            upgrades=_UPGRADES,
            patience=self._patience,
        )


def _find(database: sqlite3.Connection, identifier: str) -> ApprovalRequest | None:
    row = database.execute(f"{_ALL} WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else _to_request(row)


def _find_open(database: sqlite3.Connection, wanted: ApprovalRequest) -> ApprovalRequest | None:
    bound = (wanted.agent, wanted.digest, wanted.policy_hash, to_milliseconds(wanted.asked))
    row = database.execute(_OPEN, bound).fetchone()
    return None if row is None else _to_request(row)


def _answer(database: sqlite3.Connection, bound: Mapping[str, str], now: datetime) -> ApprovalRequest | None:
    database.execute(_ANSWER, {**bound, "now": to_milliseconds(now)})
    return _find(database, bound["id"])


def _use(database: sqlite3.Connection, wanted: ApprovalRequest, now: datetime) -> bool:
    bound = {"now": to_milliseconds(now)} | dict(zip(_NAMES, _to_row(wanted), strict=True))
    return database.execute(_USE, bound).rowcount == 1


def _store(database: sqlite3.Connection, wanted: ApprovalRequest, most: int) -> ApprovalRequest | None:
    now = to_milliseconds(wanted.asked)
    (waiting,) = database.execute(_WAITING, (wanted.agent, now)).fetchone()
    if waiting >= most:
        return None
    database.execute(_FORGET, (to_milliseconds(wanted.asked - _KEPT),))
    database.execute(_FORGET_TEXTS, (now,))
    database.execute(_PUT, _to_row(wanted))
    return wanted


def _to_row(request: ApprovalRequest) -> tuple[Any, ...]:
    values: dict[str, Any] = {name: getattr(request, name) for name in _NAMES}
    for name in ("asked", "expires", "answered"):
        values[name] = None if values[name] is None else to_milliseconds(values[name])
    values["arguments"] = json.dumps(dict(request.arguments))
    values["hidden"], values["texts"] = json.dumps(request.hidden), json.dumps(dict(request.texts))
    return tuple(values.values())


def _to_request(row: Sequence[Any]) -> ApprovalRequest:
    """The request of a row. Raises ValueError, TypeError or an error of JSON for a row that is none."""
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    for name in ("asked", "expires", "answered"):
        values[name] = None if values[name] is None else datetime.fromtimestamp(values[name] / 1000, UTC)
    values["access"], values["standing"] = Access(values["access"]), Standing(values["standing"])
    values["way"] = None if values["way"] is None else Way(values["way"])
    values["arguments"] = _arguments(json.loads(values["arguments"]))
    values["hidden"], values["texts"] = tuple(json.loads(values["hidden"])), dict(json.loads(values["texts"]))
    return ApprovalRequest(**values)


def _arguments(stored: Mapping[str, Any]) -> dict[str, Value]:
    return {name: tuple(cast("list[str]", v)) if isinstance(v, list) else v for name, v in stored.items()}
