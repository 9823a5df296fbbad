"""The decision log as the rest of the house sees it. Rule: no decision counts before the disk has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from crashgate.audit.call import Aside, Entry
from crashgate.audit.chain import Verdict
from crashgate.audit.head_loss import AcknowledgementRecord
from crashgate.audit.record import Record, Stored
from crashgate.audit.search import Query
from crashgate.audit.statement import Statement

T = TypeVar("T", bound=Record)


class DecisionLog(Protocol):
    """Where decisions and outcomes are written."""

    async def append(self, record: T) -> Stored[T]:
        """Store the record; come back when it would survive a power cut, or, for an outcome, the death of this process.

        An outcome reaches the disk a moment later, or with the next decision. Raises LogUnavailableError when the
        record cannot be stored: then the call must not be made. A caller that is cancelled while it waits may find its
        record stored all the same.
        """
        ...

    async def aclose(self) -> None:
        """Store what was handed in so far, then refuse everything. May be called twice."""
        ...


class LogReader(Protocol):
    """Where people read them. Times are RFC 3339 in UTC with milliseconds, as in the records.

    All methods raise LogUnavailableError when there is no log to read, and CrashgateError with the code
    ``log_damaged`` for a record that cannot be read.
    """

    def records(self, *, since: str | None = None, until: str | None = None) -> Iterator[Stored[Record]]:
        """Records of all chains in the order in which they were stored, from ``since`` and before ``until``."""
        ...

    def entries(
        self, *, since: str | None = None, until: str | None = None, newest: int | None = None
    ) -> Iterator[Entry]:
        """Entries by the time of their decision, newest first; at most ``newest`` of them."""
        ...

    def told(
        self, *, since: str | None = None, until: str | None = None, newest: int | None = None
    ) -> Iterator[Entry | Aside]:
        """The same together with what is not of a call."""
        ...

    def follow(self, *, newest: int = 0) -> Iterator[Stored[Record]]:
        """The ``newest`` records there are, then each new one as it is stored; never ends by itself."""
        ...

    def history(self, *, since: str | None = None, until: str | None = None) -> Iterator[Entry | Aside]:
        """Calls with their outcomes and what is not of a call, oldest first, from ``since`` and before ``until``."""
        ...

    def search(self, query: Query) -> Iterator[Entry]:
        """Calls that fit the query, each with its outcome, newest first unless it says otherwise."""
        ...

    def verify(self, *, statement: Statement | None = None, key: str | None = None) -> tuple[Verdict, ...]:
        """Check every chain; one verdict each.

        An auditor's ``statement`` shows that the end was cut off or an older copy put back. ``key`` is the public key
        that checkpoints and statement must be signed with; without it, the one beside the log. Raises
        InvalidArgumentsError for a statement that is not.
        """
        ...

    def keeper(self) -> "LogKeeper":
        """The same log for its operator."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """The first ``seq`` records of a chain, the last of which has that hash; ``count`` of them are still there."""

    chain: str
    seq: int
    hash: str
    count: int


class LogKeeper(Protocol):
    """Where its operator keeps it. All methods raise LogUnavailableError when the log cannot be used."""

    def public_key(self) -> str:
        """The public key (Ed25519, hexadecimal) of the log's checkpoints, made where there is none."""
        ...

    def statement(self) -> Statement:
        """Where all chains end now, signed. Raises CrashgateError ``log_damaged`` for an unsound log."""
        ...

    def acknowledge(self) -> tuple[AcknowledgementRecord, ...]:
        """Record that the operator knows of every head that is missing, or was; what was recorded."""
        ...

    def prune(self, before: str, *, dry_run: bool = False) -> tuple[Cut, ...]:
        """Take out records older than ``before``, from the start of each chain; what was, or would be, taken out.

        A signed checkpoint is stored before, and a record of who did it afterwards. Raises CrashgateError
        ``log_damaged`` for an unsound log: that is evidence.
        """
        ...
