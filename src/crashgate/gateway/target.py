"""What a call acts on, in words. Rule: made of the catalogue's words and of values that the log may show.

A target holds parameter names in braces. One that is a list is told by how many there are, as what the braces say:
``{error_ids:error}`` is ``1 error`` or ``100 errors``, so that nobody approves a hundred deletes as "several".
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast


class _Many:
    """A list in a sentence."""

    def __init__(self, values: Sequence[object]) -> None:
        self._number = len(values)

    def __format__(self, noun: str) -> str:
        return f"{self._number} {noun}{'' if self._number == 1 else 's'}"


class _Withheld:
    """A value that the log may not show, or that was not given."""

    def __format__(self, noun: str) -> str:
        return f"several {noun}s" if noun else "(not shown)"


class _Told(dict[str, Any]):
    def __missing__(self, name: str) -> _Withheld:
        return _Withheld()


def spoken(target: str, logged: Mapping[str, Any]) -> str:
    """``target`` with the values in its braces; what is not among them is said to be left out."""
    told = {
        name: _Many(cast("Sequence[object]", value)) if isinstance(value, list | tuple) else value
        for name, value in logged.items()
    }
    return target.format_map(_Told(told))
