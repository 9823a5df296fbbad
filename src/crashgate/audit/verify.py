"""Checks a whole log as it lies in the store: every row of one moment, and everything that is derived from it.

``chain.verify`` checks the chains. Added here are who signed the checkpoints, whether the search keys agree with the
records, heads that are or were missing, and what only the store can see.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from crashgate.audit.canonical import decode_as
from crashgate.audit.chain import Fault, Head, Row, Verdict, verify
from crashgate.audit.checkpoint import AcknowledgementRecord, CheckpointRecord, HeadLossRecord
from crashgate.audit.port import Rows, RowStore, SigningKeys, damaged
from crashgate.audit.search import columns_in
from crashgate.audit.statement import Statement, is_signed
from crashgate.errors import Code, CrashgateError, InvalidArgumentsError
from crashgate.sanitise import clean


def verify_log(
    store: RowStore, keys: SigningKeys, *, statement: Statement | None = None, key: str | None = None
) -> tuple[Verdict, ...]:
    """One verdict for each chain; see ``LogReader.verify``."""
    key = key or keys.public_key()
    if statement is not None:
        # check: a statement is genuine
        _refuse_forged(statement, key)
    stated = None if statement is None else statement.heads
    verdicts = _Verification(store, key).run(stated)
    headless = [each.chain for each in verdicts if each.fault is Fault.HEAD and not each.end_checked]
    if headless:
        with store.read() as rows:
            heads = rows.heads()
        if any(chain in heads for chain in headless):  # a writer began the chain after the heads had been read
            verdicts = _Verification(store, key).run(stated)
    return verdicts


class _Verification:
    """One pass over the log."""

    def __init__(self, store: RowStore, key: str | None) -> None:
        self._store = store
        self._key = key
        self._findings: dict[str, tuple[Fault, int, str]] = {}
        """The first fault of each chain that its hashes do not show."""
        self._lost: dict[str, int] = {}
        """By chain, the record of its last lost head."""
        self._acknowledged: dict[str, int] = {}
        """By chain, the last such record that an operator knows of."""
        self._last: Row | None = None
        """The last row that could be read."""

    def run(self, stated: Mapping[str, Head] | None) -> tuple[Verdict, ...]:
        try:
            with self._store.read() as rows:
                heads = rows.heads()
                starts = self._starts(rows)
                verdicts = verify(self._rows(rows), heads, starts=starts, stated=stated)
                verdicts = tuple(self._add_finding(verdict) for verdict in verdicts)
                self._last = None
                if all(verdict.sound for verdict in verdicts):  # otherwise it is known already where the fault is
                    rows.check()
        except CrashgateError as error:
            last = self._last
            if error.code is not Code.LOG_DAMAGED or last is None:
                raise
            chain = clean(last.chain, limit=64, lines=False)
            why = f"{error.why} It can be read up to record {last.seq} of the chain {chain}."
            raise damaged(why, self._store.place) from error
        return tuple(self._add_head_loss(verdict) for verdict in verdicts)

    def _starts(self, rows: Rows) -> Mapping[str, Head]:
        """The latest start that a valid checkpoint gives each chain."""
        starts: dict[str, Head] = {}
        key = self._key
        for _, row in rows.scan(kind=CheckpointRecord.KIND):
            record = decode_as(CheckpointRecord, row.body)
            if record is None:
                continue  # its hash does not fit either
            if (
                key is None
                or record.key != key
                # check: a checkpoint is signed
                or not is_signed(record.text, key=key, signature=record.signature)
            ):
                lack = "there is no public key to check it with" if key is None else "the log's key did not sign it"
                why = f"record {row.seq} is a checkpoint, and {lack}"
                self._findings.setdefault(row.chain, (Fault.FORGED, row.seq, why))
            elif record.chain not in starts or starts[record.chain].seq < record.seq:
                starts[record.chain] = Head(seq=record.seq, hash=record.hash)
        return starts

    def _rows(self, rows: Rows) -> Iterator[Row]:
        """All rows; whatever else they say is noted on the way."""
        for row, columns in rows.scan_keys():
            # check: search keys that were tampered with
            if columns is not None and columns != columns_in(row.kind, row.body):
                self._note_keys(row)
            if row.kind == HeadLossRecord.KIND:
                self._lost[row.chain] = row.seq
            elif row.kind == AcknowledgementRecord.KIND:
                self._note_acknowledgement(row)
            self._last = row
            yield row

    def _note_keys(self, row: Row) -> None:
        before = self._findings.get(row.chain)
        if before is None or row.seq < before[1]:
            why = f"the search keys of record {row.seq} do not agree with it"
            self._findings[row.chain] = (Fault.KEYS, row.seq, why)

    def _note_acknowledgement(self, row: Row) -> None:
        record = decode_as(AcknowledgementRecord, row.body)
        if record is not None:
            self._acknowledged[record.chain] = max(record.seq, self._acknowledged.get(record.chain, 0))

    def _add_finding(self, verdict: Verdict) -> Verdict:
        """The verdict with what was found beside the hashes, if it comes first."""
        finding = self._findings.get(verdict.chain)
        if finding is None or (verdict.seq is not None and verdict.seq <= finding[1]):
            return verdict
        fault, seq, why = finding
        return replace(verdict, fault=fault, seq=seq, why=why, good=max(0, seq - 1 - verdict.pruned))

    def _add_head_loss(self, verdict: Verdict) -> Verdict:
        """The verdict; an otherwise sound chain is not sound while the loss of its head is not acknowledged."""
        if not verdict.sound:
            return verdict
        lost, ask = self._lost.get(verdict.chain, 0), "if you know why, run `crashgate log acknowledge`"
        # check: a head that is missing beside records is a fault
        if not verdict.end_checked and verdict.head.seq > 0:
            why = f"no head is kept beside the log, so later records may have been taken away; {ask}"
            return replace(verdict, fault=Fault.HEAD, seq=verdict.head.seq + 1, why=why)
        # check: a head that was missing is a fault until it is acknowledged
        if lost > self._acknowledged.get(verdict.chain, 0):
            why = f"the head was missing then, so records before it may have been taken away; {ask}"
            return replace(verdict, fault=Fault.HEAD, seq=lost, why=why)
        return verdict


def _refuse_forged(statement: Statement, key: str | None) -> None:
    if not is_signed(statement.text, key=statement.key, signature=statement.signature):
        raise InvalidArgumentsError(
            "The statement is not genuine.",
            why="Its signature does not match its content.",
            remedy="Use the file that `crashgate log checkpoint` printed, unchanged.",
        )
    if statement.key != key:
        raise InvalidArgumentsError(
            "The statement is signed with a different key from this log's.",
            why="It is of another log, or the key beside this one was replaced.",
            remedy="Compare it with `crashgate log key`, or name the key that you trust with --signed-by.",
        )
