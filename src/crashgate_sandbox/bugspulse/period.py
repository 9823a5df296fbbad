"""``from`` and ``to``. Rule: both ends belong to it, and a bare date in ``to`` means all of that day (G).

Source: docs/upstreams/bugspulse.md#lists: ISO 8601, shown as bare dates. Inclusive or not is not said. A time without
a zone is UTC (G); what is no date is a 400 (G); an end before the beginning is an empty period (G).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from crashgate_sandbox.bugspulse.answers import RefusedError
from crashgate_sandbox.bugspulse.manners import Manners
from crashgate_sandbox.bugspulse.moments import DAY, milliseconds

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """From the first to the last millisecond, both included; None is open."""

    first: int | None = None
    last: int | None = None

    def holds(self, moment: int) -> bool:
        """Whether the moment is in it."""
        return (self.first is None or self.first <= moment) and (self.last is None or moment <= self.last)


def read_period(query: Mapping[str, str], manners: Manners) -> Period:
    """The period that a request asks for. Raises RefusedError 400."""
    first, last = query.get("from"), query.get("to")
    end = None if last is None else _moment("to", last)
    if end is not None and manners.whole_last_day and _DATE.fullmatch(last or ""):
        end += DAY - 1
    return Period(first=None if first is None else _moment("from", first), last=end)


def _moment(name: str, text: str) -> int:
    if _DATE.fullmatch(text) or _TIME.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
            return milliseconds(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
        except (ValueError, OverflowError):
            pass
    raise RefusedError(400, f"{name} must be an ISO 8601 date")
