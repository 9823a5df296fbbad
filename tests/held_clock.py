"""Time for tests. Rule: it moves when a test says so, and the two readings move together."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


class HeldClock:
    """Stands still until ``passed`` is set; with ``step`` it goes on by itself with every question."""

    def __init__(self, now: datetime = NOW, *, step: float = 0.0) -> None:
        self._now = now
        self._step = step
        self.passed = 0.0
        """Seconds since the start."""

    def now(self) -> datetime:
        return self._now + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        self.passed += self._step
        return 6_000.0 + self.passed
