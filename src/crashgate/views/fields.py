"""Rows made of the fields that a model declares for them, and texts cut to a length."""

import json
from collections.abc import Mapping
from typing import Any, cast

from crashgate.model.field_table import Visibility, shown_fields
from crashgate.model.result import Result
from crashgate.model.tool import Detail, Holds, Row
from crashgate.sanitise import clean
from crashgate.views.present import UNTRUSTED, present

LONGEST = 300
"""Characters of a text in a list; with full detail texts are as long as they are read."""


def show_fields(visibility: Visibility, *, longest: int | None = None) -> Row:
    """A row with the fields that its model declares for this visibility.

    ``longest`` is the number of characters to which outsiders' texts are cut, unless full detail is asked for.
    """

    def row(result: Result, detail: Detail) -> dict[str, Any]:
        shown = present(result, shown_fields(type(result), visibility))
        if longest is not None and detail is Detail.SUMMARY and UNTRUSTED in shown:
            shown[UNTRUSTED] = cut(shown[UNTRUSTED], longest)
        return shown

    return Row(row, Holds(visibility=visibility))


def cut(row: Mapping[str, Any], longest: int) -> dict[str, Any]:
    """The same row with every value cut, including those under ``untrusted``."""
    return {key: cut(value, longest) if key == UNTRUSTED else squeezed(value, longest) for key, value in row.items()}


def squeezed(value: Any, longest: int) -> Any:  # noqa: ANN401 - any JSON
    """The value. If its JSON is longer than ``longest`` characters, the beginning of that JSON as text."""
    if isinstance(value, str):
        return clean(value, limit=longest)
    if not isinstance(value, dict | list | tuple):
        return value
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return cast("Any", value) if len(text) <= longest else clean(text, limit=longest)
