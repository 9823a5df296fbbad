"""Rows as text. Rule: what repeats is written once, in a table, and a row only joins it with what is its own.

CSV (G throughout, as the page shows none): the JSON's names as header, in the same order; ``true`` and ``false``;
nothing for null; objects as JSON; quotes only where needed; CRLF; no guard against formulas.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum, unique


@unique
class Format(StrEnum):
    """How rows are written."""

    JSON = "json"
    CSV = "csv"


def json_text(value: object) -> str:
    """Compact JSON, with letters of any script as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def value(given: object, form: Format) -> str:
    """One value."""
    return json_text(given) if form is Format.JSON else csv_line([given])


def members(given: Mapping[str, object], form: Format) -> str:
    """A part of a row, to stand between commas."""
    return json_text(given)[1:-1] if form is Format.JSON else csv_line(given.values())


def record(given: Mapping[str, object], form: Format) -> str:
    """A whole row."""
    return json_text(given) if form is Format.JSON else csv_line(given.values())


def csv_line(values: Iterable[object]) -> str:
    """Cells and the commas between them, without the end of the line."""
    cells = [_cell(one) for one in values]
    if cells == [""]:
        # A lone empty cell would be quoted, as it could not be told from no line at all; ours never stands alone.
        return ""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n")


def _cell(given: object) -> str:
    if given is None:
        return ""
    return given if isinstance(given, str) else json_text(given)
