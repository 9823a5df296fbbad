"""Rows as an answer gives them, and as JSON."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, cast

from crashgate.model.field_table import Declared, declared_fields
from crashgate.model.operation import AnyOperation
from crashgate.model.result import From, R, Result, SecretMark
from crashgate.sanitise import DEEPEST
from crashgate.upstream.codec import keys_around
from crashgate.upstream.columns import find_converter, read_objects


def read_row(model: type[R], raw: Mapping[str, Any]) -> R:
    """The row that this object of an answer gives."""
    ((row,), _) = read_objects(model, [raw])
    assert row is not None, f"{model.__name__} lacks a field"
    return row


def read_value(kind: Any, value: object) -> Any:  # noqa: ANN401 - an annotation, and any value
    """What a field of this kind holds where the upstream gives this value."""
    (found,) = find_converter(kind, DEEPEST)([value])
    return found


def rows_key(operation: AnyOperation) -> str | None:
    """Under which key the rows are in an answer; None where they are all of it."""
    return next(iter(keys_around(operation.paging)), None)


def dump(value: Any) -> Any:  # noqa: ANN401 - any field of any row
    """The value as JSON, with every declared field but the digest of a secret under its name in answers."""
    if isinstance(value, Result):
        pairs = [(each, getattr(value, each.name)) for each in declared_fields(type(value))]
        return {each.shown: dump(inner) for each, inner in pairs if inner is None or not is_secret(each)}
    if isinstance(value, list | tuple):
        return [dump(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: dump(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def dump_like(value: Any, like: Any) -> Any:  # noqa: ANN401 - any JSON
    """The dumped ``value`` without empty fields that the JSON ``like`` has not got."""
    if isinstance(value, dict) and isinstance(like, dict):
        pairs, known = cast("dict[str, Any]", value), cast("dict[str, Any]", like)
        kept = [key for key, each in pairs.items() if key in known or each not in (None, [])]
        return {key: dump_like(pairs[key], known.get(key)) for key in kept}
    if isinstance(value, list) and isinstance(like, list):
        both = zip_longest(cast("list[Any]", value), cast("list[Any]", like)[: len(cast("list[Any]", value))])
        return [dump_like(one, other) for one, other in both]
    return None if value == [] and like is None else cast("Any", value)


def is_secret(field: Declared) -> bool:
    """Whether the field is marked as a secret."""
    return any(isinstance(mark, SecretMark) for mark in field.marks)


def sources(model: type[Result]) -> dict[str, list[str]]:
    """For each field, where the upstream has it."""
    return {
        each.name: next(([*mark.paths] for mark in each.marks if isinstance(mark, From)), [each.name])
        for each in declared_fields(model)
    }


def filled(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The object without what is null."""
    return {key: item for key, item in value.items() if item is not None}
