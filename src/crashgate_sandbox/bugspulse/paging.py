"""Pages. Rule: ``page`` counts from 1, ``limit`` is 100 unless given and 1,000 at most, and no rows are 0 pages.

Source: docs/upstreams/bugspulse.md#lists. Guesses (G): nonsense is a 400; a page after the last is empty, with the
true total; CSV has no word about further pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from crashgate_sandbox.bugspulse.answers import RefusedError, csv_answer, json_answer
from crashgate_sandbox.bugspulse.manners import Manners, OverLimit
from crashgate_sandbox.bugspulse.written import Format, csv_line

USUAL_LIMIT = 100
MOST_ROWS = 1000
_MOST_DIGITS = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Paging:
    """Which page, and how many rows are on one."""

    page: int
    limit: int

    def places(self, total: int) -> range:
        """The places of the page's rows among ``total``, from 0."""
        start = min((self.page - 1) * self.limit, total)
        return range(start, min(start + self.limit, total))


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page, whose rows are written already in the form that was asked for."""

    name: str
    columns: tuple[str, ...]
    form: Format
    rows: Sequence[str]
    total: int
    paging: Paging

    def answer(self) -> Response:
        """The page as it goes out."""
        # Each row by itself: one letter beyond ASCII would make all of a page's text four times as large.
        rows = map(str.encode, self.rows)
        if self.form is Format.CSV:
            return csv_answer(b"\r\n".join((csv_line(self.columns).encode(), *rows, b"")), name=self.name)
        page, limit = self.paging.page, self.paging.limit
        pages = -(-self.total // limit) if limit else 0
        counts = f'"total":{self.total},"page":{page},"limit":{limit},"pages":{pages}'
        return json_answer(b'{"data":[%b],%b}' % (b",".join(rows), counts.encode()))


def read_paging(query: Mapping[str, str], manners: Manners) -> Paging:
    """``page`` and ``limit``. Raises RefusedError 400."""
    limit = _whole_number(query, "limit", USUAL_LIMIT)
    if limit > MOST_ROWS:
        if manners.over_limit is OverLimit.REFUSE:
            raise RefusedError(400, f"limit must be at most {MOST_ROWS}")
        limit = MOST_ROWS
    return Paging(page=_whole_number(query, "page", 1), limit=limit)


def read_format(query: Mapping[str, str]) -> Format:
    """``format``. Raises RefusedError 400 (G)."""
    try:
        return Format(query.get("format", Format.JSON))
    except ValueError:
        raise RefusedError(400, "format must be json or csv") from None


def _whole_number(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
    if number < 1:
        raise RefusedError(400, f"{name} must be a whole number of at least 1")
    return number
