"""What the rest of the program asks of the decision log, and what the log asks of whatever stores its rows.

The log itself (``log``, ``reader``, ``verify``, ``retention``) is written against ``RowStore`` and knows no database. A
store keeps rows and heads and decides nothing about them: it neither computes nor checks a hash, and reads no record.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from crashgate.audit.chain import Head, Row
from crashgate.audit.record import Record, Stored
from crashgate.audit.search import Columns, Keys, Query
from crashgate.audit.statement import Signer
from crashgate.errors import Code, CrashgateError, LogUnavailableError

T = TypeVar("T", bound=Record)

DISK_FULL = "The disk is full."
"""What a store says where there is no room; the remedy is another one then."""


class DecisionLog(Protocol):
    """Where decisions and outcomes are written."""

    async def append(self, record: T) -> Stored[T]:
        """Store the record. Return when a decision is on the disk; an outcome need only outlive this process.

        An outcome reaches the disk a moment later, or with the next decision. Raises LogUnavailableError when the
        record cannot be stored: then the call must not be made. The record of a caller that is cancelled while it waits
        may be stored all the same.
        """
        ...

    async def aclose(self) -> None:
        """Store what was handed in so far, then refuse everything. May be called twice."""
        ...


class Rows(Protocol):
    """The rows of all chains as they were at one moment. A row's position is its place in the order of storing.

    Every method may raise LogUnavailableError, or CrashgateError ``log_damaged`` where the store itself is broken. An
    iterator may raise them too, after some rows.
    """

    @property
    def searchable(self) -> bool:
        """False for a log that an earlier version wrote and that has no search keys yet: ``find`` finds nothing."""
        ...

    def heads(self) -> Mapping[str, Head]:
        """The kept heads by chain. Ask before anything else: a head may be newer than the rows, never the reverse."""
        ...

    def scan(  # noqa: PLR0913 - what a scan can be narrowed to
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        after: int | None = None,
        kind: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[tuple[int, Row]]:
        """Rows with their positions, in the order of storing or against it.

        ``since`` and ``until`` bound the time of the row (the end is excluded), ``after`` its position from below.
        """
        ...

    def scan_keys(self) -> Iterator[tuple[Row, Columns | None]]:
        """Every row in order, with the search keys stored for it: None throughout where the log has none yet."""
        ...

    def find(self, query: Query) -> Iterator[Row]:
        """Decisions whose keys match, by position; ``observed``, ``target`` and ``limit`` are for the caller."""
        ...

    def outcome(self, call: str) -> Row | None:
        """The outcome of a call."""
        ...

    def at(self, chain: str, seq: int) -> Row | None:
        """One row of a chain."""
        ...

    def check(self) -> None:
        """Check what only the store can see, such as its indexes. Raises CrashgateError ``log_damaged``."""
        ...


class RowWriter(Protocol):
    """The store, open for writing one chain. One thread at a time uses it, but one may settle while another appends.

    Every method may raise LogUnavailableError; then it changed nothing and may be called again.
    """

    def claim(self, chain: str) -> bool:
        """Claim the chain for as long as this process lives or until ``release``; False when another has it.

        Raises ValueError for a name that is no chain's (``fields.check_chain``).
        """
        ...

    def release(self) -> None:
        """Give up the claim."""
        ...

    def kept(self) -> Head | None:
        """The head that was kept for the claimed chain; None where there is none that can be read."""
        ...

    def keep(self, head: Head) -> None:
        """Keep this head now, durably."""
        ...

    def end(self) -> Head | None:
        """The last row of the claimed chain."""
        ...

    def hash_at(self, seq: int) -> str | None:
        """The hash of one row of the claimed chain."""
        ...

    def append(self, rows: Sequence[Row], keys: Sequence[Keys | None]) -> None:
        """Store the rows, which follow the end, each with its search keys: all of them or none.

        Afterwards they outlive this process; ``settle`` takes them to the disk.
        """
        ...

    def append_at_once(self, row: Row, keys: Keys | None) -> bool:
        """The same for one row, without waiting for a lock or the disk; False, and nothing stored, where that fails."""
        ...

    def settle(self) -> None:
        """Wait until the disk has everything that was appended, then keep the head."""
        ...

    @property
    def needs_maintenance(self) -> bool:
        """Whether ``maintain`` is due. Cheap: asked after every batch."""
        ...

    def maintain(self) -> None:
        """Housekeeping that may take a while. Never raises."""
        ...

    def cut(self, chain: str, seq: int) -> None:
        """Remove the first rows of any chain, up to ``seq``, with their keys, durably and beyond recovery."""
        ...

    def close(self) -> None:
        """Settle if that is possible, and give everything back. Never raises."""
        ...


class RowStore(Protocol):
    """Where the rows of the decision log are kept."""

    @property
    def place(self) -> str:
        """Where that is, in words for the operator."""
        ...

    def read(self) -> AbstractContextManager[Rows]:
        """The rows as they are now. Raises LogUnavailableError when there are none or they cannot be read."""
        ...

    def write(self, patience: float) -> RowWriter:
        """Open it for writing, made where it is missing; ``patience`` is how long to wait for others, in seconds.

        Raises LogUnavailableError.
        """
        ...


class SigningKeys(Protocol):
    """The key pair with which the log signs its checkpoints and statements."""

    def public_key(self) -> str | None:
        """The public key in hexadecimal, or None where there is none that can be read."""
        ...

    def signer(self) -> Signer:
        """The private key, made where there is none. Raises LogUnavailableError."""
        ...


def cannot_store(why: str, place: str) -> LogUnavailableError:
    """A record could not be stored."""
    return LogUnavailableError(
        "The decision log cannot store a record.",
        why=why,
        remedy=f"Calls are refused until it can; the operator should look at {place}.",
    )


def cannot_open(why: str, place: str, remedy: str = "") -> LogUnavailableError:
    """The log could not be opened for writing."""
    return LogUnavailableError("The decision log cannot be opened.", why=why, remedy=remedy or _remedy(why, place))


def cannot_read(why: str, place: str, remedy: str = "") -> LogUnavailableError:
    """There is no log that could be read."""
    return LogUnavailableError("The decision log cannot be read.", why=why, remedy=remedy or _remedy(why, place))


def damaged(why: str, place: str) -> CrashgateError:
    """The log can be opened, but what is in it is not what was written."""
    return CrashgateError(
        "The decision log is damaged.",
        why=why,
        remedy=f"Keep a copy of {place} as it is, and run `crashgate log verify`.",
        code=Code.LOG_DAMAGED,
    )


def _remedy(why: str, place: str) -> str:
    if why == DISK_FULL:
        return f"Make some room on the disk of {place}, and try again."
    return f"Look at {place}, or name another folder."
