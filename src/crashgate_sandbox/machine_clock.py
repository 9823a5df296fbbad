"""The machine's own time. Rule: the only place in the sandbox that asks for it."""

import time
from datetime import UTC, datetime


class MachineClock:
    """What ``crashgate.clock.Clock`` asks for, from the machine."""

    def now(self) -> datetime:
        """The wall clock, with zone UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()
