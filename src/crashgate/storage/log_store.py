"""One claimed chain in the database. Rule: a batch is one transaction, so it is stored as a whole or not at all.

What ``append`` has stored is with the operating system: the death of this process loses none of it. A power cut loses
what was stored after the last ``settle``, always the end of the chain. The kept head never names a record that is not
on the disk.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Generator, Sequence
from pathlib import Path

from crashgate.audit.chain import Head, Row, genesis, link
from crashgate.audit.head_loss import HeadLossRecord, loss_sentence
from crashgate.audit.search import as_columns
from crashgate.clock import timestamp
from crashgate.errors import LogUnavailableError
from crashgate.storage.log_ahead import make_room
from crashgate.storage.log_claim import Claim
from crashgate.storage.log_draft import Draft
from crashgate.storage.log_draft import draft as drafted
from crashgate.storage.log_failure import cannot_open, cannot_store
from crashgate.storage.log_files import LogFiles
from crashgate.storage.log_schema import Waits, connect_to_write, find, insert, to_values
from crashgate.storage.sqlite import reason, transaction
from crashgate.storage.system import SystemClock

LARGEST_BATCH = 64
"""Rows in one commit: bounded by SQLite's limit of parameters in older builds (999)."""

MOST_UNFOLDED = 200
"""Records in the write-ahead log before it is time to fold it into the database."""

_MOST_CHAINS = 1_000
_FULLY = getattr(fcntl, "F_FULLFSYNC", None)
"""macOS: its fsync alone does not reach the platter."""


