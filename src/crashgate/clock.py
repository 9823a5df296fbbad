"""Time as a port. Rule: nothing below the adapters asks the machine what time it is."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes from; tests hold one of their own."""

    def now(self) -> datetime:
        """The wall clock, with zone UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, for durations and deadlines."""
        ...


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: ``2026-11-20T17:18:16.123Z``."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
