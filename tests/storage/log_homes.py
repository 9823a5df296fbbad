"""A decision log in each of the stores that there are, filled through the product's own writer and tampered with."""

import asyncio
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from crashgate.audit.chain import Fault, Row
from crashgate.audit.log import LogWriter
from crashgate.audit.port import RowStore
from crashgate.audit.reader import LogReader
from crashgate.audit.record import Record
from crashgate.audit.retention import LogKeeper
from crashgate.audit.search import KEY_NAMES, NO_KEYS
from crashgate.clock import SystemClock
from crashgate.storage.log_keys import LogKeys
from crashgate.storage.log_sqlite import SqliteRowStore
from tests.storage.memory_rows import MemoryRowStore, StoredRow

Tampering = Callable[[list[StoredRow]], Iterable[StoredRow]]
"""What somebody makes of the rows behind our back."""


class LogHome(ABC):
    """A log and the store it is in. The keys are in files, whatever the store is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = LogKeys(folder)

    @property
    @abstractmethod
    def store(self) -> RowStore:
        """Where its rows are."""

    @abstractmethod
    def tamper(self, tampering: Tampering) -> None:
        """Change the stored rows, past everything that forbids it."""

    @abstractmethod
    def lose_head(self, chain: str = "main") -> None:
        """Take the kept head of a chain away."""

    @abstractmethod
    def copy(self, folder: Path) -> "LogHome":
        """The same log once more, with its keys."""

    @abstractmethod
    def put_back(self, copy: "LogHome", *, heads: bool) -> None:
        """Replace the rows, and on demand the heads, with those of a copy."""

    def open(self, chain: str | None = None) -> LogWriter:
        return LogWriter.open(self.store, SystemClock(), chain=chain)

    @property
    def reader(self) -> LogReader:
        return LogReader(self.store, self.keys)

    @property
    def keeper(self) -> LogKeeper:
        return LogKeeper(self.store, self.keys, SystemClock(), user="operator")

    def fill(self, records: Iterable[Record], chain: str | None = None) -> str:
        """Append the records; the name of the chain that got them."""

        async def append() -> str:
            async with aclosing(self.open(chain)) as log:
                for record in records:
                    await log.append(record)
                return log.chain

        return asyncio.run(append())

    def records(self, since: str | None = None, until: str | None = None) -> list[Record]:
        return [stored.record for stored in self.reader.records(since=since, until=until)]

    def faults(self) -> list[tuple[str, Fault | None, int | None]]:
        """Of each chain: the fault, and the first bad record."""
        return [(verdict.chain, verdict.fault, verdict.seq) for verdict in self.reader.verify()]


class MemoryHome(LogHome):
    """In memory."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._rows = MemoryRowStore()

    @property
    def store(self) -> MemoryRowStore:
        return self._rows

    def tamper(self, tampering: Tampering) -> None:
        self.store.rows = list(tampering(self.store.rows))

    def lose_head(self, chain: str = "main") -> None:
        del self.store.kept[chain]

    def copy(self, folder: Path) -> "MemoryHome":
        shutil.copytree(self.folder, folder)
        copy = MemoryHome(folder)
        copy._rows = MemoryRowStore(rows=list(self.store.rows), kept=dict(self.store.kept))
        return copy

    def put_back(self, copy: LogHome, *, heads: bool) -> None:
        assert isinstance(copy, MemoryHome)
        self.store.rows = list(copy.store.rows)
        if heads:
            self.store.kept = dict(copy.store.kept)


class SqliteHome(LogHome):
    """In a folder, as it is by default."""

    @property
    def store(self) -> SqliteRowStore:
        return SqliteRowStore(self.folder)

    def tamper(self, tampering: Tampering) -> None:
        with closing(sqlite3.connect(self.folder / "decisions.sqlite3", isolation_level=None)) as database:
            triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                database.execute(f"DROP TRIGGER {name}")
            rows = list(tampering([_stored_row(values) for values in database.execute(_EVERYTHING)]))
            database.execute("DELETE FROM records")
            database.execute("DELETE FROM found")
            for each in rows:
                _insert(database, "records", each.position, *(getattr(each.row, name) for name in _ROW))
                if each.keys != NO_KEYS:
                    _insert(database, "found", each.position, *each.keys)
            for _, sql in triggers:
                database.execute(sql)

    def lose_head(self, chain: str = "main") -> None:
        (self.folder / f"{chain}.head").unlink()

    def copy(self, folder: Path) -> "SqliteHome":
        shutil.copytree(self.folder, folder)
        return SqliteHome(folder)

    def put_back(self, copy: LogHome, *, heads: bool) -> None:
        for path in copy.folder.glob("*" if heads else "*.sqlite3"):
            shutil.copy(path, self.folder)


HOMES: dict[str, Callable[[Path], LogHome]] = {"memory": MemoryHome, "sqlite": SqliteHome}

_ROW = ("chain", "seq", "at", "kind", "call", "agent", "body", "previous", "hash")
_COLUMNS = ", ".join([f"records.{name}" for name in _ROW] + [f"found.{name}" for name in KEY_NAMES])
_EVERYTHING = f"SELECT records.position, {_COLUMNS} FROM records LEFT JOIN found USING (position) ORDER BY position"  # noqa: S608 - ours


def _stored_row(values: tuple[Any, ...]) -> StoredRow:
    position, *rest = values
    row = Row(**dict(zip(_ROW, rest, strict=False)))
    return StoredRow(position=position, row=row, keys=tuple(rest[len(_ROW) :]))


def _insert(database: sqlite3.Connection, table: str, *values: object) -> None:
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - ours


def without(*seqs: int, chain: str = "main") -> Tampering:
    """These records are deleted, with their keys."""
    return lambda rows: [each for each in rows if each.row.chain != chain or each.row.seq not in seqs]


def changed(seq: int, **changes: Any) -> Tampering:  # noqa: ANN401 - whatever a column holds
    """The record of this number has other columns; a pair of texts replaces the first by the second in the column."""

    def tamper(rows: list[StoredRow]) -> Iterable[StoredRow]:
        for each in rows:
            new = {
                name: getattr(each.row, name).replace(*value) if isinstance(value, tuple) else value
                for name, value in changes.items()
            }
            yield replace(each, row=each.row._replace(**new)) if each.row.seq == seq else each

    return tamper


def rekeyed(position: int, **changes: str | None) -> Tampering:
    """The record at this position has other keys."""

    def tamper(rows: list[StoredRow]) -> Iterable[StoredRow]:
        for each in rows:
            keys = dict(zip(KEY_NAMES, each.keys, strict=True)) | (changes if each.position == position else {})
            yield replace(each, keys=tuple(keys[name] for name in KEY_NAMES))

    return tamper
