"""How much of many rows is shown at once. Rule: at least one, and never a row without its being counted."""

from collections.abc import Callable, Sequence
from typing import Any

MOST_CHARACTERS = 60_000
"""Of the rows of one answer, however many upstream gives at once."""


def fitting(rows: Sequence[Any], row: Callable[[Any], Any]) -> list[Any]:
    """The first of the rows, as ``row`` makes them: MOST_CHARACTERS together, at least one."""
    shown: list[Any] = []
    room = MOST_CHARACTERS
    for each in rows:
        found = row(each)
        room -= len(str(found))
        if shown and room < 0:
            break
        shown.append(found)
    return shown


def bounded(
    rows: Sequence[Any], row: Callable[[Any], Any], *, most: int, remedy: str
) -> tuple[list[Any], dict[str, Any]]:
    """At most ``most`` of the rows that fit, and what there is to say of the others."""
    shown = fitting(rows[:most], row)
    rest = len(rows) - len(shown)
    return shown, {"not_shown": {"count": rest, "remedy": remedy}} if rest else {}
