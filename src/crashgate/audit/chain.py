"""The hash chain that makes a change to the log show, and the fingerprint of a call's arguments.

A hash covers every other column of its row. Each chain has one writer and counts its records from 1. The chain alone
shows a record that was changed, removed, moved or inserted. A cut-off end shows only against a ``Head`` kept in another
place. Whoever can rewrite both the store and that place can still deceive it, but not an auditor who holds a signed
``Statement``. A chain may start later where a signed checkpoint says so: its hash vouches for everything before it.

The fingerprint is keyed, so that nobody can guess a short value from the log. It covers all arguments, before anything
is left out or redacted, and which page of a list was asked for: two calls with equal arguments for one page have equal
fingerprints, and without the key the log reveals no value that it does not show (THREATS row 29).
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256
from typing import NamedTuple

KEY_BYTES = 32
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def arguments_digest(arguments: Mapping[str, object], key: bytes) -> str:
    """HMAC-SHA256 of the arguments as canonical JSON, in hexadecimal.

    Raises ValueError for a key of another length than ``KEY_BYTES``, TypeError for what JSON cannot hold.
    """
    # check: a digest is keyed
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key for argument digests has {KEY_BYTES} bytes")
    canonical = _ENCODER.encode(dict(arguments))
    # check: a digest depends on the key
    return hmac.digest(key, canonical.encode("ascii"), "sha256").hex()


_NAME = "crashgate decision log 1"
"""Goes into every hash, so that one from elsewhere never fits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The last record of a chain; ``seq`` 0 and the genesis hash before the first."""

    seq: int
    hash: str


class Row(NamedTuple):
    """A record as the store holds it: ``body`` is its canonical JSON, the rest is for finding it.

    ``call`` is empty for a record that is not of a call, ``agent`` for an outcome and where there is none. A tuple, in
    the order of the store's columns, because checking a log makes one for each record.
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
    FORGED = "forged"
    """A checkpoint that the log's own key did not sign."""
    HEAD = "head"
    """No head is kept beside the records, or none was, and no operator has acknowledged it."""
    KEYS = "keys"
    """The keys that the search goes by do not agree with the record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What checking one chain showed.

    ``good`` counts the sound records from the start. ``seq`` is the first bad record and ``why`` says in words what
    is wrong with it; both empty without a fault. ``end_checked`` is false where no head was kept to hold the end
    against. ``pruned`` is how many records a signed checkpoint says were taken out before the first. ``unproved`` is
    true where an auditor's statement names a record that was pruned since, so that it shows nothing of this chain.
    """

    chain: str
    good: int
    head: Head
    fault: Fault | None = None
    seq: int | None = None
    why: str = ""
    end_checked: bool = True
    pruned: int = 0
    unproved: bool = False

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


def verify(
    rows: Iterable[Row],
    heads: Mapping[str, Head],
    *,
    starts: Mapping[str, Head] | None = None,
    stated: Mapping[str, Head] | None = None,
) -> tuple[Verdict, ...]:
    """Check all chains in one pass, rows in the order in which they were stored.

    ``heads`` are the kept heads by chain name, ``starts`` the records that valid checkpoints name as the last before
    the start, ``stated`` the heads of an auditor's statement. One verdict for each chain that has a row or one of
    these, by name.
    """
    starts, stated = starts or {}, stated or {}
    walks: dict[str, _Walk] = {}

    def walk(chain: str) -> _Walk:
        if chain not in walks:
            walks[chain] = _Walk(chain, heads.get(chain), starts.get(chain), stated.get(chain))
        return walks[chain]

    for row in rows:
        walk(row.chain).step(row)
    for chain in heads.keys() | starts.keys() | stated.keys():
        walk(chain)
    return tuple(walks[chain].verdict() for chain in sorted(walks))


