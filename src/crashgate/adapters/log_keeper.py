"""What an operator does with the log as a whole: state where it ends, and prune it. Rule: never on an unsound log."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

from crashgate.adapters.log_draft import draft
from crashgate.adapters.log_failure import damaged
from crashgate.adapters.log_prune import carry_out, plan
from crashgate.adapters.log_signing import load_signer
from crashgate.adapters.log_store import LogStore
from crashgate.adapters.log_verify import check
from crashgate.adapters.system_user import system_user
from crashgate.clock import Clock, timestamp
from crashgate.decisions.chain import Fault, Head, Verdict
from crashgate.decisions.head_loss import AcknowledgementRecord, acknowledgement_sentence
from crashgate.decisions.port import Cut
from crashgate.decisions.statement import Statement, state

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
