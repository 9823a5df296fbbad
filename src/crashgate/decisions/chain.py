"""The hash chain that makes a change to the log show. Rule: a hash covers every other column of its row.

Each chain has one writer and counts its records from 1. The chain alone shows a record that was changed, left out,
moved or put in. That the end was cut off shows only against a ``Head`` kept in another place; whoever can rewrite
both the store and that place can still deceive it, until checkpoints are signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256

_NAME = "crashgate decision log 1"
"""Goes into every hash, so that one from elsewhere never fits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The last record of a chain; ``seq`` 0 and the genesis hash before the first."""

    seq: int
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A record as the store holds it: ``body`` is its canonical JSON, the rest is for finding it.

    ``agent`` is empty for an outcome.
    """

    chain: str
    seq: int
    at: str
    kind: str
    call: str
    agent: str
    body: str
    previous: str
    hash: str


@unique
class Fault(StrEnum):
    """Why a chain is not sound."""

    GENESIS = "genesis"
    """The first record does not start from the genesis of its chain."""
    MISSING = "missing"
    OUT_OF_ORDER = "out_of_order"
    BROKEN_LINK = "broken_link"
    """A record does not name the hash of the one before it."""
    ALTERED = "altered"
    """The hash of a record does not fit what it holds."""
    REPLACED = "replaced"
    """The chain fits together but is not the one whose head was kept."""
    TRUNCATED = "truncated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What checking one chain showed.

    ``good`` counts the sound records from the start. ``seq`` is the first bad record and ``why`` says in words what
    is wrong with it; both empty without a fault. ``end_checked`` is false where no head was kept to hold the end
    against.
    """

    chain: str
    good: int
    head: Head
    fault: Fault | None = None
    seq: int | None = None
    why: str = ""
    end_checked: bool = True

    @property
    def sound(self) -> bool:
        """True when no fault was found."""
        return self.fault is None


def genesis(chain: str) -> Head:
    """The head of a chain that has no record yet."""
    return Head(seq=0, hash=_hash("genesis", chain))


def link(  # noqa: PLR0913 - the parts of one row
    previous: str, *, chain: str, seq: int, at: str, kind: str, call: str, agent: str, body: str
) -> str:
    """The hash of a record that follows ``previous``: SHA-256 over all parts with their lengths, in hexadecimal."""
    return _hash("record", previous, chain, str(seq), at, kind, call, agent, body)


def verify(rows: Iterable[Row], heads: Mapping[str, Head]) -> tuple[Verdict, ...]:
    """Check all chains in one pass, rows in the order in which they were stored.

    ``heads`` are the kept heads by chain name. One verdict for each chain that has a row or a head, by name.
    """
    walks: dict[str, _Walk] = {}
    for row in rows:
        if row.chain not in walks:
            walks[row.chain] = _Walk(row.chain, heads.get(row.chain))
        walks[row.chain].step(row)
    for chain in heads.keys() - walks.keys():
        walks[chain] = _Walk(chain, heads[chain])
    return tuple(walks[chain].verdict() for chain in sorted(walks))


class _Walk:
    """The check of one chain while it runs; it stops at the first fault."""

    def __init__(self, chain: str, kept: Head | None) -> None:
        self._chain = chain
        self._kept = kept
        self._head = genesis(chain)
        self._fault: tuple[Fault, int, str] | None = None

    def step(self, row: Row) -> None:
        if self._fault is not None:
            return
        self._fault = self._fault_of(row)
        if self._fault is None:
            self._head = Head(seq=row.seq, hash=row.hash)

    def verdict(self) -> Verdict:
        fault, seq, why = self._fault or self._fault_of_the_end() or (None, None, "")
        return Verdict(
            chain=self._chain,
            good=self._head.seq,
            head=self._head,
            fault=fault,
            seq=seq,
            why=why,
            end_checked=self._kept is not None,
        )

    def _fault_of(self, row: Row) -> tuple[Fault, int, str] | None:
        due = self._head.seq + 1
        if row.seq > due:
            return Fault.MISSING, due, f"record {due} is missing: after {due - 1} comes {row.seq}"
        if row.seq < due:
            return Fault.OUT_OF_ORDER, row.seq, f"record {row.seq} stands where {due} belongs"
        return self._fault_in_place(row, due)

    def _fault_in_place(self, row: Row, due: int) -> tuple[Fault, int, str] | None:
        if row.previous != self._head.hash:
            if due == 1:
                return Fault.GENESIS, due, "the first record does not start from the beginning of this chain"
            return Fault.BROKEN_LINK, due, f"record {due} does not follow record {due - 1}: one of them was replaced"
        if row.hash != _link_of(row):
            return Fault.ALTERED, due, f"record {due} was changed after it was stored"
        if self._kept is not None and self._kept.seq == due and self._kept.hash != row.hash:
            return Fault.REPLACED, due, f"record {due} is not the one that was stored: the chain was written anew"
        return None

    def _fault_of_the_end(self) -> tuple[Fault, int, str] | None:
        last = self._head.seq
        if self._kept is None or self._kept.seq <= last:
            return None
        return Fault.TRUNCATED, last + 1, f"the chain ends at {last}, but {self._kept.seq} records were stored"


def _link_of(row: Row) -> str:
    return link(
        row.previous,
        chain=row.chain,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        call=row.call,
        agent=row.agent,
        body=row.body,
    )


def _hash(*parts: str) -> str:
    """Each part goes in with its length, so that no two lists of parts look alike."""
    joined = "".join(f"{len(part)}:{part}" for part in (_NAME, *parts))
    return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
