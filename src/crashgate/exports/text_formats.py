"""CSV and JSON Lines.

CSV follows RFC 4180: UTF-8 without a byte order mark, a header line, lines that end with CR LF, fields quoted where
they have to be. Unknown is an empty field, and so is empty text. Booleans are ``true`` and ``false``, times are
RFC 3339, nested data is compact JSON. A program reads back the values, and a spreadsheet runs none of them: text that
begins like a formula, whatever separator the reader uses, gets an apostrophe there and is counted. Numbers
stay numbers.

JSON Lines (https://jsonlines.org) has one compact object a line, with all columns in order. Lines end with a line feed.
Text is escaped only where JSON requires it; unknown is null.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pydantic_core import to_json

from crashgate.exports.encoder import Encoded, FittedColumns, Fitting, encode_rows
from crashgate.exports.page import Row
from crashgate.model.export import Column, Kind
from crashgate.sanitise import may_run_inside, neutralised, neutralised_inside

_END = "\r\n"
_QUOTE = '"'
_SPECIAL = f"{_QUOTE},{_END}"
_is_special = re.compile(f"[{_SPECIAL}]").search
_ALONE = '""'
"""An empty field that is the only one of its line, which would be no line for many readers."""


class CsvLines:
    """Encodes rows as lines of CSV, column by column: most columns of a page need no look at each cell."""

    converter = None

    def __init__(self, columns: Sequence[Column]) -> None:
        self._fitting = Fitting(columns)
        self._names = [column.name for column in columns]
        self._kinds = [column.kind for column in columns]

    def head(self) -> bytes:
        """The names of the columns."""
        return _END.join([",".join(self._names), ""]).encode()

    def encode(self, rows: Sequence[Row]) -> Encoded:
        """One line a row. Raises ExportError for rows that do not fit the columns."""
        return encode_rows(self._fitting.columns(rows), self._lines)

    def _lines(self, columns: FittedColumns) -> Encoded:
        count, fields = 0, list[list[str]]()
        for kind, values in zip(self._kinds, columns, strict=True):
            cells = _WRITTEN[kind](values)
            if kind in _NEUTRALISED:
                count += _neutralise(cells, _NEUTRALISED[kind])
            fields.append(_quote_cells(cells))
        if len(fields) == 1:
            fields = [[cell or _ALONE for cell in fields[0]]]
        lines = [*map(",".join, zip(*fields, strict=True)), ""]
        return Encoded(data=_END.join(lines).encode(), neutralised=count)


def _neutralise(cells: list[str], neutralise: Callable[[str], str]) -> int:
    """Put an apostrophe wherever a spreadsheet would run a cell; how many cells those were."""
    different = set(cells)
    if (
        "".join([cell[:1] for cell in different]).isalnum()
        # check: a page of texts is looked through for formulas behind separators
        and not may_run_inside("".join(different))
    ):
        return 0
    changed = {
        cell: shown
        for cell in different
        # check[never]: no cell of a CSV file is a formula
        if (shown := neutralise(cell)) != cell
    }
    if not changed:
        return 0
    count = sum(cell in changed for cell in cells)
    cells[:] = [changed.get(cell, cell) for cell in cells]
    return count


def _quote_cells(cells: list[str]) -> list[str]:
    whole = "".join(cells)
    if not any(char in whole for char in _SPECIAL):
        return cells
    return [f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if _is_special(cell) else cell for cell in cells]


def _texts(values: Sequence[object]) -> list[str]:
    return [value or "" for value in cast("Sequence[str | None]", values)]


def _numbers(values: Sequence[object]) -> list[str]:
    return ["" if value is None else repr(value) for value in values]


def _words(values: Sequence[object]) -> list[str]:
    return ["" if value is None else "true" if value else "false" for value in values]


def _compact(values: Sequence[object]) -> list[str]:
    return ["" if value is None else to_json(value, inf_nan_mode="null").decode() for value in values]


_WRITTEN: Mapping[Kind, Callable[[Sequence[object]], list[str]]] = {
    Kind.TEXT: _texts,
    Kind.TIME: _texts,
    Kind.INTEGER: _numbers,
    Kind.NUMBER: _numbers,
    Kind.BOOLEAN: _words,
    Kind.JSON: _compact,
}
_NEUTRALISED: Mapping[Kind, Callable[[str], str]] = {
    Kind.TEXT: neutralised,
    # check: a formula in nested data gets an apostrophe
    Kind.JSON: neutralised_inside,  # it begins with a bracket, a quotation mark, a word or a number
}


class JsonLines:
    """Encodes rows as lines of JSON."""

    converter = None

    def __init__(self, columns: Sequence[Column]) -> None:
        self._fitting = Fitting(columns)

    def head(self) -> bytes:
        """Nothing: every line is a row."""
        return b""

    def encode(self, rows: Sequence[Row]) -> Encoded:
        """One line a row. Raises ExportError for rows that do not fit the columns."""
        return Encoded(data=encode_rows(self._fitting.fit(rows), _lines))


def _lines(rows: Sequence[Row]) -> bytes:
    lines = [to_json(row, inf_nan_mode="null") for row in rows]
    lines.append(b"")
    return b"\n".join(lines)