class LogStore:
    """Writes one chain; used by one thread at a time, but one may settle while another appends.

    ``passed_over`` names chains that were free but are damaged at their end: they are left as they are, as evidence.
    """

    def __init__(self, folder: Path, *, chain: str | None, patience: float) -> None:
        """Claim ``chain``, or the first free one of main, main-2, main-3 and so on.

        Raises LogUnavailableError when the log cannot be opened or the named chain is claimed or damaged.
        """
        self._patience = patience
        self._unfolded = 0
        self._doubtful = False
        self._restarts = True
        self._log: int | None = None
        self._unsettled: Head | None = None
        self.passed_over: tuple[str, ...] = ()
        self.lost_head: Head | None = None
        """Where the chain ended when it had records and no head; that is stored before anything else."""
        self.folder = folder
        self._files = LogFiles(folder)
        with contextlib.ExitStack() as undo:
            undo.callback(self._files.close)
            try:
                with self._files.turn(patience):
                    self._database = connect_to_write(self._files.database, patience)
                    undo.callback(self._database.close)
                    self._waits = Waits(self._database, patience)
                    self._claim = self._claim_one(chain)
                    make_room(self._log_path)
            except (sqlite3.Error, OSError) as error:
                raise cannot_open(reason(error), folder) from error
            undo.pop_all()
        self._head: Head | None = None
        try:
            self._record_loss()
        except BaseException:
            self.close()
            raise

    @property
    def chain(self) -> str:
        """The chain that this store writes."""
        return self._claim.chain

    def append(self, drafts: Sequence[Draft]) -> list[Row]:
        """Store the drafts, at most ``LARGEST_BATCH``, in one commit.

        Raises LogUnavailableError when they cannot be stored; then none is, and the next call may succeed.
        """
        try:
            self._clear_doubt()
            rows = self._commit(drafts, patience=self._patience)
        except (sqlite3.Error, OSError) as error:
            raise cannot_store(error, self.folder) from error
        self._restarts = False
        return rows

    def append_at_once(self, draft: Draft) -> Row | None:
        """Store the draft without waiting for anything, or None where that is not possible now: nothing is stored then.

        Raises LogUnavailableError when it cannot be stored at all.
        """
        if self._head is None or self._restarts or self._doubtful:  # these wait for the disk
            return None
        try:
            return self._commit([draft], patience=0)[0]
        except TimeoutError:
            return None
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return None
            raise cannot_store(error, self.folder) from error
        except (sqlite3.Error, OSError) as error:
            raise cannot_store(error, self.folder) from error

    def settle(self) -> None:
        """Wait until all that was stored is on the disk, and keep the head. One caller at a time.

        Raises LogUnavailableError, and may be asked again.
        """
        head, self._unsettled = self._unsettled, None
        if head is None:
            return
        try:
            self._sync()
        except OSError as error:
            self._doubtful = True
            if self._unsettled is None:  # a newer one may be there by now
                self._unsettled = head
            raise cannot_store(error, self.folder) from error
        with contextlib.suppress(OSError):  # the records are durable; only the check of the chain's end lags behind
            self._claim.keep(head)

    @property
    def is_long(self) -> bool:
        """True when it is time to fold the write-ahead log."""
        return self._unfolded >= MOST_UNFOLDED

    def fold(self) -> None:
        """Move the write-ahead log into the database. Where that fails, all stays where it is."""
        with contextlib.suppress(sqlite3.Error, OSError):
            self._fold()

    @contextlib.contextmanager
    def exclusively(self) -> Generator[sqlite3.Connection]:
        """The database in one transaction of its own, durable at its end. Raises sqlite3.Error and OSError."""
        self._files.check_still_there()
        with self._files.turn(self._patience):
            self._waits.change(disk=True, lock=self._patience)
            with transaction(self._database):
                yield self._database

    def close(self) -> None:
        """Close the database and let another process have the chain."""
        with contextlib.suppress(LogUnavailableError):
            self.settle()
        if self._log is not None:
            os.close(self._log)
        self._database.close()
        self._claim.release()
        self._files.close()

    @property
    def _log_path(self) -> Path:
        return Path(f"{self._files.database}-wal")

    def _sync(self) -> None:
        if self._log is None:
            self._log = os.open(self._log_path, os.O_RDONLY | os.O_NOFOLLOW)
        if _FULLY is None:
            os.fdatasync(self._log)
        else:
            fcntl.fcntl(self._log, _FULLY)

    def _fold(self) -> bool:
        """True when all of the write-ahead log is in the database now, and on the disk."""
        self._unfolded = 0
        with self._files.turn(self._patience):
            self._waits.change(disk=True, lock=self._patience)
            self._restarts = True
            busy, stored, folded = self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return not busy and stored == folded

    def _clear_doubt(self) -> None:
        """After a failed sync, fold, or store nothing: what SQLite finds damaged in its log ends it, and all after it.

        The system tells of a failed write once and then takes the page for written
        (https://wiki.postgresql.org/wiki/Fsync_Errors); what it holds of it is still right, and folding writes that.
        """
        if self._doubtful and not self._fold():
            raise TimeoutError
        self._doubtful = False

    def _commit(self, drafts: Sequence[Draft], *, patience: float) -> list[Row]:
        rows = self._linked(drafts, self._head or self._stored_head(self._claim.chain))
        self._head = None  # if this fails, the database knows best where the chain ends
        self._files.check_still_there()
        with self._files.turn(patience):
            self._waits.change(disk=False, lock=patience)
            self._put_in(rows, drafts)
        self._head = self._unsettled = Head(seq=rows[-1].seq, hash=rows[-1].hash)
        self._unfolded += len(rows)
        return rows

    def _put_in(self, rows: Sequence[Row], drafts: Sequence[Draft]) -> None:
        values = [value for row in rows for value in to_values(row)]
        if all(draft.keys is None for draft in drafts):
            self._database.execute(insert(len(rows)), values)
            return
        with transaction(self._database):
            last = self._database.execute(insert(len(rows)), values).lastrowid or 0
            places = enumerate(drafts, start=last - len(drafts) + 1)
            found = [(place, *as_columns(draft.keys)) for place, draft in places if draft.keys is not None]
            self._database.execute(find(len(found)), [value for columns in found for value in columns])

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
            stored = self._stored_head(claim.chain)
            if kept is None and stored.seq > 0:
                self.lost_head = stored
            else:
                claim.keep(stored)
                claim.sync()
            return True
        at_head = self._database.execute(
            "SELECT hash FROM records WHERE chain = ? AND seq = ?", (claim.chain, kept.seq)
        ).fetchone()
        return at_head is not None and at_head[0] == kept.hash

    def _record_loss(self) -> None:
        """Store a loss before a head is kept again, so that it cannot be forgotten in between."""
        last = self.lost_head
        if last is None:
            return
        at, sentence = timestamp(SystemClock().now()), loss_sentence(chain=self.chain, seq=last.seq)
        loss = HeadLossRecord(at=at, chain=self.chain, seq=last.seq, hash=last.hash, sentence=sentence)
        self.append([drafted(loss)])
        self.settle()
        with contextlib.suppress(OSError):  # without it a power cut looks like another loss
            self._claim.sync()

    def _stored_head(self, chain: str) -> Head:
        last = self._database.execute(
            "SELECT seq, hash FROM records WHERE chain = ? ORDER BY seq DESC LIMIT 1", (chain,)
        ).fetchone()
        return genesis(chain) if last is None else Head(seq=last[0], hash=last[1])
