"""Where rows come from: a stream of pages, which can be resumed after any page from that page's mark."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

Row = Mapping[str, object]
"""Values by the name of their column. An absent one is null; one that is no column is left out."""

Mark = JsonValue
"""A page number, a cursor, or whatever the source needs to go on. None: the beginning, or there is no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportPage:
    """Rows that arrived together.

    ``next`` is the mark of the page after this one, None on the last. ``total`` is the number of all rows where the
    upstream tells it. ``unusable`` counts rows that could not be read; ``truncated`` says that the upstream refuses to
    page deeper, so that there may be more rows than it gives.
    """

    rows: Sequence[Row]
    next: Mark
    total: int | None = None
    unusable: int = 0
    truncated: bool = False


Pages = Callable[[Mark], AsyncGenerator[ExportPage, None]]
"""Begins the stream at a mark. It ends with a page whose ``next`` is None, or it raises."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far an export is, counted from its very beginning. ``total`` in rows, where it is known."""

    rows: int
    pages: int
    total: int | None


OnProgress = Callable[[Progress], Awaitable[None]]


async def unwatched(_: Progress) -> None:
    """Progress that nobody looks at."""
