"""How many exports a key may ask for in a minute. Rule: a refused request is not counted (G).

Source: docs/upstreams/bugspulse.md#access: 60 a minute for each API key. Body and headers of the 429 are guesses (G).
"""

import math
from collections import deque

from crashgate.clock import Clock
from crashgate_sandbox.bugspulse.answers import RefusedError
from crashgate_sandbox.bugspulse.manners import Manners, Window

_SECONDS = 60.0


class Meter:
    """Counts the requests of each key's minute. ``requests_per_minute`` None counts nothing."""

    def __init__(self, requests_per_minute: int | None, *, manners: Manners, clock: Clock) -> None:
        self._most = requests_per_minute
        self._manners = manners
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}

    def take(self, key: str) -> None:
        """Count one request. Raises RefusedError 429 when the minute's requests are used up."""
        if self._most is None:
            return
        now = self._clock.monotonic()
        taken = self._taken.setdefault(key, deque())
        self._forget(taken, now)
        if len(taken) >= self._most:
            raise self._refused(now - taken[0] if taken else 0.0)
        taken.append(now)

    def reset(self) -> None:
        """Give every key its whole minute again."""
        self._taken.clear()

    def _forget(self, taken: deque[float], now: float) -> None:
        if self._manners.window is Window.SLIDING:
            while taken and now - taken[0] >= _SECONDS:
                taken.popleft()
        elif taken and now - taken[0] >= _SECONDS:
            taken.clear()

    def _refused(self, since_first: float) -> RefusedError:
        wait = max(1, math.ceil(_SECONDS - since_first))
        headers = {"Retry-After": str(wait)} if self._manners.retry_after else {}
        return RefusedError(429, "Rate limit exceeded", headers=headers)
