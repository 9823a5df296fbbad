"""Operation and parameters to request, response to rows. Rule: reads everything off the catalogue's entry."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from crashgate.catalogue.access import Access
from crashgate.catalogue.operation import AnyOperation, Field, Operation, P, Shape
from crashgate.catalogue.params import In, Params
from crashgate.catalogue.result import Page, R
from crashgate.errors import Code, UpstreamError
from crashgate.upstream import query
from crashgate.upstream.clean import TooDeepError, cleaned
from crashgate.upstream.connection import Connection
from crashgate.upstream.dialect import dialect
from crashgate.upstream.message import Request, Response
from crashgate.upstream.path import expand

NO_CONTENT = 204
MOST_ROWS = 1_000
_MOST_DIGITS = 16
LONGEST_QUERY = 8_000
"""Characters of a next page's query; BugSnag's own links have grown until it refused them (section 6)."""

_QUERY = re.compile(r"[!-~]+").fullmatch
"""What a query is made of; an empty one would lead back to the first page."""


def encode(operation: Operation[P, R], params: P, connection: Connection, *, next_query: str | None = None) -> Request:
    """The request for ``operation``; with ``next_query``, the same request for a later page.

    Raises InvalidArgumentsError when a value cannot be part of an address.
    """
    if operation.method is None or operation.path is None:
        raise ValueError(f"{operation.id} is answered by crashgate itself")
    path = expand(operation.path, {f.name: str(getattr(params, f.name)) for f in _travelling(operation, In.PATH)})
    asked = next_query if next_query is not None else query.join(_pairs(operation, params))
    body = _body(operation, params)
    return Request(
        method=operation.method,
        url=f"{connection.base_url}{path}{'?' if asked else ''}{asked}",
        headers={
            **dialect(connection).headers(with_body=body is not None),
            **{f.wire: str(getattr(params, f.name)) for f in _travelling(operation, In.HEADER)},
        },
        body=None if body is None else json.dumps(body, separators=(",", ":")).encode(),
        repeatable=operation.access is Access.READ,
    )


def decode(
    operation: Operation[P, R], request: Request, response: Response, connection: Connection, *, later: bool = False
) -> Page[R]:
    """The rows of a successful answer.

    ``later`` says that a ``Link`` was followed: the upstream's refusal to page deeper then is an end that shows as
    ``truncated``. Raises UpstreamError for every other answer that is not a usable success.
    """
    failure = dialect(connection).failure(response, operation)
    if failure is not None:
        if later and failure.code is Code.UPSTREAM_TOO_DEEP:
            return Page(rows=(), truncated=True)
        raise failure
    if operation.shape is Shape.EMPTY or response.status == NO_CONTENT:
        return Page(rows=())
    rows = _rows(operation, _document(operation, response, connection), connection)
    next_query, foreign = _next(request, response)
    total = response.headers.get("x-total-count", "")
    return Page(
        rows=rows,
        next_query=next_query,
        total=int(total) if total.isascii() and total.isdigit() and len(total) < _MOST_DIGITS else None,
        truncated=foreign,
    )


def _travelling(operation: AnyOperation, where: In) -> list[Field]:
    return [f for f in operation.fields if f.travels is where]


def _pairs(operation: AnyOperation, params: Params) -> list[query.Pair]:
    pairs: list[query.Pair] = []
    for field in operation.fields:
        value = getattr(params, field.name)
        if value is None:
            continue
        if field.travels is In.QUERY:
            pairs += query.scalar(field.wire, value)
        elif field.travels is In.FILTERS:
            pairs += query.filters(field.wire, value)
    return pairs


def _body(operation: AnyOperation, params: Params) -> Mapping[str, Any] | None:
    """The JSON body: what the entry fixes, then what was given. A null that was given is sent."""
    given = {
        f.wire: to_jsonable_python(getattr(params, f.name), exclude_none=True)
        for f in _travelling(operation, In.BODY)
        if f.name in params.model_fields_set
    }
    return {**operation.fixed_body, **given} if operation.fixed_body or given else None


def _document(operation: AnyOperation, response: Response, connection: Connection) -> Any:  # noqa: ANN401 - any JSON
    try:
        return cleaned(json.loads(response.body.decode()))
    except (ValueError, RecursionError) as problem:
        large = isinstance(problem, TooDeepError | RecursionError)
        why = "it is nested too deep or holds too much" if large else "it is not JSON"
        raise malformed(connection, operation, why) from None


def _rows(
    operation: Operation[P, R],
    document: Any,  # noqa: ANN401 - any JSON
    connection: Connection,
) -> tuple[R, ...]:
    many = operation.shape is Shape.MANY
    if not isinstance(document, list if many else dict):
        raise malformed(connection, operation, f"it is not {'a list' if many else 'an object'}")
    found: list[Any] = list(cast("list[Any]", document)) if many else [document]
    if len(found) > MOST_ROWS:
        raise malformed(connection, operation, f"it holds more than {MOST_ROWS} rows")
    try:
        return tuple(operation.result.model_validate(row) for row in found)
    except ValidationError as problem:
        # The names of our own fields, never the values of theirs.
        fields = sorted({str(error["loc"][0]) for error in problem.errors() if error["loc"]})
        told = f"these fields are not of the documented form: {', '.join(fields)}" if fields else "a row is no object"
        raise malformed(connection, operation, told) from None


def _next(request: Request, response: Response) -> tuple[str | None, bool]:
    """The query of the next page, and whether a next page was offered that must not be followed.

    The credential travels with every request, so only the same origin and the same path will do (THREATS row 15).
    """
    address = response.links.get("next")
    if address is None:
        return None, False
    try:
        asked, offered = urlsplit(request.url), urlsplit(address)
    except ValueError:
        return None, True
    same = (asked.scheme, asked.netloc, asked.path) == (offered.scheme, offered.netloc, offered.path)
    usable = _QUERY(offered.query) is not None and len(offered.query) <= LONGEST_QUERY
    return (offered.query, False) if same and usable else (None, True)


def malformed(connection: Connection, operation: AnyOperation, why: str) -> UpstreamError:
    """The error for a success that is not what the upstream's documents promise; nobody refused, so no status."""
    changed = operation.access is not Access.READ
    return UpstreamError(
        f"{connection.provider.spoken}'s answer cannot be used:",
        why=f"{why}. The change was accepted." if changed else f"{why}.",
        remedy="Look before you try again." if changed else "Try again; if it stays, tell the operator of crashgate.",
        code=Code.UPSTREAM_MALFORMED,
    )
