"""One claimed chain in the database. Rule: a batch is one statement, so it is durable as a whole or not there."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crashgate.adapters.log_claim import Claim
from crashgate.adapters.log_failure import cannot_open, cannot_store, reason
from crashgate.adapters.log_files import LogFiles
from crashgate.adapters.log_schema import connect_to_write, insert, to_values
from crashgate.decisions.chain import Head, Row, genesis, link

LARGEST_BATCH = 64
"""Rows in one commit: bounded by SQLite's limit of parameters in older builds (999)."""

_MOST_CHAINS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A record that has no place in a chain yet."""

    at: str
    kind: str
    call: str
    agent: str
    body: str


class LogStore:
    """Writes one chain; used by one thread at a time.

    ``passed_over`` names chains that were free but are damaged at their end: they are left as they are, as evidence.
    """

    def __init__(self, folder: Path, *, chain: str | None, patience: float) -> None:
        """Claim ``chain``, or the first free one of main, main-2, main-3 and so on.

        Raises LogUnavailableError when the log cannot be opened or the named chain is claimed or damaged.
        """
        self._patience = patience
        self.passed_over: tuple[str, ...] = ()
        self.folder = folder
        self._files = LogFiles(folder)
        with contextlib.ExitStack() as undo:
            undo.callback(self._files.close)
            try:
                with self._files.turn(patience):
                    self._database = connect_to_write(self._files.database, patience)
                    undo.callback(self._database.close)
                    self._claim = self._claim_one(chain)
            except (sqlite3.Error, OSError) as error:
                raise cannot_open(reason(error), folder) from error
            undo.pop_all()
        self._head: Head | None = None

    @property
    def chain(self) -> str:
        """The chain that this store writes."""
        return self._claim.chain

    def append(self, drafts: Sequence[Draft]) -> list[Row]:
        """Store the drafts, at most ``LARGEST_BATCH``, in one durable commit.

        Raises LogUnavailableError when they cannot be stored; then none is, and the next call may succeed.
        """
        try:
            rows = self._linked(drafts, self._head or self._stored_head(self._claim.chain))
            self._files.check_still_there()
            with self._files.turn(self._patience):
                self._database.execute(insert(len(rows)), [value for row in rows for value in to_values(row)])
        except (sqlite3.Error, OSError) as error:
            self._head = None  # the database knows best where the chain ends now
            raise cannot_store(error, self.folder) from error
        self._head = Head(seq=rows[-1].seq, hash=rows[-1].hash)
        with contextlib.suppress(OSError):  # the records are durable; only the check of the chain's end lags behind
            self._claim.keep(self._head)
        return rows

    def close(self) -> None:
        """Close the database and let another process have the chain."""
        self._database.close()
        self._claim.release()
        self._files.close()

    def _linked(self, drafts: Sequence[Draft], head: Head) -> list[Row]:
        rows: list[Row] = []
        previous = head.hash
        for seq, draft in enumerate(drafts, start=head.seq + 1):
            parts = {"at": draft.at, "kind": draft.kind, "call": draft.call, "agent": draft.agent, "body": draft.body}
            digest = link(previous, chain=self.chain, seq=seq, **parts)
            rows.append(Row(chain=self.chain, seq=seq, **parts, previous=previous, hash=digest))
            previous = digest
        return rows

    def _claim_one(self, chain: str | None) -> Claim:
        names = [chain] if chain is not None else ["main", *(f"main-{n}" for n in range(2, _MOST_CHAINS))]
        for name in names:
            try:
                claim = Claim(self.folder, name)
            except BlockingIOError:
                continue
            except ValueError as error:
                raise cannot_open(f"{error}.".capitalize(), self.folder, remedy="Name another chain.") from error
            if self._is_continued_by(claim):
                return claim
            claim.release()
            self.passed_over += (name,)
        if self.passed_over:
            why = f"The end of {', '.join(self.passed_over)} is not the one that was stored."
            raise cannot_open(why, self.folder, remedy="Keep a copy of the folder and run `crashgate log verify`.")
        raise cannot_open("Another process writes this chain.", self.folder, remedy="Stop it, or name no chain.")

    def _is_continued_by(self, claim: Claim) -> bool:
        """True when the chain in the database holds the head that was kept, or there is none to hold it against."""
        kept = claim.head()
        if kept is None or kept.seq == 0:
            claim.keep(self._stored_head(claim.chain))
            return True
        at_head = self._database.execute(
            "SELECT hash FROM records WHERE chain = ? AND seq = ?", (claim.chain, kept.seq)
        ).fetchone()
        return at_head is not None and at_head[0] == kept.hash

    def _stored_head(self, chain: str) -> Head:
        last = self._database.execute(
            "SELECT seq, hash FROM records WHERE chain = ? ORDER BY seq DESC LIMIT 1", (chain,)
        ).fetchone()
        return genesis(chain) if last is None else Head(seq=last[0], hash=last[1])
