"""The machine's clock. Rule: always UTC."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The ``Clock`` of everything that is not a test."""

    def now(self) -> datetime:
        """The wall clock, with zone UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()
