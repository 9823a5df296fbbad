"""How an upstream gives a list in pages. Rule: one of these values per operation; the codec reads nothing else.

A later page is asked for with a mark: what stands in ``Page.next_mark`` or ``Page.previous_mark``.

What stands around a body. Rule: what tells one event from another is made by us, so no caller can choose it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """The rows are the body; the next page's address is in the ``Link`` header, the total in ``X-Total-Count``.

    The mark is the query of the next page.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered:
    """The body is an object with the ``rows``; pages count from 1, and the mark is the number of a page.

    ``meta`` is the key of the object that holds ``total`` and ``pages``; None where they stand beside the rows.
    """

    rows: str = "data"
    meta: str | None = None
    total: str = "total"
    pages: str = "pages"
    page: str = "page"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursors:
    """The body is an object with the ``rows`` and a cursor each way, and the mark is ``after:`` or ``before:`` one.

    A cursor travels with its direction as ``cursor`` and ``mode``, in the query of a GET and in the body of a POST.
    """

    rows: str
    following: str = "next_cursor"
    preceding: str = "prev_cursor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """The rows, or the one object, stand under ``key`` of the body, all of them at once."""

    key: str


Paging = Links | Numbered | Cursors | Inside


@dataclass(frozen=True, kw_only=True, slots=True)
class EventBatch:
    """The parameters of the body are what one event holds, sent as a batch of one.

    The event has an ``id``, the ``type`` and a ``timestamp`` of its own; what it makes has the same id, as ``id`` among
    what it holds. The id is random and new for each request.
    """

    type: str
    batch: str = "batch"
