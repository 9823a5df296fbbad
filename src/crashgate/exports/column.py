"""The columns of an export: names, kinds, and what they mean. Rule: fixed and documented before the first row."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@unique
class Kind(StrEnum):
    """What the values of a column are. A value that is not known is null in every format (an empty cell in CSV)."""

    TEXT = "text"
    INTEGER = "integer"
    """A whole number of at most 64 bits, signed."""
    NUMBER = "number"
    """A finite floating point number of 64 bits."""
    BOOLEAN = "boolean"
    TIME = "time"
    """RFC 3339 in UTC, ending in Z. In Parquet a timestamp in milliseconds; finer digits are cut off there."""
    JSON = "json"
    """Nested data: nested in JSON Lines, compact JSON text in CSV and Parquet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column. ``about`` says in a sentence what it holds, with the unit where there is one."""

    name: str
    kind: Kind
    about: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a column: lower case letters, digits and underscores")
        if not self.about.strip():
            raise ValueError(f"column {self.name} is not documented")


def checked(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns in their order. Raises ValueError when there are none, or two of one name."""
    fixed = tuple(columns)
    if not fixed:
        raise ValueError("an export has at least one column")
    if len({column.name for column in fixed}) != len(fixed):
        raise ValueError("two columns have the same name")
    return fixed
