"""Operation and parameters to request, response to rows. Rule: reads everything off the catalogue's entry.

Of an answer only the keys that its rows are read by are decoded; the rest is passed over, but counts. A document that
the quick decoder refuses is judged by two that are more tolerant, so that no odd value (``1e999``, half a surrogate
pair) loses it.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any, Final, Generic, cast

import msgspec
from msgspec.structs import astuple
from pydantic_core import from_json, to_jsonable_python

from crashgate.errors import Code, UpstreamError
from crashgate.model.access import Access
from crashgate.model.field_table import declared_fields
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation, Cursors, Field, Inside, Links, Numbered, Operation, P, Paging, Shape
from crashgate.model.params import In, Params
from crashgate.model.provider import Connection
from crashgate.model.reads import ReadsByName
from crashgate.model.result import Only, Page, R
from crashgate.model.scope import EnvironmentRows
from crashgate.sanitise import DEEPEST
from crashgate.upstream import paging as pages
from crashgate.upstream import request as query
from crashgate.upstream.columns import WHOLE, Rows, by_key_of_objects, row_reader
from crashgate.upstream.paging import OddAnswerError
from crashgate.upstream.request import Stamp, enclosed, expand

NO_CONTENT = 204

MOST_NODES = 500_000
"""Values in one document."""

MOST_ROWS = 10_000
"""In one answer; the most that an upstream documents for a page is 1,000, and some lists are not paged."""

_MOST_DIGITS = 4_000
"""Of a whole number; Python writes 4,300."""

_BYTES_OF_A_VALUE = 2
"""At least, with what stands between two of them."""

_DECIDING: Final = frozenset({"id", "slug", "environment", "platform"})
"""The fields by which rows are in scope or not, beside those that say in which place they are."""


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


def decode(  # noqa: PLR0913 - an answer to a request, and what of it is wanted
    operation: Operation[P, R],
    request: Request,
    response: Response,
    connection: Connection,
    *,
    mark: str | None = None,
    fields: frozenset[str] | None = None,
) -> Page[R]:
    """The rows of a successful answer, with these ``fields`` and those that decide; None asks for all.

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
    try:
        reader = answer_reader(operation, fields)
        listing = pages.listing(operation, reader.parse(response.body), request, response, mark)
        found, faults = reader.read(listing.rows)
    except OddAnswerError as problem:
        raise malformed(connection, operation, str(problem)) from None
    except (TooMuchError, RecursionError):
        why, remedy = "it is nested too deep or holds too much", fewer(operation, connection)
        raise malformed(connection, operation, why, remedy=remedy) from None
    except ValueError:
        raise malformed(connection, operation, "it is not JSON") from None
    rows = tuple([row for row in found if row is not None])
    if found and not rows:
        # The names of our own fields, never the values of theirs.
        lacking = f"these fields are not of the documented form: {', '.join(sorted(faults))}"
        raise malformed(connection, operation, lacking if faults else "a row is not an object")
    unusable = len(found) - len(rows)
    return Page(
        rows=rows,
        unusable=unusable,
        next_mark=listing.next_mark,
        previous_mark=listing.previous_mark,
        later_mark=listing.later_mark,
        # check[never]: a total is not told where a row could not be read
        total=None if unusable else listing.total,
        truncated=listing.foreign,
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
    remedy: str = "Try again; if it happens again, tell the operator of crashgate.",
) -> UpstreamError:
    """The error for a success that is not what the upstream's documents promise; nobody refused, so no status."""
    changed = operation.access is not Access.READ
    return UpstreamError(
        f"{connection.provider.title}'s answer cannot be used:",
        why=f"{why}. The change was accepted." if changed else f"{why}.",
        remedy="Check before you try again." if changed else remedy,
        code=Code.UPSTREAM_MALFORMED,
    )


class TooMuchError(ValueError):
    """The document holds more values than any documented answer."""


