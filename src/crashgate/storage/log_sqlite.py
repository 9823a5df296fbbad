"""The rows of the decision log in SQLite, and their heads in files beside it: a ``RowStore`` in a folder.

A batch is one transaction. What ``append`` has stored is with the operating system: this process's death loses none
of it. A power cut loses what was stored after the last ``settle``, always the end of the chain. The kept head never
names a record that is not on the disk.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from crashgate.audit.chain import Head, Row
from crashgate.audit.port import cannot_open, cannot_read, cannot_store, damaged
from crashgate.audit.search import Columns, Keys, Query, to_columns
from crashgate.errors import LogUnavailableError
from crashgate.storage.log_files import DATABASE, Claim, LogFiles, make_room, read_heads
from crashgate.storage.log_schema import (
    ALLOW_DELETE,
    COLUMNS,
    FORBID_DELETE,
    KEY_COLUMNS,
    OLDEST,
    VERSION,
    Waits,
    connect_to_read,
    connect_to_write,
    insert_keys,
    insert_rows,
    read_version,
    to_row,
)
from crashgate.storage.sqlite import reason, transaction

MOST_UNFOLDED = 200
"""Records in the write-ahead log before it is time to fold it into the database."""

_FULL_SYNC = getattr(fcntl, "F_FULLFSYNC", None)
"""macOS: its fsync alone does not reach the platter."""

_SELECT = f"SELECT records.position, {COLUMNS} FROM records"  # noqa: S608 - no value of anyone's in it
_CHECKPOINTS = "INDEXED BY records_checkpoints WHERE kind = 'checkpoint'"
_KEYS = f"SELECT {COLUMNS}, {KEY_COLUMNS} FROM records LEFT JOIN found ON found.position = records.position"  # noqa: S608 - ours
_ORPHANS = "SELECT count(*) FROM found WHERE position NOT IN (SELECT position FROM records)"
_WIDTH = 9
"""The columns of a row."""

_MANY = 500
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class SqliteRowStore:
    """A ``RowStore`` in a folder, which ``log_files`` describes."""

    def __init__(self, folder: Path) -> None:
        """Nothing is opened or made yet."""
        self._folder = folder
        self.place = str(folder)

    def write(self, patience: float) -> "SqliteRowWriter":
        """Open the database for writing, made with its folder where it is missing. Raises LogUnavailableError."""
        return SqliteRowWriter(self._folder, patience)

    @contextmanager
    def read(self) -> Generator["SqliteRows"]:
        """The rows in one transaction, read-only. Raises LogUnavailableError and CrashgateError ``log_damaged``."""
        path = self._folder / DATABASE
        if not path.is_file():
            remedy = f"`crashgate serve` makes it in {self.place} at its start; --state names another folder."
            raise cannot_read("There is none yet.", self.place, remedy=remedy)
        try:
            with closing(connect_to_read(path)) as database:
                version = read_version(database)
                if not OLDEST <= version <= VERSION:
                    raise cannot_read(f"Its format is {version}; this crashgate reads {VERSION}.", self.place)
                database.execute("BEGIN")  # the first look at a table fixes what is seen
                yield SqliteRows(database, self._folder, searchable=version == VERSION)
        except sqlite3.Error as error:
            if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE:
                raise damaged(reason(error), self.place) from error
            raise cannot_read(reason(error), self.place) from error
        except OSError as error:
            raise cannot_read(reason(error), self.place) from error


class SqliteRows:
    """``Rows`` of one transaction. Errors of SQLite become ours where ``SqliteRowStore.read`` ends."""

    def __init__(self, database: sqlite3.Connection, folder: Path, *, searchable: bool) -> None:
        self._database = database
        self._folder = folder
        self.searchable = searchable

    def heads(self) -> Mapping[str, Head]:
        """The heads in the files beside the database."""
        return read_heads(self._folder)

    def scan(  # noqa: PLR0913 - what a scan can be narrowed to
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        after: int | None = None,
        kind: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[tuple[int, Row]]:
        """The rows with their positions, read as they are asked for."""
        where = "WHERE at >= ? AND at < ?"
        values: list[str | int] = [since or "", until or "~"]
        if after is not None:
            where, values = f"{where} AND position > ?", [*values, after]
        if kind == "checkpoint" and self.searchable:
            where, values = _CHECKPOINTS, []
        elif kind is not None:
            where, values = f"{where} AND kind = ?", [*values, kind]
        order = "DESC" if newest_first else "ASC"
        sql = f"{_SELECT} {where} ORDER BY position {order} LIMIT ?"
        for position, *columns in self._database.execute(sql, (*values, -1 if limit is None else limit)):
            yield position, to_row(columns)

    def scan_keys(self) -> Iterator[tuple[Row, Columns | None]]:
        """Every row with its keys."""
        sql = _KEYS if self.searchable else f"SELECT {COLUMNS} FROM records"  # noqa: S608 - ours
        for values in self._database.execute(f"{sql} ORDER BY records.position"):
            yield to_row(values[:_WIDTH]), tuple(values[_WIDTH:]) or None

    def find(self, query: Query) -> Iterator[Row]:
        """The decisions whose keys match."""
        clauses, values = _where(query)
        order = "ASC" if query.oldest_first else "DESC"
        positions = self._database.execute(
            f"SELECT position FROM found WHERE {clauses} ORDER BY position {order}",  # noqa: S608 - no value in it
            values,
        )
        while some := list(islice(positions, _MANY)):
            for position in some:
                yield from self._select("position = ?", *position)

    def outcome(self, call: str) -> Row | None:
        """The outcome of a call, by its index."""
        return next(self._select("call = ? AND kind = 'outcome'", call), None)

    def at(self, chain: str, seq: int) -> Row | None:
        """One row of a chain."""
        return next(self._select("chain = ? AND seq = ?", chain, seq), None)

    def check(self) -> None:
        """Compare SQLite's own indexes with their tables, and the keys with the records that they name."""
        # check: indexes that do not agree with their tables
        if self._database.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise damaged("An index of the database does not agree with its table.", str(self._folder))
        # check: search keys without a record
        if self.searchable and self._database.execute(_ORPHANS).fetchone()[0]:
            raise damaged("The search keys name a record that is not there.", str(self._folder))

    def _select(self, where: str, *values: object) -> Iterator[Row]:
        sql = f"SELECT {COLUMNS} FROM records WHERE {where}"  # noqa: S608 - no value of anyone's in it
        return map(to_row, self._database.execute(sql, values))


