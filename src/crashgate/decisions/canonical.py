"""A record as one line of JSON, and back. Rule: one spelling for each record, and not a character beyond ASCII in it.

Keys sorted, no spaces, everything beyond printable ASCII escaped: whatever text gets into a field, the stored line
holds no newline, no control and no bidirectional character (THREATS rows 25 and 26).

What is written has format 2. Records of format 1 are still read: they lack the fields of ``_SINCE_2``, and have the
defaults for them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, cast, get_type_hints

from crashgate.catalogue.access import Access
from crashgate.catalogue.provider import Provider
from crashgate.decisions.attempt import Attempt, AttemptRecord
from crashgate.decisions.checkpoint import CheckpointRecord, PruneRecord
from crashgate.decisions.record import (
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

FORMAT = 2
"""The version of the shape of a record; a reader refuses a format that it does not know."""

_OLDEST = 1

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
    format_ = plain.pop("format", None)
    if type(format_) is not int or not _OLDEST <= format_ <= FORMAT:
        raise ValueError(f"this is not a record of a format from {_OLDEST} to {FORMAT}")
    kind = plain.pop("kind", None)
    loads = (_LOADS if format_ == FORMAT else _LOADS_OF_1).get(kind) if isinstance(kind, str) else None
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


def _texts(value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    if not all(isinstance(item, str) for item in items):
        raise ValueError("a field holds something else than a list of text")
    return tuple(cast("list[str]", items))


_OF_TYPE: Mapping[object, Load] = {
    str: _exactly(str),
    str | None: _exactly(str, NoneType),
    int: _exactly(int),
    int | None: _exactly(int, NoneType),
    bool: _exactly(bool),
    tuple[str, ...]: _texts,
    Attempt: Attempt,
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

_CLASSES: Mapping[str, type[Record]] = {
    record.KIND: record for record in (DecisionRecord, OutcomeRecord, AttemptRecord, CheckpointRecord, PruneRecord)
}

_SINCE_2: Mapping[str, frozenset[str]] = {
    DecisionRecord.KIND: frozenset({"environment", "platform", "app", "observed", "approval"}),
    OutcomeRecord.KIND: frozenset({"redacted", "shared"}),
}
"""Fields that format 1 did not have, by kind; it had no other kinds."""


def _loads(record: type[Record]) -> Mapping[str, Load]:
    hints = get_type_hints(record)
    return {field.name: _OF_TYPE[hints[field.name]] for field in fields(record)}


_LOADS = {kind: _loads(record) for kind, record in _CLASSES.items()}
_LOADS_OF_1 = {
    kind: {name: load for name, load in _LOADS[kind].items() if name not in since} for kind, since in _SINCE_2.items()
}
