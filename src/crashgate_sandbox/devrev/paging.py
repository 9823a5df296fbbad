"""Pages forth and back. Rule: a cursor stands for a row of one query; with another query it opens nothing (G).

``next_cursor`` is the last row of a page and goes with ``mode=after``, ``prev_cursor`` is the first one and goes with
``mode=before``; each is left out where nothing more comes. Without a cursor, ``before`` gives the last page. Rows keep
the order of the list in both directions. This is how the vendor's other lists work (V).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from crashgate_sandbox.devrev.errors import bad_request
from crashgate_sandbox.devrev.fields import Fields
from crashgate_sandbox.devrev.sessions import Session

USUAL_ROWS = 50
"""As rev-users.list has it (V); for sessions no number is stated."""
MOST_ROWS = 100
"""More is cut to this without a word (G)."""
MODES = ("after", "before")
_SEAL_BYTES, _ROW_BYTES = 14, 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some rows, and where the list goes on in both directions."""

    rows: Sequence[Session]
    next_cursor: str | None
    prev_cursor: str | None


def page(fields: Fields, rows: Sequence[Session]) -> Page:
    """The page of ``rows`` that a request asks for. Raises RefusedError (400) for a limit or cursor that is none."""
    limit = _limit(fields)
    query = fields.without("cursor", "limit", "mode")
    back = fields.optional_word("mode", MODES) == "before"
    cursor = fields.optional_text("cursor")
    start, end = 0, len(rows)
    if cursor is not None:
        place = _place(query, cursor, rows)
        start, end = (0, place) if back else (place + 1, end)
    start, end = (max(start, end - limit), end) if back else (start, min(end, start + limit))
    shown = rows[start:end]
    return Page(
        rows=shown,
        next_cursor=_cursor(query, shown[-1].number) if shown and end < len(rows) else None,
        prev_cursor=_cursor(query, shown[0].number) if shown and start > 0 else None,
    )


def _limit(fields: Fields) -> int:
    limit = fields.number("limit")
    if limit is None:
        return USUAL_ROWS
    if limit < 1:
        raise bad_request("value_not_permitted", "limit must be 1 at least", field="limit")
    return min(limit, MOST_ROWS)


def _cursor(query: str, number: int) -> str:
    row = number.to_bytes(_ROW_BYTES)
    return urlsafe_b64encode(_seal(query, row) + row).decode()


def _place(query: str, cursor: str, rows: Sequence[Session]) -> int:
    try:
        opened = urlsafe_b64decode(cursor.encode())
    except ValueError:
        opened = b""
    row = opened[_SEAL_BYTES:]
    if len(row) == _ROW_BYTES and urlsafe_b64encode(_seal(query, row) + row) == cursor.encode():
        number = int.from_bytes(row)
        for place, session in enumerate(rows):
            if session.number == number:
                return place
    raise bad_request("bad_request", "The cursor is not one of this list", field="cursor")


def _seal(query: str, row: bytes) -> bytes:
    return blake2b(row, key=blake2b(query.encode()).digest(), digest_size=_SEAL_BYTES).digest()