class AnswerReader(Generic[R]):
    """Reads the answers of an operation for some of their fields."""

    def __init__(self, model: type[R], paging: Paging, shape: Shape, wanted: frozenset[str] | None) -> None:
        self._many = shape is Shape.MANY
        depth = DEEPEST - 1 - self._many - (not isinstance(paging, Links))
        self._reader = row_reader(model, wanted, depth)
        keys = self._reader.keys
        raw = Any if WHOLE in keys else _struct(keys)
        rows = list[raw] if self._many else raw  # type: ignore[valid-type]  # a type made of a value
        self._raw = raw
        self._around = keys_around(paging)
        self._decoder = msgspec.json.Decoder(_struct(self._around, rows) if self._around else rows)
        self._by_key = by_key_of_objects(keys)

    def parse(self, body: bytes) -> Any:  # noqa: ANN401 - any JSON
        """The document; its rows are as ``read`` takes them.

        Raises ValueError for what is no JSON, RecursionError and TooMuchError.
        """
        if len(body) >= _BYTES_OF_A_VALUE * MOST_NODES:
            _check_size(body)
        try:
            found: Any = self._decoder.decode(body)
        except (ValueError, msgspec.MsgspecError):
            return _parse_tolerantly(body)
        return dict(zip(self._around, astuple(found), strict=True)) if self._around else found

    def read(self, given: Any) -> Rows[R]:  # noqa: ANN401 - any JSON
        """The rows. Raises OddAnswerError where they are none."""
        if self._many:
            # check: an answer of another form is an error
            if not isinstance(given, list):
                raise OddAnswerError("it is not a list")
            raws = cast("list[Any]", given)
        else:
            if not isinstance(given, dict | msgspec.Struct):
                raise OddAnswerError("it is not an object")
            raws = [cast("Any", given)]
        # check: an answer holds so many rows and no more
        if len(raws) > MOST_ROWS:
            raise OddAnswerError(f"it holds more than {MOST_ROWS} rows")
        if raws and raws[0].__class__ is self._raw:
            return self._reader.read(raws, self._by_key_of_structs)
        objects: list[Any] = [raw for raw in raws if isinstance(raw, dict)]
        found, faults = self._reader.read(objects, self._by_key)
        if len(objects) == len(raws):
            return found, faults
        rows = iter(found)
        return [next(rows) if isinstance(raw, dict) else None for raw in raws], faults

    def _by_key_of_structs(self, raws: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
        return dict(zip(self._reader.keys, map(list, zip(*map(astuple, raws), strict=True)), strict=True))


_MOST_READERS = 1_000
_readers: dict[tuple[int, frozenset[str] | None], tuple[AnyOperation, AnswerReader[Any]]] = {}
"""By the operation's identity, which is that of nothing else while the operation is kept beside."""


def answer_reader(operation: Operation[P, R], fields: frozenset[str] | None) -> AnswerReader[R]:
    """What reads answers of the operation for these fields and those that decide; None asks for all."""
    key = id(operation), fields
    if key not in _readers:
        if len(_readers) >= _MOST_READERS:
            _readers.clear()
        wanted = None if fields is None else fields | _decide(operation)
        _readers[key] = operation, AnswerReader(operation.result, operation.paging, operation.shape, wanted)
    return _readers[key][1]


def _decide(operation: AnyOperation) -> frozenset[str]:
    """The fields by which rows are in scope and about what was asked, and the names of fields that are counted."""
    found = {*_DECIDING, *operation.named.values()}
    if isinstance(operation.scope, EnvironmentRows) and operation.scope.parts:
        found.add(operation.scope.parts)
    for each in declared_fields(operation.result):
        if any(isinstance(mark, ReadsByName) or (isinstance(mark, Only) and mark.place) for mark in each.marks):
            found.add(each.name)
    return frozenset(found)


def _struct(keys: Sequence[str], first: Any = Any) -> type[msgspec.Struct]:  # noqa: ANN401 - a type
    """An object of which these keys are decoded, the ``first`` as this type and the others whatever they are."""
    kinds = (first, *repeat(Any, len(keys) - 1)) if keys else ()
    fields = [
        (f"_{number}", kind, msgspec.field(name=key, default=None))
        for number, (key, kind) in enumerate(zip(keys, kinds, strict=True))
    ]
    return msgspec.defstruct("Raw", fields, gc=False)


def keys_around(paging: Paging) -> tuple[str, ...]:
    """What is read of an object that has the rows under a key, which stands first; none where the rows are all."""
    match paging:
        case Numbered(rows=key, meta=meta):
            return (key, paging.total, paging.pages) if meta is None else (key, meta)
        case Cursors(rows=key):
            return key, paging.following, paging.preceding
        case Inside(key=key):
            return (key,)
        case Links():
            return ()


def _parse_tolerantly(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The document. Raises ValueError for what is no JSON, RecursionError for what is nested without end."""
    try:
        return from_json(body, cache_strings="keys")
    except ValueError:
        return json.loads(body.decode(), parse_int=_whole_number)


def _whole_number(digits: str) -> int | None:
    """None for one of so many digits that it could not be written again."""
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _check_size(body: bytes) -> None:
    """Raises TooMuchError, and what ``_parse_tolerantly`` raises."""
    # What stands in texts is counted too, so there may be fewer.
    if body.count(b",") + body.count(b"[") + body.count(b"{") < MOST_NODES - 1:
        return
    left, around = MOST_NODES - 1, [_inside(_parse_tolerantly(body))]
    while around:
        values = around.pop()
        left -= len(values)
        # check: an answer holds so many values and no more
        if left < 0:
            raise TooMuchError
        around += [_inside(each) for each in values if isinstance(each, dict | list)]


def _inside(node: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """The values of an object or a list; none of anything else."""
    if isinstance(node, dict):
        return list(cast("dict[str, Any]", node).values())
    return cast("list[Any]", node) if isinstance(node, list) else []
