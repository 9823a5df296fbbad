"""Takes old records out of the log. Rule: a sound log, a signed checkpoint, then the deed, then a record of the deed.

Records go from the start of each chain only, and never the last one nor the one whose head is kept, so that every chain
goes on where it was. The processes that write meanwhile lose nothing: the checkpoints and the record stand in a chain
that is claimed for this.

What an operator does with the log as a whole: state where it ends, and prune it. Rule: never on an unsound log.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path

from crashgate.audit.chain import Fault, Head, Verdict
from crashgate.audit.checkpoint import (
    CheckpointRecord,
    PruneRecord,
    checkpoint_sentence,
    checkpoint_text,
    prune_sentence,
)
from crashgate.audit.head_loss import AcknowledgementRecord, HeadLossRecord, acknowledgement_sentence
from crashgate.audit.port import Cut
from crashgate.audit.record import Record
from crashgate.audit.statement import Statement, state
from crashgate.clock import Clock, timestamp
from crashgate.storage.log_claim import kept_heads
from crashgate.storage.log_draft import draft
from crashgate.storage.log_failure import cannot_store, damaged
from crashgate.storage.log_keys import Ed25519Signer, load_signer
from crashgate.storage.log_schema import KEEP, LET_GO, acknowledged_in
from crashgate.storage.log_store import LARGEST_BATCH, LogStore
from crashgate.storage.log_verify import check
from crashgate.storage.system import system_user

_ACKNOWLEDGEMENTS = "SELECT chain, seq, body FROM records WHERE kind = ? ORDER BY seq"
_LOSS = "SELECT 1 FROM records WHERE chain = ? AND seq <= ? AND kind = ?"
_AT_A_TIME = 1_000
"""Rows in one transaction; between two of them other writers have their turn."""


def plan(database: sqlite3.Connection, folder: Path, *, before: str) -> tuple[Cut, ...]:
    """What would be taken out of each chain, also of those that only keep an earlier start."""
    kept, needed = kept_heads(folder), _needed(database)
    chains = database.execute("SELECT chain, min(seq), max(seq) FROM records GROUP BY chain ORDER BY chain").fetchall()
    cuts = (
        _cut(
            database,
            chain,
            first,
            min(last, kept[chain].seq if chain in kept else last, needed.get(chain, last)),
            before,
        )
        for chain, first, last in chains
    )
    return tuple(cut for cut in cuts if cut is not None)


def _needed(database: sqlite3.Connection) -> Mapping[str, int]:
    """By chain, the first acknowledgement of a loss that is still in the log: it goes after the loss, never before."""
    needed: dict[str, int] = {}
    for chain, seq, body in database.execute(_ACKNOWLEDGEMENTS, (AcknowledgementRecord.KIND,)):
        record = acknowledged_in(body)
        loss = record and database.execute(_LOSS, (record.chain, record.seq, HeadLossRecord.KIND)).fetchone()
        if loss is not None:
            needed.setdefault(chain, seq)
    return needed


def _cut(database: sqlite3.Connection, chain: str, first: int, last: int, before: str) -> Cut | None:
    young = database.execute("SELECT min(seq) FROM records WHERE chain = ? AND at >= ?", (chain, before)).fetchone()[0]
    seq = max(min(last, young if young is not None else last) - 1, first - 1)
    if seq < 1:
        return None
    at_cut = database.execute("SELECT hash FROM records WHERE chain = ? AND seq = ?", (chain, seq)).fetchone()
    follows = database.execute("SELECT previous FROM records WHERE chain = ? AND seq = ?", (chain, seq + 1)).fetchone()
    hash_ = at_cut[0] if at_cut is not None else follows[0]
    return Cut(chain=chain, seq=seq, hash=hash_, count=seq - first + 1)


def carry_out(  # noqa: PLR0913 - who, when and what
    folder: Path, cuts: Sequence[Cut], signer: Ed25519Signer, *, at: str, before: str, by: str, patience: float
) -> None:
    """Sign, take out, record. Raises LogUnavailableError; what was signed and not taken out goes the next time."""
    with closing(LogStore(folder, chain=None, patience=patience)) as store:
        _append(store, (_checkpoint(cut, signer, at) for cut in cuts))
        try:
            for cut in cuts:
                _take_out(store, cut)
        except (sqlite3.Error, OSError) as error:
            raise cannot_store(error, folder) from error
        _append(store, [_done([cut for cut in cuts if cut.count], at=at, before=before, by=by)])


def _append(store: LogStore, records: Iterable[Record]) -> None:
    drafts = [draft(record) for record in records]
    for start in range(0, len(drafts), LARGEST_BATCH):
        store.append(drafts[start : start + LARGEST_BATCH])
    store.settle()


def _checkpoint(cut: Cut, signer: Ed25519Signer, at: str) -> CheckpointRecord:
    text = checkpoint_text(at=at, chain=cut.chain, seq=cut.seq, hash_=cut.hash, count=cut.count)
    return CheckpointRecord(
        at=at,
        chain=cut.chain,
        seq=cut.seq,
        hash=cut.hash,
        count=cut.count,
        key=signer.public,
        signature=signer.sign(text),
        sentence=checkpoint_sentence(chain=cut.chain, seq=cut.seq, count=cut.count),
    )


def _done(cuts: Sequence[Cut], *, at: str, before: str, by: str) -> PruneRecord:
    chains, count = tuple(cut.chain for cut in cuts), sum(cut.count for cut in cuts)
    sentence = prune_sentence(by=by, before=before, count=count, chains=chains)
    return PruneRecord(at=at, by=by, before=before, count=count, chains=chains, sentence=sentence)


def _take_out(store: LogStore, cut: Cut) -> None:
    for upto in range(cut.seq - cut.count + _AT_A_TIME, cut.seq + _AT_A_TIME, _AT_A_TIME):
        with store.exclusively() as database:
            database.execute("PRAGMA secure_delete = ON")  # what is taken out is not left lying in free pages
            rows = (cut.chain, min(upto, cut.seq))
            old = "SELECT position FROM records WHERE chain = ? AND seq <= ?"
            database.execute(f"DELETE FROM found WHERE position IN ({old})", rows)  # noqa: S608 - no value in it
            database.execute(LET_GO)
            database.execute("DELETE FROM records WHERE chain = ? AND seq <= ?", rows)
            database.execute(KEEP)


_PATIENCE = 5.0
_HEADS = "SELECT chain, max(seq), hash FROM records GROUP BY chain"


class SqliteLogKeeper:
    """A ``LogKeeper`` over the database in a folder."""

    def __init__(
        self, folder: Path, read: Callable[[], AbstractContextManager[sqlite3.Connection]], clock: Clock
    ) -> None:
        """``read`` opens the database for reading, or says why not."""
        self._folder = folder
        self._read = read
        self._clock = clock

    def public_key(self) -> str:
        """The public key of the checkpoints, made where there is none. Raises LogUnavailableError."""
        return load_signer(self._folder).public

    def statement(self) -> Statement:
        """Where all chains end now, signed. Raises LogUnavailableError and CrashgateError ``log_damaged``."""
        with self._read() as database:
            self._refuse_unsound(database)
            heads = {chain: Head(seq=seq, hash=hash_) for chain, seq, hash_ in database.execute(_HEADS)}
        return state(timestamp(self._clock.now()), heads, load_signer(self._folder))

    def prune(self, before: str, *, dry_run: bool = False) -> tuple[Cut, ...]:
        """Take out what is older than ``before``; what was, or would be, taken out of each chain."""
        with self._read() as database:
            self._refuse_unsound(database)
            cuts = plan(database, self._folder, before=before)
        if not dry_run and any(cut.count for cut in cuts):
            now, signer = timestamp(self._clock.now()), load_signer(self._folder)
            carry_out(self._folder, cuts, signer, at=now, before=before, by=system_user(), patience=_PATIENCE)
        return tuple(cut for cut in cuts if cut.count)

    def acknowledge(self) -> tuple[AcknowledgementRecord, ...]:
        """Record that the operator knows of every head that is missing, or was; what was recorded."""
        missing = [verdict for verdict in self._lost() if not verdict.end_checked]
        for verdict in missing:
            LogStore(self._folder, chain=verdict.chain, patience=_PATIENCE).close()  # it records the loss
        at, by = timestamp(self._clock.now()), system_user()
        records = tuple(_acknowledgement(verdict, at=at, by=by) for verdict in self._lost())
        if records:
            with closing(LogStore(self._folder, chain=None, patience=_PATIENCE)) as store:
                store.append([draft(record) for record in records])
                store.settle()
        return records

    def _lost(self) -> list[Verdict]:
        with self._read() as database:
            return [verdict for verdict in check(database, self._folder) if verdict.fault is Fault.HEAD]

    def _refuse_unsound(self, database: sqlite3.Connection) -> None:
        for verdict in check(database, self._folder):
            if not verdict.sound:
                raise damaged(f"The chain {verdict.chain} is not sound: {verdict.why}.", self._folder)


def _acknowledgement(verdict: Verdict, *, at: str, by: str) -> AcknowledgementRecord:
    seq = verdict.seq or 1
    sentence = acknowledgement_sentence(by=by, chain=verdict.chain, seq=seq)
    return AcknowledgementRecord(at=at, by=by, chain=verdict.chain, seq=seq, sentence=sentence)
