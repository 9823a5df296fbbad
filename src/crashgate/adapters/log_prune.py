"""Takes old records out of the log. Rule: a sound log, a signed checkpoint, then the deed, then a record of the deed.

Records go from the start of each chain only, and never the last one nor the one whose head is kept, so that every chain
goes on where it was. The processes that write meanwhile lose nothing: the checkpoints and the record stand in a chain
that is claimed for this.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from crashgate.adapters.log_claim import kept_heads
from crashgate.adapters.log_draft import draft
from crashgate.adapters.log_failure import cannot_store
from crashgate.adapters.log_schema import KEEP, LET_GO, acknowledged_in
from crashgate.adapters.log_signing import Ed25519Signer
from crashgate.adapters.log_store import LARGEST_BATCH, LogStore
from crashgate.decisions.checkpoint import (
    CheckpointRecord,
    PruneRecord,
    checkpoint_sentence,
    checkpoint_text,
    prune_sentence,
)
from crashgate.decisions.head_loss import AcknowledgementRecord, HeadLossRecord
from crashgate.decisions.port import Cut
from crashgate.decisions.record import Record

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
