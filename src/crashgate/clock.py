"""Time as a port. Only the wiring and the command line ask the machine; everything else is given a ``Clock``."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes from; tests hold one of their own."""

    def now(self) -> datetime:
        """The wall clock, with zone UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, for durations and deadlines."""
        ...


class SystemClock:
    """The ``Clock`` of everything that is not a test."""

    def now(self) -> datetime:
        """The wall clock, with zone UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: ``2026-11-20T17:18:16.123Z``."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
