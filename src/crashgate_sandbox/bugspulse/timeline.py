"""Rows in order of time, newest first. Rule: a period is found by halving, never by looking at every row.

Newest first is a guess (G): the page does not say how rows are sorted.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from crashgate_sandbox.bugspulse.moments import DAY
from crashgate_sandbox.bugspulse.period import Period

SPAN = 30 * DAY
"""How far back the rows go, in milliseconds."""


def within(total: int, moment: Callable[[int], int], period: Period) -> range:
    """The rows of a period, where ``moment`` of a row never grows with its number."""
    rows = range(total)

    def age(row: int) -> int:
        return -moment(row)

    first = 0 if period.last is None else bisect_left(rows, -period.last, key=age)
    end = total if period.first is None else bisect_right(rows, -period.first, key=age)
    return range(first, max(first, end))
