"""Times as people write them: ``24h``, ``30m``, ``7d``, ``yesterday``, ``since monday``. All days are days in UTC.

Any such form may begin with ``since`` and end in ``ago``. A weekday is the latest one that has begun, today included.
"""

import re
from datetime import datetime, timedelta

_AMOUNT = re.compile(r"([0-9]{1,4}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
"""By the first letter of the unit."""

_DAYS_AGO = {"today": 0, "yesterday": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST = 40


def expand_time(value: object, now: datetime) -> object:
    """The moment that is meant, as ``2026-11-20T10:00:00Z``; of a day, its first. Anything else comes back as it is."""
    day = _day(value, now)
    return _rfc3339(day) if day is not None else _amount_ago(value, now)


def expand_date(value: object, now: datetime) -> object:
    """The same for a parameter that takes dates too: of a day, its date (``2026-11-20``)."""
    day = _day(value, now)
    return day.date().isoformat() if day is not None else _amount_ago(value, now)


def _words(value: object) -> str:
    """The form without what may stand around it; empty for what is none."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ""
    return value.strip().lower().removeprefix("since ").removesuffix(" ago").strip()


def _day(value: object, now: datetime) -> datetime | None:
    """The midnight at which the day begins that is named."""
    words = _words(value)
    if words in _WEEKDAYS:
        days = (now.weekday() - _WEEKDAYS.index(words)) % len(_WEEKDAYS)
    elif words in _DAYS_AGO:
        days = _DAYS_AGO[words]
    else:
        return None
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _amount_ago(value: object, now: datetime) -> object:
    words = _words(value)
    if words == "now":
        return _rfc3339(now)
    amount = _AMOUNT.fullmatch(words)
    if amount is None:
        return value
    number, unit = amount.groups()
    return _rfc3339(now - timedelta(**{_UNITS[unit[0]]: int(number)}))


def _rfc3339(moment: datetime) -> str:
    """To the second: a call that is repeated at once asks for the same."""
    return f"{moment.replace(tzinfo=None, microsecond=0).isoformat()}Z"
