"""Operation and parameters to request, response to rows. Rule: reads everything off the catalogue's entry."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_jsonable_python

from crashgate.errors import Code, UpstreamError
from crashgate.model.access import Access
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation, Field, Operation, P, Shape
from crashgate.model.params import In, Params
from crashgate.model.provider import Connection
from crashgate.model.result import PART, Page, R, Result
from crashgate.upstream import paging as pages
from crashgate.upstream import request as query
from crashgate.upstream.cleaning import TooDeepError, cleaned, cleaned_page, is_flat
from crashgate.upstream.request import Stamp, enclosed, expand

NO_CONTENT = 204
_MOST_DIGITS = 4_000
"""Of a whole number; Python writes 4,300."""
MOST_ROWS = 10_000
"""In one answer; the most that an upstream documents for a page is 1,000, and some lists are not paged."""


def encode(
    operation: Operation[P, R],
    params: P,
    connection: Connection,
    *,
    mark: str | None = None,
    stamp: Stamp | None = None,
) -> Request:
    """The request for ``operation``; with ``mark``, the same request for another page.

    ``stamp`` goes into the envelope of an operation that has one; it must be a new one for each request.

    Raises InvalidArgumentsError when a value cannot be part of an address.
    """
    # check: what crashgate answers itself is never sent
    if operation.method is None or operation.path is None:
        raise ValueError(f"{operation.id} is answered by crashgate itself")
    path = expand(operation.path, {f.name: str(getattr(params, f.name)) for f in _travelling(operation, In.PATH)})
    asked = pages.asked(operation, _pairs(operation, params), mark)
    body = _enclosed(operation, _body(operation, params, mark), stamp)
    return Request(
        method=operation.method,
        url=f"{connection.wire.address(operation.method, path)}{'?' if asked else ''}{asked}",
        headers={
            **connection.wire.headers(with_body=body is not None),
            **{f.wire: str(getattr(params, f.name)) for f in _travelling(operation, In.HEADER)},
        },
        body=None if body is None else json.dumps(body, separators=(",", ":")).encode(),
        # check[always]: a change is never repeatable
        repeatable=operation.access is Access.READ,
    )


def decode(
    operation: Operation[P, R], request: Request, response: Response, connection: Connection, *, mark: str | None = None
) -> Page[R]:
    """The rows of a successful answer.

    With ``mark``, the upstream's refusal to page deeper is an end that shows as ``truncated``. Raises UpstreamError for
    every other answer that is not a usable success.
    """
    failure = connection.wire.failure(response, operation)
    if failure is not None:
        if mark is not None and failure.code is Code.UPSTREAM_TOO_DEEP:
            return Page(rows=(), truncated=True)
        raise failure
    if operation.shape is Shape.EMPTY or response.status == NO_CONTENT:
        return Page(rows=())
    document = _document(operation, response, connection)
    try:
        found = pages.listing(operation, document, request, response, mark)
    except pages.OddAnswerError as problem:
        raise malformed(connection, operation, str(problem)) from None
    rows, unusable = _rows(operation, found.rows, connection)
    return Page(
        rows=rows,
        unusable=unusable,
        next_mark=found.next_mark,
        previous_mark=found.previous_mark,
        later_mark=found.later_mark,
        # check[never]: a total is not told where a row could not be read
        total=None if unusable else found.total,
        truncated=found.foreign,
        size=len(response.body),
    )


def _travelling(operation: AnyOperation, where: In) -> list[Field]:
    return [f for f in operation.fields if f.travels is where]


def _pairs(operation: AnyOperation, params: Params) -> list[query.Pair]:
    pairs: list[query.Pair] = []
    for field in operation.fields:
        value = getattr(params, field.name)
        if value is None:
            continue
        if field.travels is In.QUERY and field.encode is not None:
            pairs += field.encode(field.wire, value)
        elif field.travels is In.QUERY:
            pairs += query.repeated(field.wire, value) if field.repeated else query.scalar(field.wire, value)
    return pairs


def _body(operation: AnyOperation, params: Params, mark: str | None) -> Mapping[str, Any] | None:
    """The JSON body: what the operation fixes, then what was given or has a default.

    A null is sent only where it has a meaning, which is to take an assignment away.
    """
    body: dict[str, Any] = dict(operation.fixed_body)
    for f in _travelling(operation, In.BODY):
        value = getattr(params, f.name)
        if value is not None or (f.unsets and f.name in params.model_fields_set):
            _put(body, f.wire, to_jsonable_python(value, exclude_none=True))
            if f.along is not None and value is not None:
                _put(body, f.along.wire, f.along.beside(value))
    return {**body, **pages.added(operation, mark)} or None


def _enclosed(operation: AnyOperation, body: Mapping[str, Any] | None, stamp: Stamp | None) -> Mapping[str, Any] | None:
    if operation.envelope is None:
        return body
    # check: an event is sent with a stamp
    if stamp is None:
        raise ValueError(f"{operation.id} is sent with a stamp")
    return enclosed(body or {}, operation.envelope, stamp)


def _put(body: dict[str, Any], wire: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    """Set the field; ``outer.inner`` is one of an inner object."""
    outer, _, inner = wire.rpartition(".")
    (body.setdefault(outer, {}) if outer else body)[inner] = value


def _document(operation: AnyOperation, response: Response, connection: Connection) -> Any:  # noqa: ANN401 - any JSON
    try:
        # check[unwrap]: every answer is cleaned
        return _cleaned(_parsed(response.body), operation, response.body)
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, TooDeepError | RecursionError):
            why, remedy = "it is nested too deep or holds too much", fewer(operation, connection)
            raise malformed(connection, operation, why, remedy=remedy) from None
        raise malformed(connection, operation, "it is not JSON") from None


def _cleaned(document: Any, operation: AnyOperation, body: bytes) -> Any:  # noqa: ANN401 - any JSON
    key = pages.rows_key(operation)
    model: type[Result] = operation.result
    if (
        key is not None
        and operation.shape is Shape.MANY
        # check: only flat models are read the quick way
        and is_flat(model)
    ):
        return cleaned_page(document, key, body)
    return cleaned(document)


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The document. Raises ValueError for what is no JSON, RecursionError for what is nested without end.

    The quick parser is the stricter one (half a surrogate pair, deep nesting): what it refuses, the other one judges.
    """
    try:
        return from_json(body, cache_strings="keys")
    except ValueError:
        return json.loads(body.decode(), parse_int=_whole_number)


