"""How often one agent is told no. Rule: refused over and over, it makes a bounded number of records.

Each refused call has a record of its own, which outlives a power cut; an agent in a loop would fill the disk, and a
full disk stops every agent. Beyond so many in a minute it is refused before anything is decided, and its calls are
counted (THREATS rows 23, 24 and 28). What the protocol refuses before it is a call costs time as well, and counts for
itself: a client that sends what is no call must not keep its agent from calling.
"""

import math
from collections import defaultdict, deque

from crashgate.clock import Clock
from crashgate.errors import Code

MOST_REFUSED = 120
"""Refused calls of one agent in a minute, over all of its connections."""

_SECONDS = 60.0
_REFUSED = frozenset(
    {
        Code.NOT_AVAILABLE,
        Code.INVALID_ARGUMENTS,
        Code.RATE_LIMITED,
        Code.APPROVAL_REQUIRED,
        Code.APPROVAL_REJECTED,
        Code.POLICY_CHANGED,
        Code.STATE_UNAVAILABLE,
    }
)


class Refusals:
    """The refused calls of the last minute, by agent; at most ``most`` are remembered."""

    def __init__(self, clock: Clock, *, most: int = MOST_REFUSED) -> None:
        self.most = most
        self._clock = clock
        self._at: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=most))

    def note(self, agent: str, error: Code | None) -> None:
        """Count the end of a call, if it was refused."""
        if error in _REFUSED:
            self._at[agent].append(self._clock.monotonic())

    def wait(self, agent: str) -> int:
        """In how many whole seconds the agent is heard again; 0 where it is."""
        times = self._at.get(agent)
        if times is None or len(times) < self.most:
            return 0
        return max(0, math.ceil(times[0] + _SECONDS - self._clock.monotonic()))
