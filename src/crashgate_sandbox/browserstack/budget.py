"""How many requests an organisation may make in a minute. Rule: N points let N-1 requests through, as upstream.

The window begins with its first request. Headers are on the 429 alone; ``X-RateLimit-Reset`` is a JavaScript date.
Source: docs/upstreams/browserstack.md#rate-limits.
"""

import math
from datetime import datetime, timedelta

from crashgate.clock import Clock, timestamp
from crashgate_sandbox.browserstack.errors import RefusedError
from crashgate_sandbox.browserstack.manners import TooManyForm

_SECONDS = 60.0
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ADVICE = " Use GET /api/public/v2/observations?fromStartTime=<from>&toStartTime=<to> for high-volume reads."


class Meter:
    """Counts the requests of one running window. ``limit`` None counts nothing."""

    def __init__(self, limit: int | None, clock: Clock, form: TooManyForm) -> None:
        self._limit = limit
        self._clock = clock
        self._form = form
        self._ends = -math.inf
        self._used = 0

    def take(self, route: str, *, reading: bool) -> None:
        """Count one request on ``route`` (method and path). Raises RefusedError (429) when nothing is left."""
        if self._limit is None:
            return
        moment = self._clock.monotonic()
        if moment >= self._ends:
            self._ends, self._used = moment + _SECONDS, 0
        self._used += 1
        remaining = self._limit - self._used
        if remaining >= 1:
            return
        left = self._ends - moment
        reset = self._clock.now() + timedelta(seconds=left)
        headers = {
            "Retry-After": str(math.ceil(left)),
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": _javascript(reset),
        }
        if self._form is TooManyForm.TEXT:
            raise RefusedError(429, "429 - rate limit exceeded", headers)
        details = {
            "retryAfterSeconds": math.ceil(left),
            "limit": self._limit,
            "remaining": remaining,
            "resetAt": timestamp(reset),
        }
        message = f"Rate limit exceeded for {route}.{_ADVICE if reading else ''}"
        raise RefusedError(429, {"message": message, "code": "rate_limited", "details": details}, headers)

    def reset(self) -> None:
        """Start a new window."""
        self._ends = -math.inf


def _javascript(moment: datetime) -> str:
    """``Fri Nov 20 2026 15:31:00 GMT+0000 (Coordinated Universal Time)``, in no machine's own language."""
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {month} {moment:%d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)"
