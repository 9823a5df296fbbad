"""Writes one chain of the log: claims it, links each record to the one before, and notices a lost head."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from crashgate.audit.canonical import encode
from crashgate.audit.chain import Head, Row, genesis, link
from crashgate.audit.checkpoint import HeadLossRecord, loss_sentence
from crashgate.audit.port import RowStore, RowWriter, cannot_open
from crashgate.audit.record import Record, agent_of, call_of
from crashgate.audit.search import Keys, keys_of
from crashgate.clock import Clock, timestamp
from crashgate.errors import LogUnavailableError

LARGEST_BATCH = 64
"""Rows that are stored together at most."""

_MOST_CHAINS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A record that is encoded but has no place in a chain yet."""

    at: str
    kind: str
    call: str
    agent: str
    body: str
    keys: Keys | None


def draft(record: Record) -> Draft:
    """Encode the record, so that one that cannot be encoded fails before it can hold up others.

    Raises TypeError, ValueError or RecursionError.
    """
    return Draft(
        at=record.at,
        kind=record.KIND,
        call=call_of(record),
        agent=agent_of(record),
        body=encode(record),
        keys=keys_of(record),
    )


class ChainWriter:
    """The one writer of a chain. Used by one thread at a time, but one may settle while another appends."""

    def __init__(self, store: RowStore, clock: Clock, *, chain: str | None, patience: float) -> None:
        """Claim ``chain``, or the first free one of main, main-2, main-3 and so on.

        Raises LogUnavailableError when the log cannot be opened, or when the named chain is claimed or damaged.
        """
        self.place = store.place
        self.passed_over: tuple[str, ...] = ()
        """Free chains whose stored end is not the kept head: left as they are, as evidence."""
        self.lost_head: Head | None = None
        """Where the chain ended when it had records and no head; that is recorded before anything else."""
        self._head: Head | None = None
        """The end of the chain, or None when only the store knows it."""
        self.writer: RowWriter = store.write(patience)
        try:
            self.chain = self._claim_one(chain)
            self._record_loss(timestamp(clock.now()))
        except BaseException:
            self.writer.close()
            raise

    def append(self, drafts: Sequence[Draft]) -> list[Row]:
        """Store the drafts, at most ``LARGEST_BATCH``, together.

        Raises LogUnavailableError when they cannot be stored; then none is, and the next call may succeed.
        """
        rows = self._link(drafts, self._head or self._end())
        self._head = None  # if this fails, the store knows best where the chain ends
        self.writer.append(rows, [each.keys for each in drafts])
        self._head = Head(seq=rows[-1].seq, hash=rows[-1].hash)
        return rows

    def append_at_once(self, draft: Draft) -> Row | None:
        """Store the draft without waiting for anything, or return None where that is not possible now.

        Raises LogUnavailableError when it cannot be stored at all.
        """
        head, self._head = self._head, None
        if head is None:
            return None
        (row,) = self._link([draft], head)
        if not self.writer.append_at_once(row, draft.keys):
            self._head = head
            return None
        self._head = Head(seq=row.seq, hash=row.hash)
        return row

    def append_all(self, records: Sequence[Record]) -> None:
        """Store any number of records and wait for the disk. Raises LogUnavailableError."""
        drafts = [draft(record) for record in records]
        for start in range(0, len(drafts), LARGEST_BATCH):
            self.append(drafts[start : start + LARGEST_BATCH])
        self.writer.settle()

    def close(self) -> None:
        """Give the chain and the store back."""
        self.writer.close()

    def _link(self, drafts: Sequence[Draft], head: Head) -> list[Row]:
        rows: list[Row] = []
        chain, previous = self.chain, head.hash
        for seq, each in enumerate(drafts, start=head.seq + 1):
            digest = link(
                previous,
                chain=chain,
                seq=seq,
                at=each.at,
                kind=each.kind,
                call=each.call,
                agent=each.agent,
                body=each.body,
            )
            row = Row(
                chain=chain,
                seq=seq,
                at=each.at,
                kind=each.kind,
                call=each.call,
                agent=each.agent,
                body=each.body,
                previous=previous,
                hash=digest,
            )
            rows.append(row)
            previous = digest
        return rows

    def _end(self) -> Head:
        return self.writer.end() or genesis(self.chain)

    def _claim_one(self, chain: str | None) -> str:
        names = [chain] if chain is not None else ["main", *(f"main-{n}" for n in range(2, _MOST_CHAINS))]
        for name in names:
            try:
                if not self.writer.claim(name):
                    continue
            except ValueError as error:
                raise cannot_open(f"{error}.".capitalize(), self.place, remedy="Name another chain.") from error
            if self._is_continuous(name):
                return name
            self.writer.release()
            self.passed_over += (name,)
        if self.passed_over:
            why = f"The end of {', '.join(self.passed_over)} is not the one that was stored."
            raise cannot_open(why, self.place, remedy="Keep a copy of the folder and run `crashgate log verify`.")
        raise cannot_open("Another process writes this chain.", self.place, remedy="Stop it, or name no chain.")

    def _is_continuous(self, chain: str) -> bool:
        """Whether the stored chain holds the kept head, or there is none to compare it with."""
        kept = self.writer.kept()
        if kept is not None and kept.seq > 0:
            return self.writer.hash_at(kept.seq) == kept.hash
        end = self.writer.end()
        # check: a missing head is recorded when the log is opened
        if kept is None and end is not None:
            self.lost_head = end
        else:
            self.writer.keep(end or genesis(chain))
        return True

    def _record_loss(self, at: str) -> None:
        """Record a loss before a head is kept again, so that it cannot be forgotten in between."""
        last = self.lost_head
        if last is None:
            return
        sentence = loss_sentence(chain=self.chain, seq=last.seq)
        loss = HeadLossRecord(at=at, chain=self.chain, seq=last.seq, hash=last.hash, sentence=sentence)
        self.append_all([loss])
        with contextlib.suppress(LogUnavailableError):  # without it a power cut looks like another loss
            self.writer.keep(self._end())