def _where(query: Query) -> tuple[str, list[str]]:
    equal = {
        "agent": query.agent,
        "tool": query.tool,
        "resource": query.resource,
        "connection": query.connection,
        "effect": query.effect,
    }
    clauses = {f"{name} = ?": value for name, value in equal.items() if value is not None}
    if query.since is not None:
        clauses["at >= ?"] = query.since
    if query.until is not None:
        clauses["at < ?"] = query.until
    values = [str(value) for value in clauses.values()]
    parts = list(clauses)
    if query.project is not None:
        parts.append("(project = ? OR project_slug = ?)")
        values += [query.project, query.project]
    return " AND ".join(parts) or "1", values


class SqliteRowWriter:
    """A ``RowWriter`` of the database in a folder."""

    def __init__(self, folder: Path, patience: float) -> None:
        """Raises LogUnavailableError when the log cannot be opened."""
        self._place = str(folder)
        self._folder = folder
        self._patience = patience
        self._unfolded = 0
        self._doubtful = False
        """A sync failed, so what SQLite finds in its log may not be what was written."""
        self._restarts = True
        """The next commit may start the write-ahead log anew, which waits for the disk."""
        self._wal: int | None = None
        self._unsettled: Head | None = None
        self._claimed: Claim | None = None
        self._files = LogFiles(folder)
        with contextlib.ExitStack() as undo:
            undo.callback(self._files.close)
            try:
                with self._files.turn(patience):
                    self._database = connect_to_write(self._files.database, patience)
                    undo.callback(self._database.close)
                    make_room(self._wal_path)
            except (sqlite3.Error, OSError) as error:
                raise cannot_open(reason(error), self._place) from error
            undo.pop_all()
        self._waits = Waits(self._database, patience)

    def claim(self, chain: str) -> bool:
        """Claim the chain in turn with other processes; False when another has it. Raises ValueError for its name."""
        try:
            with self._files.turn(self._patience):
                self._claimed = Claim(self._folder, chain)
        except BlockingIOError:
            return False
        except OSError as error:
            raise cannot_open(reason(error), self._place) from error
        return True

    def release(self) -> None:
        """Give up the claim."""
        if self._claimed is not None:
            self._claimed.release()
            self._claimed = None

    def kept(self) -> Head | None:
        """The head in the file of the claim."""
        return self._claim.head()

    def keep(self, head: Head) -> None:
        """Keep the head, and wait until the disk has it under its name."""
        try:
            self._claim.keep(head)
            self._claim.sync()
        except OSError as error:
            raise cannot_open(reason(error), self._place) from error

    def end(self) -> Head | None:
        """The last row of the claimed chain."""
        row = self._one("SELECT seq, hash FROM records WHERE chain = ? ORDER BY seq DESC LIMIT 1", self._claim.chain)
        return None if row is None else Head(seq=row[0], hash=row[1])

    def hash_at(self, seq: int) -> str | None:
        """The hash of one row of the claimed chain."""
        row = self._one("SELECT hash FROM records WHERE chain = ? AND seq = ?", self._claim.chain, seq)
        return None if row is None else str(row[0])

    def append(self, rows: Sequence[Row], keys: Sequence[Keys | None]) -> None:
        """Store the rows in one commit, and wait for what has to be waited for."""
        try:
            self._clear_doubt()
            self._commit(rows, keys, patience=self._patience)
        except (sqlite3.Error, OSError) as error:
            raise cannot_store(reason(error), self._place) from error
        self._restarts = False

    def append_at_once(self, row: Row, keys: Keys | None) -> bool:
        """Store the row if neither the disk nor a lock has to be waited for."""
        if (
            self._restarts
            # check: nothing is stored at once after a disk failed
            or self._doubtful
        ):
            return False
        try:
            self._commit((row,), (keys,), patience=0)
        except TimeoutError:
            return False
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise cannot_store(reason(error), self._place) from error
        return True

    def settle(self) -> None:
        """Sync the write-ahead log, then keep the head. One caller at a time."""
        head, self._unsettled = self._unsettled, None
        if head is None:
            return
        try:
            self._sync()
        except OSError as error:
            self._doubtful = True
            if self._unsettled is None:  # a newer one may be there by now
                self._unsettled = head
            raise cannot_store(reason(error), self._place) from error
        with contextlib.suppress(OSError):  # the records are durable; only the check of the chain's end lags behind
            self._claim.keep(head)

    @property
    def needs_maintenance(self) -> bool:
        """Whether it is time to fold the write-ahead log."""
        return self._unfolded >= MOST_UNFOLDED

    def maintain(self) -> None:
        """Move the write-ahead log into the database. Where that fails, all stays where it is."""
        with contextlib.suppress(sqlite3.Error, OSError):
            self._fold()

    def cut(self, chain: str, seq: int) -> None:
        """Remove the first rows of a chain in a transaction of its own."""
        rows, old = (chain, seq), "SELECT position FROM records WHERE chain = ? AND seq <= ?"
        try:
            self._files.check_still_there()
            with self._files.turn(self._patience):
                self._waits.change(disk=True, lock=self._patience)
                with transaction(self._database):
                    self._database.execute("PRAGMA secure_delete = ON")  # or the text stays in free pages
                    self._database.execute(f"DELETE FROM found WHERE position IN ({old})", rows)  # noqa: S608 - ours
                    self._database.execute(ALLOW_DELETE)
                    self._database.execute("DELETE FROM records WHERE chain = ? AND seq <= ?", rows)
                    self._database.execute(FORBID_DELETE)
        except (sqlite3.Error, OSError) as error:
            raise cannot_store(reason(error), self._place) from error

    def close(self) -> None:
        """Close the database and let another process have the chain."""
        with contextlib.suppress(LogUnavailableError):
            self.settle()
        if self._wal is not None:
            os.close(self._wal)
        self._database.close()
        self.release()
        self._files.close()

    @property
    def _claim(self) -> Claim:
        if self._claimed is None:
            raise RuntimeError("no chain is claimed")
        return self._claimed

    @property
    def _wal_path(self) -> Path:
        return Path(f"{self._files.database}-wal")

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        try:
            row: tuple[Any, ...] | None = self._database.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise cannot_open(reason(error), self._place) from error
        return row

    def _sync(self) -> None:
        if self._wal is None:
            self._wal = os.open(self._wal_path, os.O_RDONLY | os.O_NOFOLLOW)
        if _FULL_SYNC is None:
            os.fdatasync(self._wal)
        else:
            fcntl.fcntl(self._wal, _FULL_SYNC)

    def _fold(self) -> bool:
        """True when all of the write-ahead log is in the database now, and on the disk."""
        self._unfolded = 0
        with self._files.turn(self._patience):
            self._waits.change(disk=True, lock=self._patience)
            self._restarts = True
            busy, stored, folded = self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        # check[always]: a log that was not folded whole stays in doubt
        return not busy and stored == folded

    def _clear_doubt(self) -> None:
        """After a failed sync, fold, or store nothing: what SQLite finds damaged in its log ends it, and all after it.

        The system tells of a failed write once and then takes the page for written
        (https://wiki.postgresql.org/wiki/Fsync_Errors); what it holds of it is still right, and folding writes that.
        """
        # check: a disk that failed is not believed
        if self._doubtful and not self._fold():
            raise TimeoutError
        self._doubtful = False

    def _commit(self, rows: Sequence[Row], keys: Sequence[Keys | None], *, patience: float) -> None:
        self._files.check_still_there()
        with self._files.turn(patience):
            self._waits.change(disk=False, lock=patience)
            self._insert(rows, keys)
        self._unsettled = Head(seq=rows[-1].seq, hash=rows[-1].hash)
        self._unfolded += len(rows)

    def _insert(self, rows: Sequence[Row], keys: Sequence[Keys | None]) -> None:
        values = [value for row in rows for value in row]
        if not any(keys):
            self._database.execute(insert_rows(len(rows)), values)
            return
        with transaction(self._database):
            last = self._database.execute(insert_rows(len(rows)), values).lastrowid or 0
            places = enumerate(keys, start=last - len(rows) + 1)
            found = [(place, *to_columns(each)) for place, each in places if each is not None]
            self._database.execute(insert_keys(len(found)), [value for columns in found for value in columns])
