"""How long an upstream asks us to stay away. Rule: never longer than its window, for one answer stops a connection.

All agents share a connection, so a wrong number has to pass by itself. ``longest`` is in seconds.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

LONGEST = 300.0
"""Seconds: the longest window over which a provider is known to count."""

_MOST_DIGITS = 9


def retry_after(headers: Mapping[str, str], *, longest: float = LONGEST) -> float | None:
    """The seconds that ``Retry-After`` gives, as a number or as a date (RFC 9110, section 10.2.3).

    None where it is absent or neither. A date is seen from the answer's own ``Date``, which is what is now over there.
    """
    given = headers.get("retry-after", "")
    whole = seconds(given, longest=longest)
    if whole is not None:
        return whole
    try:
        left = (parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    # check[unwrap]: a date to come back at is no later than a provider's window
    return min(max(left, 0.0), longest)


def seconds(given: object, *, longest: float = LONGEST) -> float | None:
    """A whole number of seconds, as a header or in a body; None for anything else."""
    if isinstance(given, str) and given.isascii() and given.isdigit():
        return (
            longest
            if len(given) > _MOST_DIGITS
            # check[unwrap]: a pause is no longer than a provider's window
            else min(float(given), longest)
        )
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return float(min(given, longest))
    return None
