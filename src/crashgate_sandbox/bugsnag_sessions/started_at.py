"""The time of a session as senders write it. Rule: any of their forms, down to the UTC minute.

``2026-11-20T17:18:00`` (Python, which means UTC), ``2017-01-01T14:30Z`` (the vendor's document) and full ISO 8601 with
a zone (browsers). Source: docs/upstreams/bugsnag-sessions.md#reports.
"""

import re
from datetime import UTC, datetime

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def read_time(text: object) -> datetime | None:
    """The moment, in UTC; None for anything that is no such time."""
    if not isinstance(text, str) or _FORM.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def utc_minute(moment: datetime) -> datetime:
    """The beginning of its minute."""
    return moment.replace(second=0, microsecond=0)
