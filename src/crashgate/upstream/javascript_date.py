"""Times as JavaScript prints a Date. Rule: read by the letter, so that no locale of ours changes a month.

``Thu Jan 01 2026 00:00:00 GMT+0000 (Coordinated Universal Time)`` stands in Langfuse's ``X-RateLimit-Reset``.
"""

import re
from datetime import datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FORM = re.compile(
    rf"[A-Z][a-z]{{2}} ({'|'.join(_MONTHS)}) ([0-9]{{2}}) ([0-9]{{4}}) ([0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})"
    r" GMT([+-][0-9]{2})([0-9]{2})(?: \([^()]{1,60}\))?"
)


def parsed(text: str) -> datetime:
    """The moment, with its zone. Raises ValueError for every other text."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("no date as JavaScript prints it")
    month, day, year, time, hours, minutes = found.groups()
    return datetime.fromisoformat(f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{time}{hours}:{minutes}")
