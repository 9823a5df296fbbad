"""Pages of a list: how a later page is requested, and what an answer says of the pages before and after it.

Rule: a mark is one that ``Page`` gave, and nothing else. An address that an upstream offers is never used as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never, cast
from urllib.parse import urlsplit

from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation, Cursors, Inside, Links, Numbered
from crashgate.upstream import request as query

LONGEST_MARK = 8_000
"""Characters; Links of an upstream have grown until it refused them itself."""

_MOST_DIGITS = 16
_QUERY = re.compile(r"[!-~]+").fullmatch
"""What a query is made of; an empty one would lead back to the first page."""

_AFTER, _BEFORE = "after", "before"


class OddAnswerError(ValueError):
    """The answer is not of the form that the operation's paging says; the message is our own words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What an answer holds: the rows' place in the document, and the marks of the neighbouring pages.

    ``later_mark`` is that of the page after the next one, where the answer says that there is one. ``foreign`` says
    that a next page was offered which must not be followed.
    """

    rows: Any
    next_mark: str | None = None
    previous_mark: str | None = None
    later_mark: str | None = None
    total: int | None = None
    foreign: bool = False


def asked(operation: AnyOperation, pairs: list[query.Pair], mark: str | None) -> str:
    """The query string of the page at ``mark``, or of the first one."""
    match operation.paging:
        case Links() if mark is not None:
            return mark
        case Numbered(page=page) if mark is not None:
            return query.join([*pairs, (page, mark)])
        case Cursors() if mark is not None and operation.method == "GET":
            return query.join([*pairs, *_direction(mark).items()])
        case _:
            return query.join(pairs)


def added(operation: AnyOperation, mark: str | None) -> Mapping[str, str]:
    """What the page at ``mark`` adds to the body."""
    if mark is not None and isinstance(operation.paging, Cursors) and operation.method == "POST":
        return _direction(mark)
    return {}


def listing(operation: AnyOperation, document: Any, request: Request, response: Response, mark: str | None) -> Listing:  # noqa: ANN401 - any JSON
    """What the answer holds. Raises OddAnswerError."""
    match operation.paging:
        case Links():
            next_mark, foreign = _linked(request, response)
            total = response.headers.get("x-total-count", "")
            return Listing(rows=document, next_mark=next_mark, total=_digits(total), foreign=foreign)
        case Numbered() as paging:
            body = _object(document)
            meta = body if paging.meta is None else _object(body.get(paging.meta))
            pages, here = _count(meta.get(paging.pages)), 1 if mark is None else int(mark)
            after = 0 if pages is None else pages - here
            return Listing(
                rows=body.get(paging.rows),
                next_mark=str(here + 1) if after > 0 else None,
                previous_mark=str(here - 1) if here > 1 else None,
                later_mark=str(here + 2) if after > 1 else None,
                total=_count(meta.get(paging.total)),
            )
        case Cursors() as paging:
            body = _object(document)
            return Listing(
                rows=body.get(paging.rows),
                next_mark=_cursor(_AFTER, body.get(paging.following), mark),
                previous_mark=_cursor(_BEFORE, body.get(paging.preceding), mark),
            )
        case Inside(key=key):
            return Listing(rows=_object(document).get(key))
        case _:
            assert_never(operation.paging)


def _direction(mark: str) -> Mapping[str, str]:
    mode, _, cursor = mark.partition(":")
    return {"cursor": cursor, "mode": mode}


def _cursor(mode: str, given: object, mark: str | None) -> str | None:
    """The mark of a cursor; None for one that leads to where we are, which would never end."""
    usable = isinstance(given, str) and 0 < len(given) <= LONGEST_MARK and given.isprintable()
    found = f"{mode}:{given}" if usable else None
    # check[never]: a cursor that leads to where we are ends the list
    return None if found == mark else found


def _linked(request: Request, response: Response) -> tuple[str | None, bool]:
    """The query of the next page, and whether a next page was offered that must not be followed.

    The credential travels with every request, so only the same origin and the same path will do (THREATS row 15).
    """
    address = response.links.get("next")
    if address is None:
        return None, False
    try:
        sent, offered = urlsplit(request.url), urlsplit(address)
    except ValueError:
        return None, True
    same = (sent.scheme, sent.netloc, sent.path) == (offered.scheme, offered.netloc, offered.path)
    usable = (
        _QUERY(offered.query) is not None  # check: a link without a query is no next page
        # check: a link has the length of a query
        and len(offered.query) <= LONGEST_MARK
    )
    return (
        (offered.query, False)
        if same  # check: a link is followed to the same origin and path only
        and usable
        else (None, True)
    )


def _object(node: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    if not isinstance(node, dict):
        raise OddAnswerError("it is not an object")
    return cast("dict[str, Any]", node)


def _count(node: object) -> int | None:
    return node if isinstance(node, int) and not isinstance(node, bool) and 0 <= node < 10**_MOST_DIGITS else None


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None
