"""Days and moments, as parameters and in answers. Rule: every moment is in UTC and ends in ``Z``.

A caller gives a date (``2026-01-31``), a date-time with its zone (``2026-01-31T10:00:00+02:00``), or a short form such
as ``24h`` (``short_times``). A date-time without a zone is refused: nobody would know which moment it is.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

from crashgate.model.params import Logged, PatternHelp, Shorthand
from crashgate.model.result import Only
from crashgate.model.short_times import expand_date

MOMENT_PATTERN = (
    r"^(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"
    r"(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$"
)
"""A date, or a date-time with a zone, of the years 1900 to 2099. Not ``\\d``: it takes the digits of every script."""

_DATE = len("2026-01-31")
_LOCAL = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
_IN_UTC = f"{_LOCAL}Z"
_ZONED = re.compile(f"{_LOCAL}[+-][0-9]{{2}}:[0-9]{{2}}")


def _utc(given: datetime) -> str:
    """RFC 3339 in UTC, as short as it is exact."""
    exact = "seconds" if not given.microsecond else "microseconds" if given.microsecond % 1000 else "milliseconds"
    return f"{given.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=exact)}Z"


def _reader(*, dates: bool, days: int) -> Callable[[str], str]:
    """What makes a moment of what was given; a date stays one, or becomes the midnight so many days later."""

    def read(given: str) -> str:
        try:
            found = datetime.fromisoformat(given)
        except ValueError:
            raise ValueError("must be a date or a time that the calendar has, e.g. 2026-01-31") from None
        if len(given) > _DATE:
            return _utc(found)
        return given if dates else _utc(found.replace(tzinfo=UTC) + timedelta(days=days))

    return read


def _shown(value: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    """A date-time of an answer in another zone, in UTC; None for what is no date-time with a zone."""
    if not isinstance(value, str) or _ZONED.fullmatch(value) is None:
        return None
    try:
        return _utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


MOST_MINUTES, USUAL_MINUTES = 1440, 5
"""Of a window around a moment, to each side."""


def as_moment(given: datetime) -> str:
    """The moment as parameters have it."""
    return _utc(given)


def window(around: str, minutes: int) -> tuple[str, str]:
    """The moments so many minutes before and after a moment that was read as ``Since``. Raises ValueError."""
    middle, side = datetime.fromisoformat(around), timedelta(minutes=minutes)
    return _utc(middle - side), _utc(middle + side)


_Form = StringConstraints(pattern=MOMENT_PATTERN)
_HELP = PatternHelp(
    MOMENT_PATTERN,
    "must be a date, a time with its zone, or how long ago, e.g. 2026-11-20, 2026-11-20T10:00:00Z, 24h or monday",
)
_SHORT = Shorthand(expand_date)

Moment = Annotated[str, _Form, _HELP, AfterValidator(_reader(dates=True, days=0)), Logged(), _SHORT]
"""A date as it was given, or a moment: for a provider that takes both."""

Since = Annotated[str, _Form, _HELP, AfterValidator(_reader(dates=False, days=0)), Logged(), _SHORT]
"""Always a moment; of a date, its first."""

Until = Annotated[str, _Form, _HELP, AfterValidator(_reader(dates=False, days=1)), Logged(), _SHORT]
"""Always a moment, the first that is outside; a date is inside as a whole."""

At = Annotated[str | None, Only(_IN_UTC, otherwise=_shown)]
"""In an answer: when something happened."""