def _whole_number(digits: str) -> int | None:
    """None for one of so many digits that it could not be written again."""
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _rows(
    operation: Operation[P, R],
    document: Any,  # noqa: ANN401 - any JSON
    connection: Connection,
) -> tuple[tuple[R, ...], int]:
    """The rows, and how many more could not be used. One row that is not usable is no reason to lose the others."""
    many = operation.shape is Shape.MANY
    # check: an answer of another form is an error
    if not isinstance(document, list if many else dict):
        raise malformed(connection, operation, f"it is not {'a list' if many else 'an object'}")
    given: list[Any] = list(cast("list[Any]", document)) if many else [document]
    # check: an answer holds so many rows and no more
    if len(given) > MOST_ROWS:
        raise malformed(connection, operation, f"it holds more than {MOST_ROWS} rows")
    try:
        return tuple(_in_parts(operation.result, given)), 0
    except ValidationError as problem:
        # check[none]: a row without a right id costs no other row
        rows = tuple(row for each in given for row in _usable(operation.result, each))
        if rows:
            return rows, len(given) - len(rows)
        # The names of our own fields, never the values of theirs.
        fields = sorted({str(error["loc"][1]) for error in problem.errors() if len(error["loc"]) > 1})
        told = (
            f"these fields are not of the documented form: {', '.join(fields)}" if fields else "a row is not an object"
        )
        raise malformed(connection, operation, told) from None


def _usable(model: type[R], row: Any) -> list[R]:  # noqa: ANN401 - any JSON
    """The row alone, or nothing."""
    try:
        return _reader(model).validate_python([row])
    except ValidationError:
        return []


def _in_parts(model: type[R], found: list[Any]) -> list[R]:
    """A part is read a good deal faster than its rows one by one, and does not keep other threads waiting for long."""
    if len(found) <= PART:
        return _reader(model).validate_python(found)
    parts = (found[start : start + PART] for start in range(0, len(found), PART))
    return cast("list[R]", [row for part in parts for row in _reader(model).validate_python(part)])


@cache
def _reader(model: type[R]) -> TypeAdapter[list[R]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]  # a type made of a value


def fewer(operation: AnyOperation, connection: Connection) -> str:
    """What to do about an answer that is too large."""
    if operation.per_page is not None:
        return "Ask for fewer rows per page."
    return f"It does not come in parts: look at it in the pages of {connection.provider.title}."


def malformed(
    connection: Connection,
    operation: AnyOperation,
    why: str,
    *,
    remedy: str = "Try again; if it stays, tell the operator of crashgate.",
) -> UpstreamError:
    """The error for a success that is not what the upstream's documents promise; nobody refused, so no status."""
    changed = operation.access is not Access.READ
    return UpstreamError(
        f"{connection.provider.title}'s answer cannot be used:",
        why=f"{why}. The change was accepted." if changed else f"{why}.",
        remedy="Check before you try again." if changed else remedy,
        code=Code.UPSTREAM_MALFORMED,
    )
