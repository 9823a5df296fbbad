"""A record as one line of canonical JSON, and back. Each record has exactly one spelling, in ASCII only.

Keys are sorted, there are no spaces, and everything beyond printable ASCII is escaped: whatever text gets into a field,
the stored line holds no newline, no control character and no bidirectional character (THREATS rows 25 and 26).

Records are written in format 3. Earlier formats can still be read: fields that they lack have their defaults.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, TypeVar, cast, get_type_hints

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.checkpoint import (
    AcknowledgementRecord,
    CheckpointRecord,
    FreezeRecord,
    HeadLossRecord,
    PruneRecord,
)
from crashgate.audit.record import DecisionRecord, Effect, Ending, OutcomeRecord, Purpose, Record, Value
from crashgate.errors import Code
from crashgate.identity import Via
from crashgate.model.access import Access

T = TypeVar("T")

FORMAT = 3
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
    # check: a record of an unknown format is not read
    if type(format_) is not int or not _OLDEST <= format_ <= FORMAT:
        raise ValueError(f"this is not a record of a format from {_OLDEST} to {FORMAT}")
    kind = plain.pop("kind", None)
    loads = _LOADS_OF[format_].get(kind) if isinstance(kind, str) else None
    if (
        loads is None
        # check: a record has the fields of its kind and no others
        or plain.keys() != loads.keys()
    ):
        raise ValueError("the record has other fields than its kind")
    loaded: dict[str, Any] = {name: load(plain[name]) for name, load in loads.items()}
    return _CLASSES[kind](**loaded)


def decode_as(kind: type[T], body: str) -> T | None:
    """The record of a line if it can be read and is of this kind."""
    try:
        record = decode(body)
    except ValueError:
        return None
    return record if isinstance(record, kind) else None


def _object(body: str) -> dict[str, Any]:
    try:
        plain = json.loads(body) if body.isascii() else None
    except RecursionError:
        plain = None
    return cast("dict[str, Any]", plain) if isinstance(plain, dict) else {}


_ENCODER = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    # check[never]: a record holds plain ASCII
    ensure_ascii=True,
    allow_nan=False,
)


def _exactly(*types: type) -> Load:
    """Only these very types, so that true is no number."""

    def load(value: object) -> object:
        # check: true is no number in a record
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
    Code | None: _or_none(Code),
    Mapping[str, Value]: _arguments,
}
"""A field of a type that is not in here fails at import, not when a log is read."""

_CLASSES: Mapping[str, type[Record]] = {
    record.KIND: record
    for record in (
        DecisionRecord,
        OutcomeRecord,
        AttemptRecord,
        CheckpointRecord,
        PruneRecord,
        HeadLossRecord,
        AcknowledgementRecord,
        FreezeRecord,
    )
}

_SINCE: Mapping[int, Mapping[str, frozenset[str]]] = {
    2: {
        DecisionRecord.KIND: frozenset({"environment", "platform", "app", "observed", "approval"}),
        OutcomeRecord.KIND: frozenset({"redacted", "shared"}),
    },
    3: {DecisionRecord.KIND: frozenset({"answered_by", "continued", "trace"})},
}
"""The fields that came with a format, by kind."""

_KINDS_OF_1 = frozenset({DecisionRecord.KIND, OutcomeRecord.KIND})
_KINDS_OF_2 = _KINDS_OF_1 | {AttemptRecord.KIND, CheckpointRecord.KIND, PruneRecord.KIND}


def _loads(record: type[Record]) -> Mapping[str, Load]:
    hints = get_type_hints(record)
    return {field.name: _OF_TYPE[hints[field.name]] for field in fields(record)}


Loads = Mapping[str, Mapping[str, Load]]
"""How the fields of a format are read, by kind."""


def _without(loads: Loads, since: Mapping[str, frozenset[str]]) -> Loads:
    """The fields of the format before the one in which those of ``since`` came."""
    return {
        kind: {name: load for name, load in each.items() if name not in since.get(kind, frozenset())}
        for kind, each in loads.items()
    }


_LOADS: Loads = {kind: _loads(record) for kind, record in _CLASSES.items()}
_LOADS_OF_2: Loads = {kind: each for kind, each in _without(_LOADS, _SINCE[3]).items() if kind in _KINDS_OF_2}
_LOADS_OF_1: Loads = {kind: each for kind, each in _without(_LOADS_OF_2, _SINCE[2]).items() if kind in _KINDS_OF_1}
_LOADS_OF: Mapping[int, Loads] = {1: _LOADS_OF_1, 2: _LOADS_OF_2, FORMAT: _LOADS}
