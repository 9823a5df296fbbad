"""JSON Lines (https://jsonlines.org). Rule: one compact object a line, all columns in order, text as it is.

Lines end with a line feed. Text is not escaped beyond what JSON asks for; unknown is null.
"""

from collections.abc import Sequence

from pydantic_core import to_json

from crashgate.exports.encoder import Encoded
from crashgate.exports.page import Row
from crashgate.exports.rows import Fitting, encoded
from crashgate.model.export import Column


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
        return Encoded(data=encoded(self._fitting.fit(rows), _lines))


def _lines(rows: Sequence[Row]) -> bytes:
    lines = [to_json(row, inf_nan_mode="null") for row in rows]
    lines.append(b"")
    return b"\n".join(lines)
