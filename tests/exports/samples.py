"""An export to make: columns of every kind, a plan, and a source whose every row is known beforehand."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from crashgate.exports.page import ExportPage, Mark, Pages, Progress, Row
from crashgate.exports.plan import Format, Permission, Plan
from crashgate.model.export import Column, Kind

READERS, OTHERS = "3d094196", "d9298a10"
"""How the ids of exports of ``reader`` begin, and those of ``other``."""
ID = f"{READERS}00000000"
STARTED = "2026-11-20T12:00:00.000Z"
FIRST = Permission(decision="decision-1", policy_hash="aa" * 32)
SECOND = Permission(decision="decision-2", policy_hash="bb" * 32)
COLUMNS = (
    Column(name="session_id", kind=Kind.TEXT, about="Which session."),
    Column(name="started_at", kind=Kind.TIME, about="When it began."),
    Column(name="duration_ms", kind=Kind.INTEGER, about="How long it was, in milliseconds."),
    Column(name="score", kind=Kind.NUMBER, about="From 0 to 1."),
    Column(name="crashed", kind=Kind.BOOLEAN, about="Whether it ended in a crash."),
    Column(name="device", kind=Kind.JSON, about="What is known of the device."),
    Column(name="user", kind=Kind.TEXT, about="Who used the app."),
)


def plan(format_: Format = Format.JSONL, *, columns: tuple[Column, ...] = COLUMNS, **other: Any) -> Plan:  # noqa: ANN401 - any part of a plan
    parts: dict[str, Any] = {
        "id": ID,
        "subject": "sessions",
        "agent": "reader",
        "connection": "bugspulse-main",
        "operation": "bugspulse.sessions.export",
        "query": {"start": "2026-11-01", "tags": ["a", 1, None]},
        "permission": FIRST,
        "created_at": STARTED,
    }
    return Plan(format=format_, columns=columns, **(parts | other))


def row(number: int) -> Row:
    return {
        "session_id": f"session-{number}",
        "started_at": f"2026-11-20T10:{number // 60 % 60:02d}:{number % 60:02d}.{number % 1000:03d}Z",
        "duration_ms": None if number % 5 == 0 else number * 7,
        "score": number / 7,
        "crashed": number % 3 == 0,
        "device": {"name": "Größe", "os": [number % 4, None]} if number % 2 else None,
        "user": f"={number}" if number % 4 == 0 else 'Zoë, the "first"\r\nof all',
        "no_column": "is left out",
    }


class Stumble(Exception):  # noqa: N818 - it is what happens to a source, not an error of ours
    """A source that cannot go on."""


@dataclass(kw_only=True)
class Source:
    """``pages`` pages of ``size`` rows; the marks are page numbers. ``asked`` has the marks it was begun at."""

    pages: int
    size: int
    stumbles_before: int | None = None
    asked: list[Mark] = field(default_factory=list[Mark])

    async def __call__(self, mark: Mark) -> AsyncGenerator[ExportPage, None]:
        self.asked.append(mark)
        first = mark if isinstance(mark, int) else 0
        for page in range(first, self.pages):
            if page == self.stumbles_before:
                raise Stumble
            numbers = range(page * self.size, (page + 1) * self.size)
            following = page + 1 if page + 1 < self.pages else None
            yield ExportPage(rows=[row(number) for number in numbers], next=following, total=self.pages * self.size)


def given_pages(*pages: Sequence[Row]) -> Pages:
    """Just these pages."""

    async def source(mark: Mark) -> AsyncGenerator[ExportPage, None]:
        assert mark is None
        for number, rows in enumerate(pages, 1):
            yield ExportPage(rows=rows, next=number if number < len(pages) else None)

    return source


class Watcher:
    """Keeps the progress that it was told of."""

    def __init__(self) -> None:
        self.seen: list[Progress] = []

    async def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
"""Whatever UTF-8 can hold."""
_NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
_MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001 - the zone is set beside it
    lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
)
VALUES: Mapping[Kind, st.SearchStrategy[object]] = {
    Kind.TEXT: TEXTS,
    Kind.TIME: _MOMENTS,
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.JSON: _NESTED,
}
ROWS: st.SearchStrategy[list[Row]] = st.lists(
    st.fixed_dictionaries({}, optional={column.name: st.none() | VALUES[column.kind] for column in COLUMNS}), max_size=8
)
"""Rows in which any column may be null or absent."""


def full(row_: Row) -> dict[str, object]:
    """The row with every column, in order."""
    return {column.name: row_.get(column.name) for column in COLUMNS}
