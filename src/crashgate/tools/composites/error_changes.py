"""How a project's errors changed since a time, read off when each was seen and how many events it had each day.

Days are days in UTC. A rate since a time counts from the beginning of that day. A change counts only where it is hardly
chance; errors that people ignore are passed over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from crashgate.model.capability import ErrorFacts
from crashgate.tools.composites.proportions import rose

LEAST_DAYS: Final = 3
"""Days before the time that is asked about, for a rate to compare with."""

_LEAST_EVENTS: Final = 5
"""Of an error that rose or is back, and that one would have had which is quiet: none is chance once in 150 times."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """From ``since`` until ``until``, both in UTC."""

    since: datetime
    until: datetime

    @property
    def first_day(self) -> datetime:
        """The beginning of the day in which it begins."""
        return self.since.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def days(self) -> float:
        """From the beginning of that day until the end."""
        return (self.until - self.first_day) / _DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorChange:
    """An error that changed; ``now`` and ``before`` are events a day, None for one that is new."""

    error: ErrorFacts
    now: float | None = None
    before: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorChanges:
    """The errors that changed, each kind with the most important first; None where too few days are known to tell.

    ``complete`` is False where some that are new may not have been read.
    """

    new: tuple[ErrorChange, ...]
    risen: tuple[ErrorChange, ...] | None
    came_back: tuple[ErrorChange, ...] | None
    gone_quiet: tuple[ErrorChange, ...] | None
    complete: bool


def find_changes(errors: Sequence[ErrorFacts], window: Window, *, more: bool) -> ErrorChanges:
    """What changed among errors that are listed by when they were last seen, latest first; ``more`` are not read."""
    known = [each for each in errors if each.status != "ignored"]
    new = [each for each in known if _is_at_least(each.first_seen, window.since)]
    found = ErrorChanges(
        new=tuple(ErrorChange(error=each) for each in sorted(new, key=_by_harm)),
        risen=None,
        came_back=None,
        gone_quiet=None,
        complete=not more or not _is_at_least(errors[-1].last_seen, window.since),
    )
    longest = max((each.days for each in known), key=len, default=())
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day, _ in longest]
    if sum(day < window.first_day for day in days) < LEAST_DAYS:
        return found
    start, older = min(days), [each for each in known if not _is_at_least(each.first_seen, window.since)]
    seen = [each for each in older if _is_at_least(each.last_seen, window.since)]
    unseen = [each for each in older if not _is_at_least(each.last_seen, window.since)]
    return replace(
        found,
        risen=_sorted(_rises(seen, window, start)),
        came_back=_sorted(_returns(seen, window, start)),
        gone_quiet=_sorted(_silences(unseen, window, start)),
    )


def read_time(text: str | None) -> datetime | None:
    """A time of an answer; None for what is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_at_least(text: str | None, moment: datetime) -> bool:
    found = read_time(text)
    return found is not None and found >= moment


def _by_harm(error: ErrorFacts) -> tuple[int, int]:
    return -(error.users or 0), -(error.events or 0)


def _sorted(changes: Iterable[ErrorChange]) -> tuple[ErrorChange, ...]:
    """Those first of which the number of events a day changed most."""
    return tuple(sorted(changes, key=lambda each: -abs((each.now or 0) - (each.before or 0))))


def _counts(error: ErrorFacts, window: Window) -> tuple[int, int]:
    """The events before the window's first day, and from then on."""
    before = sum(number for day, number in error.days if day < window.first_day.date().isoformat())
    return before, sum(number for _, number in error.days) - before


def _rises(errors: Iterable[ErrorFacts], window: Window, start: datetime) -> Iterable[ErrorChange]:
    """Errors of which each day has at least twice as many events."""
    for error in errors:
        before, now = _counts(error, window)
        days = (window.first_day - max(start, read_time(error.first_seen) or start)) / _DAY
        if before and now >= _LEAST_EVENTS and days >= 1 and rose(now, window.days, before, days):
            yield ErrorChange(error=error, now=now / window.days, before=before / days)


def _returns(errors: Iterable[ErrorFacts], window: Window, start: datetime) -> Iterable[ErrorChange]:
    """Errors that were there before the days that are known, had no event in them, and have some since."""
    for error in errors:
        before, now = _counts(error, window)
        if now >= _LEAST_EVENTS and not before and not _is_at_least(error.first_seen, start):
            yield ErrorChange(error=error, now=now / window.days, before=0)


def _silences(errors: Iterable[ErrorFacts], window: Window, start: datetime) -> Iterable[ErrorChange]:
    """Errors that had so many events that it is no chance that there is none since."""
    for error in errors:
        days = (window.since - max(start, read_time(error.first_seen) or start)) / _DAY
        events = sum(number for _, number in error.days)
        if days >= 1 and events / days * ((window.until - window.since) / _DAY) >= _LEAST_EVENTS:
            yield ErrorChange(error=error, now=0, before=events / days)
