"""Rows of several providers under one name. Rule: the same fields in the same order; what one has not is absent."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from crashgate.catalogue.result import Result
from crashgate.gateway.ask import Reply
from crashgate.text import clean
from crashgate.tools.present import UNTRUSTED, present
from crashgate.tools.tool import Detail, Shown, View
from crashgate.tools.views.page import Row

LONGEST = 300
"""Characters of a text in a list; with full detail texts are as long as they are read."""

MOST_CHARACTERS = 60_000
"""Of rows that upstream gives all at once."""


def common(*names: str, longest: int = LONGEST) -> Row:
    """A row with those of the fields that its model has, texts cut to ``longest``."""

    def row(result: Result, detail: Detail) -> dict[str, Any]:
        known = type(result).model_fields
        shown = present(result, [name for name in names if name in known])
        if detail is Detail.SUMMARY and UNTRUSTED in shown:
            shown[UNTRUSTED] = cut(shown[UNTRUSTED], longest)
        return shown

    return row


def cut(row: Mapping[str, Any], longest: int) -> dict[str, Any]:
    """The same row with every value cut, those of outsiders too."""
    return {key: cut(value, longest) if key == UNTRUSTED else squeezed(value, longest) for key, value in row.items()}


def squeezed(value: Any, longest: int) -> Any:  # noqa: ANN401 - any JSON
    """The value; where its JSON is longer than ``longest`` characters, the beginning of that as a text."""
    if isinstance(value, str):
        return clean(value, limit=longest)
    if not isinstance(value, dict | list | tuple):
        return value
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return cast("Any", value) if len(text) <= longest else clean(text, limit=longest)


def by_model(views: Mapping[type[Result] | None, View], otherwise: View) -> View:
    """The view for what the answer holds: providers that answer in another form have one of their own."""

    def view(reply: Reply, detail: Detail) -> Shown:
        rows: tuple[Result, ...] = reply.page.rows
        first = type(rows[0]) if rows else None
        return views.get(first, otherwise)(reply, detail)

    return view


def bounded(
    rows: Sequence[Any], row: Callable[[Any], Any], *, most: int, remedy: str
) -> tuple[list[Any], dict[str, Any]]:
    """At most ``most`` rows of MOST_CHARACTERS together, at least one, and what there is to say of the others."""
    shown: list[Any] = []
    room = MOST_CHARACTERS
    for each in rows[:most]:
        found = row(each)
        room -= len(str(found))
        if shown and room < 0:
            break
        shown.append(found)
    rest = len(rows) - len(shown)
    return shown, {"not_shown": {"count": rest, "remedy": remedy}} if rest else {}


def whole(
    result: Result,
    detail: Detail,
    names: Sequence[str],
    *,
    apart: str = "",
    longest: int = LONGEST,
) -> dict[str, Any]:
    """One object: the named fields, or all with full detail, but for the one that is shown ``apart``."""
    if detail is Detail.SUMMARY:
        return common(*names, longest=longest)(result, detail)
    return present(result, [name for name in type(result).model_fields if name != apart])
