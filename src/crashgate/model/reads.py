"""Which fields of answers a parameter reads when it filters, sorts or counts.

Whoever filters by a field learns its values, one yes or no at a time. So if a policy takes a field out of answers, no
parameter that reads it is accepted (THREATS row 38). Rule: a parameter that reads declares its fields, or fails at
import.

A field is written after the resource whose rows have it: ``event.user.email``. ``*`` as the last name means any part
of what precedes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

EVERYTHING = "*"
"""In place of a field: whatever any answer holds."""


@dataclass(frozen=True)
class Reads:
    """The parameter reads these fields, whatever its value is."""

    fields: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises ValueError without a field; a parameter that reads none is a ReadsNothing, with a reason."""
        if not self.fields:
            raise ValueError("a parameter that reads no field says why: use ReadsNothing")


@dataclass(frozen=True)
class ReadsNothing:
    """The parameter neither filters, sorts nor counts by a field; ``reason`` says why that is so."""

    reason: str

    def __post_init__(self) -> None:
        """Raises ValueError without a reason."""
        if not self.reason.strip():
            raise ValueError("a parameter that reads no field says why")

    @property
    def fields(self) -> tuple[str, ...]:
        """No field."""
        return ()


@dataclass(frozen=True, eq=False)
class ReadsByName:
    """The value names what is read, as text, as items or as keys. ``named`` are the names that are known.

    Any other name reads ``otherwise``. Names are compared without regard to case, up to a colon (``users:desc``).
    """

    named: Mapping[str, Reads | ReadsNothing]
    otherwise: Reads = Reads((EVERYTHING,))

    def of(self, name: str) -> tuple[str, ...]:
        """The fields that one name reads."""
        return self.named.get(name.partition(":")[0].strip().lower(), self.otherwise).fields


Declared = Reads | ReadsNothing | ReadsByName


def fields_read(declared: Declared, value: object) -> Iterator[str]:
    """The fields that a parameter with this value reads."""
    if not isinstance(declared, ReadsByName):
        yield from declared.fields
        return
    names = (value,) if isinstance(value, str) else cast("Mapping[str, Any] | tuple[str, ...]", value)
    for name in names:
        yield from declared.of(str(name))
