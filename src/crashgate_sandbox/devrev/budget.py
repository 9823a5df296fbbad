"""How many requests a token may make in five minutes. Rule: one window for all routes; every answer tells it.

Source: docs/upstreams/devrev.md#rate-limits. The vendor publishes no number; 1000 is its example. That windows
stand still instead of sliding is a guess (G).
"""

import math
from dataclasses import dataclass

from crashgate.clock import Clock
from crashgate_sandbox.devrev.errors import RefusedError

WINDOW_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A token's place in its window. ``reset`` is in epoch seconds, ``wait`` in seconds from now."""

    limit: int
    used: int
    reset: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        return {
            "X-Ratelimit-Limit": str(self.limit),
            "X-Ratelimit-Remaining": str(max(0, self.limit - self.used)),
            "X-Ratelimit-Reset": str(self.reset),
        }

    def check(self) -> None:
        """Let the request through while the window lasts. Raises RefusedError (429)."""
        if self.used > self.limit:
            headers = {"Retry-After": str(self.wait)}
            raise RefusedError(429, "too_many_requests", "Rate limit exceeded", headers=headers, retry_after=self.wait)


class Meter:
    """Counts the requests of the running windows; ``limit`` None counts nothing."""

    def __init__(self, limit: int | None, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._used: dict[str, tuple[int, int]] = {}

    def count(self, caller: str) -> Standing | None:
        """Count one request of a caller; None where there is no limit."""
        if self._limit is None:
            return None
        window, into = divmod(self._clock.monotonic(), WINDOW_SECONDS)
        started, used = self._used.get(caller, (int(window), 0))
        used = used + 1 if started == int(window) else 1
        self._used[caller] = (int(window), used)
        left = WINDOW_SECONDS - into
        return Standing(
            limit=self._limit,
            used=used,
            reset=math.ceil(self._clock.now().timestamp() + left),
            wait=max(1, math.ceil(left)),
        )

    def reset(self) -> None:
        """Start all windows again."""
        self._used.clear()
