"""How many requests a token may make in a minute. Rule: one window a minute for each token and class of endpoints.

Seen live in 2026: 30 a minute on projects, 100 a minute on organizations (docs/upstreams/bugsnag.md#rate-limits).
"""

import math
from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate.clock import Clock
from crashgate_sandbox.bugsnag.answers import RefusedError


@unique
class EndpointClass(StrEnum):
    """Endpoints that share a budget."""

    ORGANIZATIONS = "organizations"
    PROJECTS = "projects"

    @classmethod
    def of(cls, path: str) -> "EndpointClass":
        """The class of a route's path."""
        return cls.ORGANIZATIONS if path.startswith(("/user/", "/organizations/")) else cls.PROJECTS


@dataclass(frozen=True, kw_only=True, slots=True)
class Budgets:
    """Requests a window of ``seconds`` for each class; None means no limit and no headers."""

    organizations: int | None = 100
    projects: int | None = 30
    seconds: float = 60.0

    def limit(self, endpoints: EndpointClass) -> int | None:
        """The limit of a class."""
        return self.organizations if endpoints is EndpointClass.ORGANIZATIONS else self.projects


UNLIMITED = Budgets(organizations=None, projects=None)


class Meter:
    """Counts the requests of the running windows."""

    def __init__(self, budgets: Budgets, clock: Clock) -> None:
        self.budgets = budgets
        self._clock = clock
        self._used: dict[tuple[str, EndpointClass], tuple[int, int]] = {}

    def take(self, token: str, endpoints: EndpointClass) -> dict[str, str]:
        """Count one request and give the answer's headers; 429 when nothing is left in the window."""
        limit = self.budgets.limit(endpoints)
        if limit is None:
            return {}
        window, into = divmod(self._clock.monotonic(), self.budgets.seconds)
        started, used = self._used.get((token, endpoints), (int(window), 0))
        used = used + 1 if started == int(window) else 1
        self._used[token, endpoints] = (int(window), used)
        if used > limit:
            wait = max(1, math.ceil(self.budgets.seconds - into))
            headers = {"X-RateLimit-Limit": str(limit), "Retry-After": str(wait)}
            raise RefusedError(429, "API rate limit exceeded", headers=headers)
        return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(limit - used)}

    def reset(self) -> None:
        """Start all windows again."""
        self._used.clear()
