"""Pages, and the links between them. Rule: a link repeats the request's own parameters and adds where to go on.

Source: docs/upstreams/bugsnag.md#paging. The parameters of a link stand in alphabetical order (C).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from crashgate_sandbox.bugsnag.answers import INCOMPLETE, RefusedError
from crashgate_sandbox.bugsnag.call import Call

T = TypeVar("T")


def per_page(call: Call, *, usual: int = 30, most: int) -> int:
    """Rows a page; too many is cut to the most, and nonsense means the usual number (A O; nonsense is a guess)."""
    text = call.first("per_page") or ""
    number = int(text) if text.isascii() and text.isdigit() else usual
    return min(most, number or usual)


def plain_offset(call: Call) -> int:
    """``offset=N``; refused with 400 when it is no number."""
    text = call.first("offset")
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise RefusedError(400, "Pagination Offset is invalid")
    return int(text)


def refuse_depth(call: Call, rows_before: int) -> None:
    """422 with code 60000 where sorted lists end; the link to there was handed out all the same (L)."""
    if rows_before >= call.manners.deepest_offset:
        raise RefusedError(422, "Unable to return complete results", code=INCOMPLETE)


def after(call: Call, rows: Sequence[T], ids: Sequence[str]) -> tuple[int, Sequence[T]]:
    """The rows after ``offset[sort_field_offset]``, an id, and how many come before them.

    An id that is not in the list any more means the first page (G).
    """
    last = call.first("offset[sort_field_offset]")
    start = ids.index(last) + 1 if last in ids else 0
    return start, rows[start:]


def link(call: Call, replaced: Mapping[str, str], *, without: Iterable[str] = ()) -> str:
    """The address of another page: this request with some parameters replaced or left out."""
    dropped = {*replaced, *without}
    kept = [(name, value) for name, value in call.query if name not in dropped]
    ordered = sorted([*kept, *replaced.items()], key=lambda pair: pair[0].partition("[")[0])
    return call.url(call.path) + (f"?{urlencode(ordered)}" if ordered else "")


def link_header(**pages: str | None) -> dict[str, str]:
    """A ``Link`` header with those relations that there are, or none."""
    parts = [f'<{address}>; rel="{relation}"' for relation, address in pages.items() if address is not None]
    return {"Link": ", ".join(parts)} if parts else {}
