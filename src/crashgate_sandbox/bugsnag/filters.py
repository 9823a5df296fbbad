"""The ``filters`` query parameter, read as Rack reads it. Rule: a broken pair is refused, an unknown field ignored.

``filters[f][][type]=eq&filters[f][][value]=v``: a new comparison of a field begins where a key repeats, so all
types followed by all values falls apart and is refused. Source: docs/upstreams/bugsnag.md#filters.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crashgate_sandbox.bugsnag.answers import RefusedError
from crashgate_sandbox.bugsnag.call import Call, parse_time

_PAIR = re.compile(r"filters\[[^\]]+\]\[\]\[(type|value|child_value)\]")
_RELATIVE = re.compile(r"(\d{1,5})([hd])")
TYPES = frozenset({"eq", "ne", "empty"})
_TIMES = frozenset({"event.since", "event.before"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One comparison. ``child`` is the variant of a feature flag."""

    type: str
    value: str
    child: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldFilter:
    """All comparisons of one field.

    ``any_of``: at least one. ``none_of``: not one of them, and dropped beside ``any_of``. ``empty`` is whether the
    field must be empty; with ``any_of`` an empty field matches too, with ``none_of`` it must also have a value.
    """

    field: str
    any_of: tuple[Comparison, ...] = ()
    none_of: tuple[Comparison, ...] = ()
    empty: bool | None = None

    def matches(self, value_matches: Callable[[Comparison], bool], *, is_empty: bool) -> bool:
        """Whether a thing passes, asked one comparison at a time."""
        if self.any_of:
            return (self.empty is True and is_empty) or any(map(value_matches, self.any_of))
        if self.none_of:
            return not (self.empty is False and is_empty) and not any(map(value_matches, self.none_of))
        return self.empty is None or self.empty is is_empty


def read_filters(call: Call, known: frozenset[str]) -> tuple[FieldFilter, ...]:
    """The filters of a request on the fields that the project knows; 400 on a broken one."""
    if not call.filtering:
        return ()
    fields: dict[str, list[dict[str, str]]] = {}
    for name, value in call.query:
        if name.startswith("filter_groups"):
            raise RefusedError(400, "filter_groups is not part of the sandbox")
        if not name.startswith("filters"):
            continue
        field = name.removeprefix("filters").split("]")[0].lstrip("[")
        if field not in known:
            continue
        pair = _PAIR.fullmatch(name)
        if pair is None:
            raise broken(field)
        key = pair[1]
        comparisons = fields.setdefault(field, [])
        if not comparisons or key in comparisons[-1]:
            comparisons.append({})
        comparisons[-1][key] = value
    return tuple(_field(field, comparisons) for field, comparisons in fields.items())


def filter_time(text: str, now: datetime) -> datetime | None:
    """A time as ``event.since`` takes it: ISO UTC with ``Z``, or ``<n>h`` and ``<n>d`` before now."""
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        return parse_time(text)
    number, unit = int(relative[1]), relative[2]
    return now - (timedelta(hours=number) if unit == "h" else timedelta(days=number))


def _field(field: str, pairs: list[dict[str, str]]) -> FieldFilter:
    comparisons: list[Comparison] = []
    for pair in pairs:
        if not {"type", "value"} <= pair.keys() or pair["type"] not in TYPES:
            raise broken(field)
        if pair["type"] == "empty" and pair["value"] not in {"true", "false"}:
            raise broken(field)
        if field in _TIMES:
            _check_time(field, pair)
        comparisons.append(Comparison(type=pair["type"], value=pair["value"], child=pair.get("child_value")))
    if field == "search" and len(comparisons) > 1:
        raise RefusedError(400, "Filters Search may be used only once")
    return FieldFilter(
        field=field,
        any_of=tuple(one for one in comparisons if one.type == "eq"),
        none_of=tuple(one for one in comparisons if one.type == "ne"),
        empty=next((one.value == "true" for one in comparisons if one.type == "empty"), None),
    )


def _check_time(field: str, pair: dict[str, str]) -> None:
    if pair["type"] != "eq":
        raise broken(field)
    if _RELATIVE.fullmatch(pair["value"]) is None and parse_time(pair["value"]) is None:
        raise RefusedError(400, f"Filters {_spoken(field)} must be iso8601 format")


def broken(field: str) -> RefusedError:
    """The refusal of a comparison that is none; the exact words were probed live (L)."""
    return RefusedError(400, f'Filters {_spoken(field)} must be of the format {{"type" : ..., "value" : ...}}')


def _spoken(field: str) -> str:
    """``error.status`` -> ``Error status``."""
    return field.replace(".", " ").replace("_", " ").capitalize()
