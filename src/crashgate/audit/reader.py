"""Reads the decision log while others write it: records, calls with their outcomes, and searches."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from crashgate.audit.call import Aside, Entry, pair, tell
from crashgate.audit.canonical import decode
from crashgate.audit.chain import Row, Verdict
from crashgate.audit.port import Rows, RowStore, SigningKeys, cannot_read, damaged
from crashgate.audit.record import DecisionRecord, OutcomeRecord, Record, Stored
from crashgate.audit.search import Query, matches
from crashgate.audit.statement import Statement
from crashgate.audit.verify import verify_log
from crashgate.sanitise import clean

_POLL_SECONDS = 0.25
_AT_A_TIME = 500


class LogReader:
    """Where people read the log. Times are RFC 3339 in UTC with milliseconds, as in the records.

    It holds nothing open between two calls. All methods raise LogUnavailableError when there is no log to read, and
    CrashgateError with the code ``log_damaged`` for a record that cannot be read.
    """

    def __init__(self, store: RowStore, keys: SigningKeys) -> None:
        self._store = store
        self._keys = keys

    def records(self, *, since: str | None = None, until: str | None = None) -> Iterator[Stored[Record]]:
        """Records of all chains in the order in which they were stored, from ``since`` and before ``until``."""
        with self._store.read() as rows:
            for _, row in rows.scan(since=since, until=until):
                yield self._decode(row)

    def entries(
        self, *, since: str | None = None, until: str | None = None, newest: int | None = None
    ) -> Iterator[Entry]:
        """Calls by the time of their decision, newest first; at most ``newest`` of them."""
        everything = self.timeline(since=since, until=until)
        yield from islice((each for each in everything if isinstance(each, Entry)), newest)

    def timeline(
        self, *, since: str | None = None, until: str | None = None, newest: int | None = None
    ) -> Iterator[Entry | Aside]:
        """The same together with what is not of a call."""
        with self._store.read() as rows:
            entries = tell(self._decode(row) for _, row in rows.scan(since=since, newest_first=True))
            yield from islice((each for each in entries if until is None or each.at < until), newest)

    def follow(
        self, *, newest: int = 0, pause: Callable[[], None] = lambda: time.sleep(_POLL_SECONDS)
    ) -> Iterator[Stored[Record]]:
        """The ``newest`` records there are, then each new one as it is stored; never ends by itself.

        ``pause`` is called whenever there is nothing new. Between two looks nothing is held open.
        """
        with self._store.read() as rows:
            new = list(rows.scan(newest_first=True, limit=max(newest, 1)))[::-1]
        last = new[-1][0] if new else 0
        yield from self._decode_all(new[len(new) - newest :] if newest else ())
        while True:
            with self._store.read() as rows:
                new = list(rows.scan(after=last, limit=_AT_A_TIME))
            yield from self._decode_all(new)
            if new:
                last = new[-1][0]
            else:
                pause()

    def history(self, *, since: str | None = None, until: str | None = None) -> Iterator[Entry | Aside]:
        """Calls with their outcomes and what is not of a call, oldest first, from ``since`` and before ``until``."""
        with self._store.read() as rows:
            self._require_keys(rows)
            for _, row in rows.scan(since=since, until=until):
                if row.kind == DecisionRecord.KIND:
                    yield self._entry(rows, row)
                elif row.kind != OutcomeRecord.KIND:
                    yield from tell([self._decode(row)])

    def search(self, query: Query) -> Iterator[Entry]:
        """Calls that match the query, each with its outcome, newest first unless the query says otherwise."""
        with self._store.read() as rows:
            self._require_keys(rows)
            entries = (self._entry(rows, row) for row in rows.find(query))
            yield from islice((each for each in entries if matches(each.decision.record, query)), query.limit)

    def find(self, chain: str, seq: int) -> Entry | Aside | None:
        """The call whose decision has this place in a chain, or what is not of a call. None for any other place."""
        with self._store.read() as rows:
            self._require_keys(rows)
            row = rows.at(chain, seq)
            if row is None or row.kind == OutcomeRecord.KIND:
                return None
            return self._entry(rows, row) if row.kind == DecisionRecord.KIND else next(tell([self._decode(row)]))

    def verify(self, *, statement: Statement | None = None, key: str | None = None) -> tuple[Verdict, ...]:
        """Check every chain; one verdict each.

        An auditor's ``statement`` shows that the end was cut off or an older copy put back. ``key`` is the public key
        that checkpoints and statement must be signed with; without it, the one beside the log. Raises
        InvalidArgumentsError for a statement that this log's key did not sign, and CrashgateError ``log_damaged``, with
        the last record before the break, when the store itself is broken.
        """
        return verify_log(self._store, self._keys, statement=statement, key=key)

    def _require_keys(self, rows: Rows) -> None:
        if not rows.searchable:
            why = "It was written by an earlier crashgate, which kept nothing to search it by."
            raise cannot_read(why, self._store.place, remedy="Start crashgate once; that adds it.")

    def _entry(self, rows: Rows, decision: Row) -> Entry:
        """Raises CrashgateError ``log_damaged`` when the rows are not what their place says."""
        outcome = rows.outcome(decision.call)
        stored = [self._decode(row) for row in (outcome, decision) if row is not None]
        for entry in pair(stored):
            return entry
        raise damaged("The search keys name a record that is not a decision.", self._store.place)

    def _decode_all(self, rows: Iterable[tuple[int, Row]]) -> Iterator[Stored[Record]]:
        return (self._decode(row) for _, row in rows)

    def _decode(self, row: Row) -> Stored[Record]:
        try:
            record = decode(row.body)
        except ValueError as error:
            chain = clean(row.chain, limit=64, lines=False)
            why = f"Record {row.seq} of the chain {chain} cannot be read: {error}."
            raise damaged(why, self._store.place) from error
        return Stored(chain=row.chain, seq=row.seq, previous=row.previous, hash=row.hash, record=record)
