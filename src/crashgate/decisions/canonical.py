"""A record as one line of JSON, and back. Rule: one spelling for each record, and not a character beyond ASCII in it.

Keys sorted, no spaces, everything beyond printable ASCII escaped: whatever text gets into a field, the stored line
holds no newline, no control and no bidirectional character (THREATS rows 25 and 26).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, cast, get_type_hints

from crashgate.catalogue.access import Access
from crashgate.catalogue.provider import Provider
from crashgate.decisions.record import (
    FORMAT,
    DecisionRecord,
    Effect,
    Ending,
    OutcomeRecord,
    Purpose,
    Record,
    Value,
)
from crashgate.errors import Code
from crashgate.identity import Via

Load = Callable[[Any], object]
"""Checks one JSON value and makes the field's value of it; raises ValueError."""


def encode(record: Record) -> str:
    """The record as one line of canonical JSON.

    Raises TypeError or ValueError where a field holds something that its type does not allow.
    """
    plain: dict[str, object] = {name: getattr(record, name) for name in _LOADS[record.KIND]}
    if isinstance(record, DecisionRecord):
        plain["arguments"] = dict(record.arguments)
    plain["format"] = FORMAT
    plain["kind"] = record.KIND
    return _ENCODER.encode(plain)


def decode(body: str) -> Record:
    """The record of a line that ``encode`` made. Raises ValueError for anything else."""
    plain = _object(body)
    if plain.pop("format", None) != FORMAT:
        raise ValueError(f"this is not a record of format {FORMAT}")
    kind = plain.pop("kind", None)
    loads = _LOADS.get(kind) if isinstance(kind, str) else None
    if loads is None or plain.keys() != loads.keys():
        raise ValueError("the record has other fields than its kind")
    loaded: dict[str, Any] = {name: load(plain[name]) for name, load in loads.items()}
    return _CLASSES[kind](**loaded)


def _object(body: str) -> dict[str, Any]:
    try:
        plain = json.loads(body) if body.isascii() else None
    except RecursionError:
        plain = None
    return cast("dict[str, Any]", plain) if isinstance(plain, dict) else {}


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _exactly(*types: type) -> Load:
    """Only these very types, so that true is no number."""

    def load(value: object) -> object:
        if type(value) not in types:
            raise ValueError("a field holds a value of another type")
        return value

    return load


def _or_none(load: Load) -> Load:
    return lambda value: None if value is None else load(value)


def _arguments(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("arguments are not an object")  # noqa: TRY004 - one error for every unreadable record
    items = cast("dict[str, object]", value).items()
    return {name: tuple(cast("list[object]", item)) if isinstance(item, list) else item for name, item in items}


_OF_TYPE: Mapping[object, Load] = {
    str: _exactly(str),
    str | None: _exactly(str, NoneType),
    int: _exactly(int),
    int | None: _exactly(int, NoneType),
    Via: Via,
    Effect: Effect,
    Purpose: Purpose,
    Ending: Ending,
    Access | None: _or_none(Access),
    Provider | None: _or_none(Provider),
    Code | None: _or_none(Code),
    Mapping[str, Value]: _arguments,
}
"""A field of a type that is not in here fails at import, not when a log is read."""

_CLASSES: Mapping[str, type[DecisionRecord] | type[OutcomeRecord]] = {
    record.KIND: record for record in (DecisionRecord, OutcomeRecord)
}


def _loads(record: type[Record]) -> Mapping[str, Load]:
    hints = get_type_hints(record)
    return {field.name: _OF_TYPE[hints[field.name]] for field in fields(record)}


_LOADS = {kind: _loads(record) for kind, record in _CLASSES.items()}
