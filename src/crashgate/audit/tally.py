"""Records a flood of attempts in few records: none goes uncounted, and a minute never gives more than a few.

The first attempts of a kind and agent in a minute are records of their own, stored at once. Those that follow in that
minute are counted into one more, which is stored when the minute is over. So the log of a server under attack grows by
a bounded amount (THREATS row 24), and one agent's flood never hides another's attempt.
"""

from dataclasses import dataclass, replace

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.sentence import tell_attempt
from crashgate.identity import Via

SEVERAL = "several"
"""The reason of attempts that were counted together and had different ones."""

_MINUTE = len("2026-11-20T17:18")

_Key = tuple[Attempt, Via, str | None]


@dataclass(kw_only=True, slots=True)
class _Minute:
    """What a kind and agent did in the minute that runs."""

    name: str
    stored: int = 0
    counted: AttemptRecord | None = None


class AttemptTally:
    """Turns a stream of attempts into at most ``most`` records a minute for each kind, way in and agent.

    Pure: it has no clock, and time is what the attempts say. An attempt that bears an earlier time than the one
    before it counts into the minute that runs.
    """

    def __init__(self, *, most: int = 2) -> None:
        """Raises ValueError for less than two: one at once, and one for the rest."""
        if most < 2:  # noqa: PLR2004 - the two that the message names
            raise ValueError("a minute needs two records: the first attempt, and the rest")
        self._at_once = most - 1
        self._minutes: dict[_Key, _Minute] = {}

    def add(self, attempt: AttemptRecord) -> tuple[AttemptRecord, ...]:
        """What is to be stored now that this one attempt has happened, sentences set; often nothing."""
        key = (attempt.what, attempt.via, attempt.agent)
        now = attempt.at[:_MINUTE]
        over: tuple[AttemptRecord, ...] = ()
        minute = self._minutes.get(key)
        if minute is None or minute.name < now:
            over = _rest(minute)
            minute = self._minutes[key] = _Minute(name=now)
        # check[always]: a flood of attempts is counted
        if minute.stored < self._at_once:
            minute.stored += 1
            return (*over, tell_attempt(attempt))
        minute.counted = attempt if minute.counted is None else _together(minute.counted, attempt)
        return over

    def due(self, now: str) -> tuple[AttemptRecord, ...]:
        """What was counted in minutes that are over at ``now`` (RFC 3339 in UTC); to be asked now and then."""
        over = [key for key, minute in self._minutes.items() if minute.name < now[:_MINUTE]]
        return tuple(record for key in over for record in _rest(self._minutes.pop(key)))

    def rest(self) -> tuple[AttemptRecord, ...]:
        """All that was counted and not given out yet; to be asked at the end."""
        minutes, self._minutes = self._minutes, {}
        return tuple(record for minute in minutes.values() for record in _rest(minute))


def _rest(minute: _Minute | None) -> tuple[AttemptRecord, ...]:
    return () if minute is None or minute.counted is None else (tell_attempt(minute.counted),)


def _together(counted: AttemptRecord, attempt: AttemptRecord) -> AttemptRecord:
    last = max(counted.until or counted.at, attempt.until or attempt.at)
    return replace(
        counted,
        at=min(counted.at, attempt.at),
        until=last,
        count=counted.count + attempt.count,
        reason=counted.reason if counted.reason == attempt.reason else SEVERAL,
    )
