"""Whose request is sent next, and when. Rule: never more requests than the connection's budget; agents take turns.

A budget is a number of requests in any window of so many seconds. A request counts from when it is sent until the
window has passed since its answer came: only then is it certain that the upstream counted it that long ago.
"""

from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from crashgate.errors import Code, UpstreamError
from crashgate.model.provider import Budget
from crashgate.model.status_errors import LONGEST

_MARGIN = 0.01
"""Seconds: the two clocks are not the same, and a window's edge may belong to either side."""

_BURST = 4
"""A bulk reader may use a quarter of the budget at once, and then continues at the rate at which it refills."""


@dataclass(kw_only=True, slots=True, eq=False)
class _Waiting:
    agent: str
    bulk: bool
    called: anyio.Event = field(default_factory=anyio.Event)


class Turns:
    """The queue of one connection. Without a ``budget`` nobody waits, except as ``hold`` asks."""

    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget
        self._under_way = 0
        self._ended: deque[float] = deque()
        self._queues: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        self._held_until = 0.0
        self._last_bulk = float("-inf")

    @property
    def free(self) -> bool:
        """Whether nobody has to wait for anybody."""
        return self._budget is None and self._held_until <= anyio.current_time()

    @property
    def left(self) -> int | None:
        """How many requests of the budget are left in the window that ends now; None where there is no budget."""
        if self._budget is None:
            return None
        since = anyio.current_time() - self._budget.seconds - _MARGIN
        return max(0, self._budget.requests - self._under_way - sum(each > since for each in self._ended))

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return sum(map(len, self._queues.values()))

    def hold(self, seconds: float) -> None:
        """Send nothing for ``seconds``, as the upstream asked, but no longer than the longest window."""
        self._held_until = max(
            self._held_until,
            anyio.current_time()
            # check[unwrap]: a connection is held no longer than any window
            + min(seconds, LONGEST),
        )

    @asynccontextmanager
    async def turn(self, agent: str, *, bulk: bool, patience: float) -> AsyncGenerator[None]:
        """Wait for this agent's turn, then hold it for one request.

        Raises UpstreamError when the turn would not come within ``patience`` seconds.
        """
        if self.free:
            yield
            return
        await self._wait(agent, bulk=bulk, patience=patience)
        self._under_way += 1
        if bulk:
            self._last_bulk = anyio.current_time()
        try:
            yield
        finally:
            self._under_way -= 1
            if self._budget is not None:
                self._ended.append(anyio.current_time())
            self._call_next()

    async def _wait(self, agent: str, *, bulk: bool, patience: float) -> None:
        deadline = anyio.current_time() + patience
        mine = _Waiting(agent=agent, bulk=bulk)
        self._queues.setdefault(agent, deque()).append(mine)
        # A bulk reader that was alone, and paced itself, need not do so any more.
        self._call_next()
        try:
            while True:
                now = anyio.current_time()
                pause = self._pause(now, bulk=bulk)
                if pause <= 0 and self._first() is mine:
                    return
                if now + max(pause, 0) > deadline:
                    raise _used_up(pause)
                with anyio.move_on_after(min(max(pause, 0) or deadline - now, deadline - now) + 0.001):
                    await mine.called.wait()
                mine.called = anyio.Event()
        finally:
            self._leave(mine)

    def _pause(self, now: float, *, bulk: bool) -> float:
        """Seconds until the budget has room for one more request of that kind."""
        pause = self._held_until - now
        if self._budget is None:
            return pause
        window = self._budget.seconds + _MARGIN
        while self._ended and self._ended[0] + window <= now:
            self._ended.popleft()
        used = self._under_way + len(self._ended)
        # check: no window holds more than the budget
        if used >= self._budget.requests:
            pause = max(pause, self._ended[0] + window - now if self._ended else window)
        # Taking turns with others is slow enough.
        # check: a long read leaves room for others
        if bulk and len(self._queues) < 2 and used * _BURST >= self._budget.requests:  # noqa: PLR2004 - oneself and others
            pause = max(pause, self._last_bulk + self._budget.seconds / self._budget.requests - now)
        return pause

    def _first(self) -> _Waiting | None:
        """Whose turn it is: agents in the order in which they were served last; whoever is paced waits."""
        now = anyio.current_time()
        return next((queue[0] for queue in self._queues.values() if self._pause(now, bulk=queue[0].bulk) <= 0), None)

    def _leave(self, mine: _Waiting) -> None:
        queue = self._queues[mine.agent]
        queue.remove(mine)
        if queue:
            # An agent that was served goes to the end.
            # check: agents take turns
            self._queues.move_to_end(mine.agent)
        else:
            del self._queues[mine.agent]
        self._call_next()

    def _call_next(self) -> None:
        for queue in self._queues.values():
            queue[0].called.set()


def _used_up(pause: float) -> UpstreamError:
    seconds = max(1, round(pause + 0.5))
    return UpstreamError(
        "The connection's budget of requests is used up.",
        why="All agents share it; nothing was sent.",
        remedy=f"Wait {seconds} s; then ask for more rows per page rather than for more pages.",
        code=Code.UPSTREAM_RATE_LIMITED,
        retry_after=float(seconds),
    )
