"""Files of exports as a program reads them that knows nothing of us. Rule: no code of ours is used."""

import csv
import io
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyarrow import parquet

FORMATS = ("jsonl", "csv", "parquet")
Rows = list[dict[str, Any]]


def read_back(data: bytes, format_: str) -> Rows:
    """The rows as a program that knows nothing of us reads them; unknown is None, times are moments."""
    match format_:
        case "jsonl":
            return [_plain(json.loads(line)) for line in data.decode().splitlines()]
        case "csv":
            return [_plain(row) for row in csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)]
        case _:
            table = parquet.read_table(io.BytesIO(data))  # pyright: ignore[reportUnknownMemberType] - pyarrow has no types
            return [_plain(row) for row in table.to_pylist()]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value_of(name, value) for name, value in row.items()}


def value_of(name: str, value: Any) -> Any:  # noqa: ANN401 - a cell of any format
    if value in (None, "", [], {}):
        return None
    if name == "at" or name.endswith("_at"):
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC)
    if name in {"data", "recording_ids", "tab_ids"}:
        found = json.loads(value) if isinstance(value, str) else value
        return found or None
    if name.startswith(("has_", "is_")) or name == "handled":
        return {"true": True, "false": False}.get(value, value)
    numbers = name.endswith(("_count", "_ms", "_code", "_number", "_devices", "_width", "_height"))
    return int(value) if numbers else _seen(_without_apostrophes(value) if name != "id" else value)


def _without_apostrophes(text: str) -> str:
    """A text without what docs/exports.md says that a CSV file has before a formula."""
    return re.sub(r"([;\t\r\n|])'(?=[^\w;\t\r\n|]*[=+\-@|%])", r"\1", text.removeprefix("'"))


def _seen(text: str) -> str:
    """A text without what no eye sees, and without white space, which cleaning may change."""
    return "".join(char for char in text if char.isprintable() and not char.isspace())
