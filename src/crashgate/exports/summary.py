"""What an answer tells of the rows in a file: how many of each value, and how many on each day.

It is added up page by page and kept with the checkpoint, so that it covers the whole file however many runs it took. It
grows with neither rows nor what an upstream makes up: values and days beyond a few are added up in one number.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from crashgate.exports.page import Row
from crashgate.model.export import Tally

MOST_VALUES = 12
MOST_DAYS = 31
OTHER, UNKNOWN = "other", "unknown"
_DAY = len("2026-01-31")
_NUMBERS = 2
"""Of a day: its rows, and those with a crash."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The state after some rows.

    ``counts`` are by column and value. ``days`` are the newest UTC days, each with its rows and those with a crash, and
    ``earlier`` is the same of all days before them. ``undated`` rows have no time. ``known`` counts the rows that say
    whether there was a crash, ``crashed`` those where there was one.
    """

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    days: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    earlier: tuple[int, int] = (0, 0)
    undated: int = 0
    known: int = 0
    crashed: int = 0

    def after(self, rows: Sequence[Row], tally: Tally) -> "Summary":
        """The state after more rows."""
        crashes = [row.get(tally.crashed) for row in rows] if tally.crashed else [None] * len(rows)
        days, earlier, undated = dict(self.days), self.earlier, self.undated
        if tally.day is not None:
            pairs = Counter(
                (str(moment)[:_DAY] if (moment := row.get(tally.day)) else "", crash is True)
                for row, crash in zip(rows, crashes, strict=True)
            )
            for (day, crashed), number in pairs.items():
                if not day:
                    undated += number
                    continue
                known = days.get(day, (0, 0))
                days[day] = (known[0] + number, known[1] + number * crashed)
            for day in sorted(days)[: max(0, len(days) - MOST_DAYS)]:
                gone = days.pop(day)
                earlier = (earlier[0] + gone[0], earlier[1] + gone[1])
        return Summary(
            counts={name: _add(self.counts.get(name, {}), [row.get(name) for row in rows]) for name in tally.counts},
            days=days,
            earlier=earlier,
            undated=undated,
            known=self.known + sum(crash is not None for crash in crashes),
            crashed=self.crashed + sum(crash is True for crash in crashes),
        )

    def shown(self) -> dict[str, Any]:
        """What an answer holds of it; nothing where nothing was counted."""
        shown: dict[str, Any] = {}
        if self.known:
            shown["crashed"] = self.crashed
            shown["crash_free_rate"] = round(1 - self.crashed / self.known, 4)
        if self.counts:
            shown["counts"] = {name: dict(values) for name, values in self.counts.items() if values}
        if self.days:
            # Of rows that never say whether there was a crash, there is nothing to tell of crashes.
            width = _NUMBERS if self.known else 1
            series: dict[str, Any] = {
                "columns": ["day", "rows", "crashed"][: width + 1],
                "days": [[day, *self.days[day][:width]] for day in sorted(self.days)],
            }
            if self.earlier[0]:
                series["earlier"] = list(self.earlier[:width])
            if self.undated:
                series["undated"] = self.undated
            shown["per_day"] = series
        return shown


def _add(known: Mapping[str, int], values: Sequence[object]) -> Mapping[str, int]:
    """The counts with more values; what comes when there are as many as may be told is ``other``."""
    counts = dict(known)
    for value, number in Counter(map(_word, values)).items():
        name = value if value in counts or len(counts) < MOST_VALUES else OTHER
        counts[name] = counts.get(name, 0) + number
    return dict(islice(counts.items(), MOST_VALUES + 1))


def _word(value: object) -> str:
    return UNKNOWN if value is None else str(value).lower() if isinstance(value, bool) else str(value)
