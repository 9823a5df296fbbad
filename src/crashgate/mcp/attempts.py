"""Refused requests in the decision log. Rule: a request is refused whether or not that can be stored, and never unseen.

What the gate never sees (no token, no message, too large, too slow) still has a record (THREATS rows 16 and 24). A
flood of them makes a bounded number of records: see ``decisions.tally``.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress

from starlette.types import Scope

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.port import DecisionLog
from crashgate.audit.tally import AttemptTally
from crashgate.clock import Clock, timestamp
from crashgate.errors import LogUnavailableError
from crashgate.identity import Via

_log = logging.getLogger(__name__)

_SECONDS = 5.0
"""Between two looks for counts of a minute that is over."""


class Attempts:
    """Notes refused requests of one way in."""

    def __init__(self, log: DecisionLog, clock: Clock, *, via: Via) -> None:
        self._log = log
        self._clock = clock
        self._via = via
        self._tally = AttemptTally()
        self._tasks: set[asyncio.Task[None]] = set()
        self._told = False

    async def note(self, what: Attempt, reason: str, *, agent: str | None = None) -> None:
        """Record a refusal, or count it; comes back when it is durable. ``reason`` is a fixed code of ours.

        ``agent`` is the one that a valid token stands for. Does not raise when nothing can be stored: stderr says so,
        once until the log works again.
        """
        at = timestamp(self._clock.now())
        await self._store(self._tally.add(AttemptRecord(at=at, what=what, via=self._via, reason=reason, agent=agent)))

    def soon(self, what: Attempt, reason: str) -> None:
        """The same from code that cannot wait."""
        task = asyncio.get_running_loop().create_task(self.note(what, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Store what was counted in minutes that are over."""
        await self._store(self._tally.due(timestamp(self._clock.now())))

    async def aclose(self) -> None:
        """Store all that was counted; to be called before the log is closed."""
        await asyncio.gather(*self._tasks)
        await self._store(self._tally.rest())

    async def _store(self, records: Iterable[AttemptRecord]) -> None:
        for record in records:
            try:
                await self._log.append(record)
            except LogUnavailableError as problem:
                if not self._told:
                    _log.error("Refused requests cannot be recorded (they are refused all the same): %s", problem)
                self._told = True
            else:
                self._told = False


@asynccontextmanager
async def noting(
    log: DecisionLog, clock: Clock, *, via: Via, every_seconds: float = _SECONDS
) -> AsyncGenerator[Attempts]:
    """Attempts whose counts are stored in time, and at the end."""
    attempts = Attempts(log, clock, via=via)

    async def now_and_then() -> None:
        while True:
            await asyncio.sleep(every_seconds)
            await attempts.settle()

    task = asyncio.create_task(now_and_then())
    try:
        yield attempts
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await attempts.aclose()


def agent_of(scope: Scope) -> str | None:
    """The agent of a request whose token was verified."""
    user = scope.get("user")
    return user.username if user is not None else None
