"""Moments as whole milliseconds since 1970, UTC. Rule: numbers inside, ISO 8601 text on the way out."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

DAY = 86_400_000
LAST = 253_402_300_799_999
"""The last millisecond of the year 9999."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MINUTES = tuple(f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02}." for second in range(60))
_MILLISECONDS = tuple(f"{millisecond:03}Z" for millisecond in range(1000))


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970; parts of one are dropped."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def iso(moment: int) -> str:
    """``2026-01-15T10:00:00.000Z``. Put together from parts, which is several times as fast as through a datetime."""
    return (
        f"{_day(moment // DAY)}{_MINUTES[moment // 60_000 % 1440]}"
        f"{_SECONDS[moment // 1000 % 60]}{_MILLISECONDS[moment % 1000]}"
    )


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return date.fromordinal(_EPOCH_DAY + number).isoformat()
