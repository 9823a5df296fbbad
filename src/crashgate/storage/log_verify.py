"""Checks a whole log as it lies in the store. Rule: one snapshot, every row, and everything that is derived from it.

The chains are checked by ``decisions.chain``. Here it is seen who signed the checkpoints, whether the keys of the
search agree with the records, and whether the database's own indexes agree with its tables.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from crashgate.audit.canonical import decode
from crashgate.audit.chain import Fault, Head, Row, Verdict, verify
from crashgate.audit.checkpoint import CheckpointRecord
from crashgate.audit.head_loss import AcknowledgementRecord, HeadLossRecord
from crashgate.audit.search import as_columns
from crashgate.audit.statement import Statement
from crashgate.sanitise import clean
from crashgate.storage.log_claim import kept_heads
from crashgate.storage.log_failure import damaged
from crashgate.storage.log_keys import is_signed, public_key
from crashgate.storage.log_schema import COLUMNS, KEY_COLUMNS, VERSION, acknowledged_in, keys_of, stored_version, to_row
from crashgate.storage.sqlite import reason

_CHECKPOINTS = f"SELECT {COLUMNS} FROM records INDEXED BY records_checkpoints WHERE kind = 'checkpoint'"  # noqa: S608 - ours
_OLD = f"SELECT {COLUMNS} FROM records ORDER BY position"  # noqa: S608 - ours
_ALL = (
    f"SELECT {COLUMNS}, {KEY_COLUMNS} FROM records LEFT JOIN found ON found.position = records.position "  # noqa: S608 - ours
    "ORDER BY records.position"
)
_ORPHANS = "SELECT count(*) FROM found WHERE position NOT IN (SELECT position FROM records)"
_WIDTH = 9

_Findings = dict[str, tuple[Fault, int, str]]
"""The first fault of each chain that its hashes do not show."""


def check(
    database: sqlite3.Connection, folder: Path, *, statement: Statement | None = None, key: str | None = None
) -> tuple[Verdict, ...]:
    """One verdict for each chain.

    ``statement`` has a valid signature. ``key`` is the public key that checkpoints must be signed with; without it,
    the one beside the log. Raises CrashgateError ``log_damaged`` when the file itself is broken.
    """
    verdicts = _check(database, folder, statement=statement, key=key)
    if any(each.fault is Fault.HEAD and not each.end_checked for each in verdicts) and _began(folder, verdicts):
        database.execute("ROLLBACK")
        verdicts = _check(database, folder, statement=statement, key=key)
    return verdicts


def _began(folder: Path, verdicts: tuple[Verdict, ...]) -> bool:
    """Whether a writer began such a chain after the heads had been read."""
    heads = kept_heads(folder)
    return any(each.chain in heads for each in verdicts if each.fault is Fault.HEAD and not each.end_checked)


def _check(
    database: sqlite3.Connection, folder: Path, *, statement: Statement | None, key: str | None
) -> tuple[Verdict, ...]:
    database.execute("BEGIN")  # one snapshot: whatever is stored or pruned meanwhile is not seen
    heads = kept_heads(folder)  # read before the snapshot is taken: the writer keeps a head after it stored the record
    findings: _Findings = {}
    losses = _Losses()
    last = ""

    def rows() -> Iterator[Row]:
        nonlocal last
        for row in _checked(database, findings):
            losses.note(row)
            last = f" It can be read up to record {row.seq} of the chain {row.chain}."
            yield row

    try:
        starts = _starts(database, findings, key or public_key(folder))
        verdicts = verify(rows(), heads, starts=starts, stated=statement.heads if statement else None)
        verdicts = tuple(_with(verdict, findings.get(verdict.chain)) for verdict in verdicts)
        if all(verdict.sound for verdict in verdicts):  # otherwise it is known already where the fault is
            _check_indexes(database, folder)
    except sqlite3.DatabaseError as error:
        raise damaged(f"{reason(error)}{clean(last, limit=200, lines=False)}", folder) from error
    return tuple(losses.judged(verdict) for verdict in verdicts)


class _Losses:
    """The heads that were missing, and those that an operator knows of."""

    def __init__(self) -> None:
        self._lost: dict[str, int] = {}
        self._known: dict[str, int] = {}

    def note(self, row: Row) -> None:
        if row.kind == HeadLossRecord.KIND:
            self._lost[row.chain] = row.seq
        elif row.kind == AcknowledgementRecord.KIND:
            record = acknowledged_in(row.body)
            if record is not None:
                self._known[record.chain] = max(record.seq, self._known.get(record.chain, 0))

    def judged(self, verdict: Verdict) -> Verdict:
        """The verdict; a chain that is sound otherwise is not while a loss of its head is not acknowledged."""
        if not verdict.sound:
            return verdict
        lost, ask = self._lost.get(verdict.chain, 0), "if you know why, run `crashgate log acknowledge`"
        if not verdict.end_checked and verdict.head.seq > 0:
            why = f"no head is kept beside the log, so later records may have been taken away; {ask}"
            return replace(verdict, fault=Fault.HEAD, seq=verdict.head.seq + 1, why=why)
        if lost > self._known.get(verdict.chain, 0):
            why = f"the head was missing then, so records before it may have been taken away; {ask}"
            return replace(verdict, fault=Fault.HEAD, seq=lost, why=why)
        return verdict


def _starts(database: sqlite3.Connection, findings: _Findings, key: str | None) -> Mapping[str, Head]:
    """The latest start that a valid checkpoint gives each chain."""
    starts: dict[str, Head] = {}
    if stored_version(database) != VERSION:  # there were no checkpoints then
        return starts
    for values in database.execute(_CHECKPOINTS):
        row = to_row(values)
        try:
            record = decode(row.body)
        except ValueError:
            continue  # its hash does not fit either
        if not isinstance(record, CheckpointRecord):
            continue
        if key is None or record.key != key or not is_signed(record.text, key=key, signature=record.signature):
            lack = "there is no public key to check it with" if key is None else "the log's key did not sign it"
            why = f"record {row.seq} is a checkpoint, and {lack}"
            findings.setdefault(row.chain, (Fault.FORGED, row.seq, why))
        elif record.chain not in starts or starts[record.chain].seq < record.seq:
            starts[record.chain] = Head(seq=record.seq, hash=record.hash)
    return starts


def _checked(database: sqlite3.Connection, findings: _Findings) -> Iterator[Row]:
    """All rows; those whose keys do not agree are noted on the way."""
    with_keys = stored_version(database) == VERSION
    for values in database.execute(_ALL if with_keys else _OLD):
        row = to_row(values[:_WIDTH])
        if with_keys:
            found = keys_of(row.body)
            due = (None,) * (len(values) - _WIDTH) if found is None else as_columns(found)
            if tuple(values[_WIDTH:]) != due:
                why = f"the search keys of record {row.seq} do not agree with it"
                before = findings.get(row.chain)
                if before is None or row.seq < before[1]:
                    findings[row.chain] = (Fault.KEYS, row.seq, why)
        yield row


def _check_indexes(database: sqlite3.Connection, folder: Path) -> None:
    if database.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        raise damaged("An index of the database does not agree with its table.", folder)
    if stored_version(database) == VERSION and database.execute(_ORPHANS).fetchone()[0]:
        raise damaged("The search keys name a record that is not there.", folder)


def _with(verdict: Verdict, finding: tuple[Fault, int, str] | None) -> Verdict:
    """The verdict with what was found beside the hashes, if it comes first."""
    if finding is None or (verdict.seq is not None and verdict.seq <= finding[1]):
        return verdict
    fault, seq, why = finding
    return replace(verdict, fault=fault, seq=seq, why=why, good=max(0, seq - 1 - verdict.pruned))
