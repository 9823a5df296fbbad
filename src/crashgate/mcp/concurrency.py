"""How much one agent does at once. Rule: counted by agent, over all its connections and sessions (THREATS row 23)."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.audit.attempt import Attempt
from crashgate.mcp.attempts import Attempts, Refusals, agent_of
from crashgate.mcp.body import refusal


class ConcurrencyLimit:
    """Counts what is under way for each agent; at most ``most``."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def take_slot(self, agent: str) -> Generator[bool]:
        """Whether one more may begin; while the block runs it counts."""
        # check: requests of one agent at once are bounded
        if self._under_way[agent] >= self.most:
            yield False
            return
        self._under_way[agent] += 1
        try:
            yield True
        finally:
            self._under_way[agent] -= 1
            if not self._under_way[agent]:
                del self._under_way[agent]


class ConcurrencyLayer:
    """Refuses, with 429, what one agent asks beyond ``most`` requests at once; standing streams count.

    So it does for a while where too many of its requests were refused before they were calls (see ``refusals``).
    """

    def __init__(self, app: ASGIApp, attempts: Attempts, refusals: Refusals, *, most: int) -> None:
        self._app = app
        self._attempts = attempts
        self._refusals = refusals
        self._concurrency = ConcurrencyLimit(most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        agent = agent_of(scope)
        if agent is None:
            raise PermissionError("no verified agent")
        if wait := self._refusals.wait(agent):
            await self._attempts.note(Attempt.RATE_LIMITED, "too_many_refusals", agent=agent)
            answer = refusal(
                429,
                f"{self._refusals.most} requests of this agent were refused within a minute.",
                remedy=f"Wait {wait} s, read what the refusals said, and do not repeat them.",
                headers={"Retry-After": str(wait)},
            )
            await answer(scope, receive, send)
            return
        with self._concurrency.take_slot(agent) as may:
            if may:
                await self._app(scope, receive, send)
                return
        await self._attempts.note(Attempt.RATE_LIMITED, "too_many_requests", agent=agent)
        answer = refusal(
            429,
            f"There are {self._concurrency.most} requests of this agent under way.",
            remedy="Wait until one of them has ended.",
            headers={"Retry-After": "1"},
        )
        await answer(scope, receive, send)
