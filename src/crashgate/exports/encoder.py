"""Rows become bytes. The bytes of a page depend on its rows alone, so that a file can be made again.

Rows are fitted to their columns first: every column in order, null where unknown, and no value of another type.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import IO, Protocol, TypeVar, cast

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from crashgate.errors import Code, ExportError
from crashgate.exports.page import Row
from crashgate.model.export import Column, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoded:
    """The bytes of some rows, and how many of their cells were neutralised."""

    data: bytes
    neutralised: int = 0


Converter = Callable[[IO[bytes], IO[bytes]], None]
"""Makes the finished file (second) of the one in progress (first), in memory that does not grow with the rows.

Raises ValueError when that one is not what was written.
"""


class Encoder(Protocol):
    """One format, for the columns of one export.

    While an export is in progress its data file is ``head`` and then the bytes of one page after the other, so that
    cutting it back to the end of a page is all it takes to go on from there.
    """

    @property
    def converter(self) -> Converter | None:
        """What makes the finished file; None where the one in progress is the finished one."""
        ...

    def head(self) -> bytes:
        """What stands before the first row."""
        ...

    def encode(self, rows: Sequence[Row]) -> Encoded:
        """The rows of one page. Raises ExportError for rows that do not fit the columns."""
        ...


FittedColumns = Sequence[Sequence[object]]
"""The values of each column, in the order of the rows."""

_Fitted = TypeVar("_Fitted", FittedColumns, Sequence[Row])
_Encoded = TypeVar("_Encoded")
_LARGEST = 2**63 - 1
_TIME = (
    r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?Z$"
)
_KINDS: Mapping[Kind, CoreSchema] = {
    Kind.TEXT: core_schema.str_schema(strict=True),
    Kind.INTEGER: core_schema.int_schema(strict=True, ge=-_LARGEST - 1, le=_LARGEST),
    Kind.NUMBER: core_schema.float_schema(strict=True, allow_inf_nan=False),
    Kind.BOOLEAN: core_schema.bool_schema(strict=True),
    Kind.TIME: core_schema.str_schema(strict=True, pattern=_TIME),
    Kind.JSON: core_schema.any_schema(),
}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


class Fitting:
    """Fits rows to columns. One compiled check a column, which takes a page of values at once."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]
        self._checks = [
            SchemaValidator(core_schema.list_schema(core_schema.nullable_schema(_KINDS[column.kind])))
            for column in columns
        ]
        # A whole number in such a column becomes a floating point one.
        self._alters = any(column.kind is Kind.NUMBER for column in columns)

    def columns(self, rows: Sequence[Row]) -> FittedColumns:
        """The rows' values, column by column. Raises ExportError where a value is not of its column's kind."""
        return [
            self._check(name, check, [row.get(name) for row in rows] if values is None else values)
            for name, check, values in zip(self._names, self._checks, self._take_columns(rows), strict=True)
        ]

    def fit(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows with all columns in order, and nothing else. Raises ExportError as ``columns`` does."""
        columns = self.columns(rows)
        if not self._alters and all([list(row) == self._names for row in rows]):  # noqa: C419 - a third of the time
            return rows
        return [dict(zip(self._names, values, strict=True)) for values in zip(*columns, strict=True)]

    def _take_columns(self, rows: Sequence[Row]) -> Sequence[Sequence[object] | None]:
        """The values of each column; None where a row has not all columns, and has to be asked for each."""
        if not rows or len(self._names) == 1:  # of one name, an itemgetter gives a bare value
            return [None] * len(self._names)
        try:
            return list(zip(*map(itemgetter(*self._names), rows), strict=True))
        except KeyError:
            return [None] * len(self._names)

    @staticmethod
    def _check(name: str, check: SchemaValidator, values: Sequence[object]) -> list[object]:
        try:
            return cast("list[object]", check.validate_python(values))
        except ValidationError:
            raise _misfit(name) from None


def encode_rows(fitted: _Fitted, encode: Callable[[_Fitted], _Encoded]) -> _Encoded:
    """What ``encode`` makes of the rows or columns; it has to raise ValueError for text that is not UTF-8.

    JSON can spell half of a surrogate pair, and no file format can hold it: it becomes the replacement character.
    Raises ExportError when there is something else in the rows that cannot be written.
    """
    try:
        return encode(fitted)
    except ValueError:
        try:
            return encode(cast("_Fitted", _without_surrogates(fitted)))
        except ValueError as problem:
            raise ExportError(
                "A row cannot be written.",
                why="It holds a value that the format cannot express.",
                remedy="Export without that column, or as JSON Lines.",
            ) from problem


def _misfit(column: str) -> ExportError:
    """Names the column; the value may be a stranger's text and is not quoted (THREATS row 7)."""
    return ExportError(
        f"A row does not fit the columns of the export: {column}.",
        why="The upstream gave a value of a different type from the documented one.",
        remedy="Report it: the provider's answer has changed. What was exported so far is kept.",
        code=Code.UPSTREAM_MALFORMED,
    )


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub(_REPLACEMENT, value)
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_without_surrogates(name): _without_surrogates(item) for name, item in items}
    return value