class _Walk:
    """The check of one chain while it runs; it stops at the first fault."""

    def __init__(self, chain: str, kept: Head | None, start: Head | None, stated: Head | None) -> None:
        self._chain = chain
        self._kept = kept
        self._start = start
        self._stated = stated
        self._pins = tuple(pin for pin in (kept, start, stated) if pin is not None)
        self._first = 1
        self._begun = False
        self._seq, self._hash = 0, genesis(chain).hash
        self._fault: tuple[Fault, int, str] | None = None

    def step(self, row: Row) -> None:
        if self._fault is not None:
            return
        if not self._begun:
            self._begin(row)
        self._fault = self._fault_of(row)
        if self._fault is None:
            self._seq, self._hash = row.seq, row.hash

    def _begin(self, row: Row) -> None:
        """A chain may start where a checkpoint lets it, whose hash vouches for all that stands before it."""
        self._begun = True
        latest = (
            self._start.seq + 1  # check[huge]: a checkpoint lets a chain start so late and no later
            if self._start is not None
            # check[huge]: only a checkpoint lets a chain start later
            else 1
        )
        if not 1 < row.seq <= latest:
            return
        self._first = row.seq
        known = self._start if row.seq == latest else None
        self._seq, self._hash = (known.seq, known.hash) if known else (row.seq - 1, row.previous)

    def verdict(self) -> Verdict:
        if not self._begun and self._start is not None:
            self._first, self._seq, self._hash = self._start.seq + 1, self._start.seq, self._start.hash
        fault, seq, why = self._fault or self._fault_of_the_end() or (None, None, "")
        pruned = self._first - 1
        return Verdict(
            chain=self._chain,
            good=self._seq - pruned,
            head=Head(seq=self._seq, hash=self._hash),
            fault=fault,
            seq=seq,
            why=why,
            end_checked=self._kept is not None,
            pruned=pruned,
            unproved=self._stated is not None and self._stated.seq < pruned,
        )

    def _fault_of(self, row: Row) -> tuple[Fault, int, str] | None:
        due = self._seq + 1
        # check: a missing record is found
        if row.seq > due:
            return Fault.MISSING, due, f"record {due} is missing: after {due - 1} comes {row.seq}"
        # check: a moved record is found
        if row.seq < due:
            return Fault.OUT_OF_ORDER, row.seq, f"record {row.seq} is where record {due} should be"
        return self._fault_in_place(row, due)

    def _fault_in_place(self, row: Row, due: int) -> tuple[Fault, int, str] | None:
        # check: a record names the one before it
        if row.previous != self._hash:
            if due == 1:
                return Fault.GENESIS, due, "the first record does not start from the beginning of this chain"
            return Fault.BROKEN_LINK, due, f"record {due} does not follow record {due - 1}: one of them was replaced"
        # check: a changed record is found
        if row.hash != _link_of(row):
            return Fault.ALTERED, due, f"record {due} was changed after it was stored"
        # check: a chain that was written anew is found
        if any(pin.seq == due and pin.hash != row.hash for pin in self._pins):
            return Fault.REPLACED, due, f"record {due} is not the one that was stored: the chain was rewritten"
        return None

    def _fault_of_the_end(self) -> tuple[Fault, int, str] | None:
        last = self._seq
        known = max((pin.seq for pin in self._pins), default=0)
        # check: a cut end is found
        if known > last:
            return Fault.TRUNCATED, last + 1, f"the chain ends at {last}, but {known} records were stored"
        pruned = self._start is not None and self._stated is not None and self._start.seq == self._stated.seq
        if pruned and self._start != self._stated:
            return Fault.REPLACED, last, "the record that was stated and pruned is not the one that was stored"
        return None


def _link_of(row: Row) -> str:
    chain, seq, at, kind, call, agent, body, previous, _ = row
    return _hash("record", previous, chain, str(seq), at, kind, call, agent, body)


def _hash(*parts: str) -> str:
    """Each part goes in with its length, so that no two lists of parts look alike."""
    joined = "".join(
        [
            f"{len(part)}:"  # check: the parts of a hash have their lengths
            + part
            for part in (_NAME, *parts)
        ]
    )
    return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
