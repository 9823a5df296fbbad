"""Example answers as JSON that a person reads: long lists and texts are cut, and small objects stand on one line."""

import json
from collections.abc import Mapping
from typing import Any, cast

_ROWS = 2
_TEXT = 160
_WIDTH = 100
_DEEPEST = 40


def show_json(value: object) -> str:
    """The value as JSON, of lists no more than the first two items, of a text the beginning."""
    return "\n".join(_lines(_short(value, 0), 0))


def _short(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        inside = cast("Mapping[str, object]", value)
        return {key: _short(each, depth + 1) for key, each in inside.items()} if depth < _DEEPEST else "…"
    if isinstance(value, list | tuple):
        items = cast("list[object]", value)
        plain = all(not isinstance(each, Mapping | list) for each in items)
        most = len(items) if plain and len(json.dumps(items)) <= _WIDTH else _ROWS
        rest = [f"… {len(items) - most} more"] if len(items) > most else []
        return [*(_short(each, depth + 1) for each in items[:most]), *rest]
    if isinstance(value, str) and len(value) > _TEXT:
        return f"{value[:_TEXT]}…"
    return value


def _lines(value: Any, indent: int) -> list[str]:  # noqa: ANN401 - any JSON
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(flat) + indent <= _WIDTH:
        return [flat]
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        parts = [_keyed(key, _lines(each, indent + 2)) for key, each in inside.items()]
    else:
        parts = [_lines(each, indent + 2) for each in cast("list[Any]", value)]
    for part in parts[:-1]:
        part[-1] += ","
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return [opening, *(f"  {line}" for part in parts for line in part), closing]


def _keyed(key: str, lines: list[str]) -> list[str]:
    return [f"{json.dumps(key, ensure_ascii=False)}: {lines[0]}", *lines[1:]]
