"""What turns rows into bytes. Rule: the bytes of a page depend on its rows alone, so that a file can be repeated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from crashgate.exports.page import Row


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
