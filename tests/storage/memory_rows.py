"""The rows of a decision log in memory: the smallest ``RowStore`` there can be. Nothing survives the process."""

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from crashgate.audit.chain import Head, Row
from crashgate.audit.fields import check_chain
from crashgate.audit.port import cannot_read, cannot_store
from crashgate.audit.search import NO_KEYS, Columns, Keys, Query, to_columns


@dataclass(frozen=True, kw_only=True)
class StoredRow:
    """A row in its place, with its keys."""

    position: int
    row: Row
    keys: Columns


@dataclass(kw_only=True)
class MemoryRowStore:
    """A ``RowStore``. Two copies of it have nothing in common."""

    place: str = "memory"
    rows: list[StoredRow] = field(default_factory=list[StoredRow])
    kept: dict[str, Head] = field(default_factory=dict[str, Head])
    claimed: set[str] = field(default_factory=set[str])
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def read(self) -> Generator["MemoryRows"]:
        if not self.rows and not self.kept:
            raise cannot_read("There is none yet.", self.place)
        with self.lock:
            rows = MemoryRows(dict(self.kept), sorted(self.rows, key=lambda each: each.position))
        yield rows

    def write(self, patience: float) -> "MemoryRowWriter":
        del patience  # nobody holds anything here for long
        return MemoryRowWriter(self)


class MemoryRows:
    """``Rows`` of one moment."""

    searchable = True

    def __init__(self, kept: Mapping[str, Head], rows: Sequence[StoredRow]) -> None:
        self._kept = kept
        self._rows = rows

    def heads(self) -> Mapping[str, Head]:
        return self._kept

    def scan(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        after: int | None = None,
        kind: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[tuple[int, Row]]:
        chosen = [
            (each.position, each.row)
            for each in self._rows[:: -1 if newest_first else 1]
            if (since or "") <= each.row.at < (until or "~")
            and (after is None or each.position > after)
            and (kind is None or each.row.kind == kind)
        ]
        yield from chosen[:limit]

    def scan_keys(self) -> Iterator[tuple[Row, Columns | None]]:
        return ((each.row, each.keys) for each in self._rows)

    def find(self, query: Query) -> Iterator[Row]:
        asked = (query.agent, query.tool, query.resource, query.connection, query.effect)
        for each in self._rows[:: 1 if query.oldest_first else -1]:
            at, agent, tool, resource, connection, project, slug, effect = each.keys
            if (
                at is not None
                and (query.since or "") <= at < (query.until or "~")
                and all(
                    want is None or want == has
                    for want, has in zip(asked, (agent, tool, resource, connection, effect), strict=True)
                )
                and query.project in {None, project, slug}
            ):
                yield each.row

    def outcome(self, call: str) -> Row | None:
        return next((row for _, row in self.scan(kind="outcome") if row.call == call), None)

    def at(self, chain: str, seq: int) -> Row | None:
        return next((each.row for each in self._rows if (each.row.chain, each.row.seq) == (chain, seq)), None)

    def check(self) -> None:
        """There is nothing beside the rows."""


class MemoryRowWriter:
    """A ``RowWriter``; the head is kept in the same memory."""

    needs_maintenance = False

    def __init__(self, store: MemoryRowStore) -> None:
        self._store = store
        self._chain = ""
        self._unsettled: Head | None = None

    def claim(self, chain: str) -> bool:
        check_chain(chain)
        with self._store.lock:
            if chain in self._store.claimed:
                return False
            self._store.claimed.add(chain)
        self._chain = chain
        return True

    def release(self) -> None:
        self._store.claimed.discard(self._chain)

    def kept(self) -> Head | None:
        return self._store.kept.get(self._chain)

    def keep(self, head: Head) -> None:
        self._store.kept[self._chain] = head

    def end(self) -> Head | None:
        mine = [each.row for each in self._store.rows if each.row.chain == self._chain]
        last = max(mine, key=lambda row: row.seq, default=None)
        return None if last is None else Head(seq=last.seq, hash=last.hash)

    def hash_at(self, seq: int) -> str | None:
        rows = (each.row for each in self._store.rows)
        return next((row.hash for row in rows if (row.chain, row.seq) == (self._chain, seq)), None)

    def append(self, rows: Sequence[Row], keys: Sequence[Keys | None]) -> None:
        with self._store.lock:
            there = {(each.row.chain, each.row.seq) for each in self._store.rows}
            if any((row.chain, row.seq) in there for row in rows):
                raise cannot_store("Another process wrote to the same chain.", self._store.place)
            last = max((each.position for each in self._store.rows), default=0)
            self._store.rows += [
                StoredRow(position=position, row=row, keys=NO_KEYS if key is None else to_columns(key))
                for position, (row, key) in enumerate(zip(rows, keys, strict=True), start=last + 1)
            ]
        self._unsettled = Head(seq=rows[-1].seq, hash=rows[-1].hash)

    def append_at_once(self, row: Row, keys: Keys | None) -> bool:
        self.append([row], [keys])
        return True

    def settle(self) -> None:
        if self._unsettled is not None:
            self.keep(self._unsettled)

    def maintain(self) -> None:
        """There is nothing to do."""

    def cut(self, chain: str, seq: int) -> None:
        with self._store.lock:
            self._store.rows = [each for each in self._store.rows if each.row.chain != chain or each.row.seq > seq]

    def close(self) -> None:
        self.settle()
        self.release()
