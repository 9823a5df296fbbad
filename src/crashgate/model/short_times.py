"""Times as people write them: ``24h``, ``30m``, ``7d``, ``yesterday``, ``since monday``. All days are days in UTC.

Any such form may begin with ``since`` and end in ``ago``. A weekday is the latest one that has begun, today included.
Where only a moment will do, a date is its first, and a time in another zone is read in UTC.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

_AMOUNT = re.compile(r"([0-9]{1,4}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
"""By the first letter of the unit."""

_DAYS_AGO = {"today": 0, "yesterday": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST = 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONED = re.compile(rf"{_DATE.pattern}T[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})")


def expand_time(value: object, now: datetime) -> object:
    """The moment that is meant, as ``2026-11-20T10:00:00Z``; of a day, its first. Anything else comes back as it is."""
    day = _day(value, now)
    return _rfc3339(day) if day is not None else _in_utc(_amount_ago(value, now))


def expand_date(value: object, now: datetime) -> object:
    """The same for a parameter that takes dates too: of a day, its date (``2026-11-20``)."""
    day = _day(value, now)
    return day.date().isoformat() if day is not None else _amount_ago(value, now)


def changed_times(given: object, expanded: object, name: str = "") -> dict[str, str]:
    """The texts that ``expanded`` has in place of others, each by the name of its parameter or part."""
    if isinstance(given, Mapping) and isinstance(expanded, Mapping):
        before, after = cast("Mapping[str, object]", given), cast("Mapping[str, object]", expanded)
        parts = [changed_times(before.get(key), value, name if key == "value" else key) for key, value in after.items()]
    elif isinstance(given, list | tuple) and isinstance(expanded, list | tuple):
        pairs = zip(cast("list[object]", given), cast("list[object]", expanded), strict=False)
        parts = [changed_times(one, other, name) for one, other in pairs]
    else:
        return {name: expanded} if isinstance(expanded, str) and expanded != given else {}
    return {key: value for part in parts for key, value in part.items()}


def _in_utc(value: object) -> object:
    """A date's first moment, and a time of another zone in UTC; anything else as it is."""
    if not isinstance(value, str) or not (_DATE.fullmatch(value) or _ZONED.fullmatch(value)):
        return value
    try:
        moment = datetime.fromisoformat(value)
        return _rfc3339(moment.astimezone(UTC) if moment.tzinfo else moment)
    except (ValueError, OverflowError):
        return value


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
