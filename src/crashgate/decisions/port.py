"""The decision log as the rest of the house sees it. Rule: ``append`` comes back only when the record is durable."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

from crashgate.decisions.chain import Verdict
from crashgate.decisions.entry import Entry
from crashgate.decisions.record import Record, Stored

T = TypeVar("T", bound=Record)


class DecisionLog(Protocol):
    """Where decisions and outcomes are written."""

    async def append(self, record: T) -> Stored[T]:
        """Store the record; come back when it would survive a power cut.

        Raises LogUnavailableError when it cannot be stored: then the call must not be made. A caller that is
        cancelled while it waits may find its record stored all the same.
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

    def follow(self, *, newest: int = 0) -> Iterator[Stored[Record]]:
        """The ``newest`` records there are, then each new one as it is stored; never ends by itself."""
        ...

    def verify(self) -> tuple[Verdict, ...]:
        """Check every chain; one verdict each."""
        ...
