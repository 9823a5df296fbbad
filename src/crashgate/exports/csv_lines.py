"""CSV as in RFC 4180. Rule: what a program reads back are the values, and a spreadsheet runs none of them.

UTF-8 without a byte order mark, a header line, lines that end with CR LF, fields quoted where they have to be.
Unknown is an empty field, and so is empty text. Booleans are ``true`` and ``false``, times are RFC 3339, nested data is
compact JSON. Text that begins like a formula gets an apostrophe in front and is counted; numbers stay numbers.
"""

import csv
import io
from collections.abc import Callable, Sequence
from typing import IO, cast

from pydantic_core import to_json

from crashgate.exports.column import Column, Kind
from crashgate.exports.encoder import Encoded
from crashgate.exports.page import Row
from crashgate.exports.rows import FittedRow, Fitting, encoded
from crashgate.formula import neutralised

_END = "\r\n"


class CsvLines:
    """Encodes rows as lines of CSV."""

    converts = False

    def __init__(self, columns: Sequence[Column]) -> None:
        self._fitting = Fitting(columns)
        self._names = [column.name for column in columns]
        self._of_kind = {kind: [column.name for column in columns if column.kind is kind] for kind in Kind}

    def head(self) -> bytes:
        """The names of the columns."""
        return _END.join([",".join(self._names), ""]).encode()

    def encode(self, rows: Sequence[Row]) -> Encoded:
        """One line a row. Raises ExportError for rows that do not fit the columns."""
        return encoded(self._fitting.fit(rows), self._lines)

    def convert(self, source: IO[bytes], target: IO[bytes]) -> None:
        """Never called: the file in progress is the finished one."""
        raise NotImplementedError

    def _lines(self, rows: list[FittedRow]) -> Encoded:
        # The rows are ours, but may come a second time: a step must not do more when it is repeated.
        rows = [row.copy() for row in rows]
        neutralised = self._neutralise(rows)
        self._each(rows, Kind.BOOLEAN, _word)
        self._each(rows, Kind.JSON, _compact)
        text = io.StringIO()
        csv.writer(text, lineterminator=_END).writerows([row.values() for row in rows])
        return Encoded(data=text.getvalue().encode(), neutralised=neutralised)

    def _neutralise(self, rows: list[FittedRow]) -> int:
        count = 0
        for name in self._of_kind[Kind.TEXT]:
            for row in rows:
                cell = cast("str | None", row[name])
                if cell is not None and (shown := neutralised(cell)) != cell:
                    row[name] = shown
                    count += 1
        return count

    def _each(self, rows: list[FittedRow], kind: Kind, change: Callable[[object], str]) -> None:
        for name in self._of_kind[kind]:
            for row in rows:
                if row[name] is not None:
                    row[name] = change(row[name])


def _word(value: object) -> str:
    return "true" if value else "false"


def _compact(value: object) -> str:
    return to_json(value, inf_nan_mode="null").decode()
