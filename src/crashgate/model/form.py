"""The kind of JSON that a parameter takes, read off its type. Rule: every list and every object has a limit.

The gate checks lengths by it before anything looks at an item (THREATS row 36).
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crashgate.model.params import Params, Unsets


@dataclass(frozen=True, kw_only=True, slots=True)
class OneValue:
    """Text, a number, true or false."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeJson:
    """Any JSON, with nothing said about what is in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListOf:
    """A list of at most ``most`` items."""

    item: "Form"
    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """An object of at most ``most`` keys that the caller chooses."""

    value: "Form"
    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """An object of declared parts. ``unset`` are those for which null is a value."""

    parts: Mapping[str, "Form"]
    unset: frozenset[str]


Form = OneValue | FreeJson | ListOf | Table | Parts


def form_of(params: type[BaseModel]) -> Parts:
    """The form of the parameters. Raises ValueError for a list or an object without a limit."""
    return _form_of(params)


@cache
def _form_of(params: Hashable) -> Parts:
    fields = cast("type[BaseModel]", params).model_fields
    return Parts(
        parts={name: _form(name, info.annotation, info.metadata) for name, info in fields.items()},
        unset=frozenset(name for name, info in fields.items() if any(isinstance(m, Unsets) for m in info.metadata)),
    )


def marks_of(params: type[BaseModel]) -> tuple[object, ...]:
    """Every mark on the parameters and on what is inside them, at any depth."""
    return _marks_of(params)


@cache
def _marks_of(params: Hashable) -> tuple[object, ...]:
    fields = cast("type[BaseModel]", params).model_fields.values()
    return tuple(mark for info in fields for mark in (*info.metadata, *_marks_within(info.annotation)))


def _marks_within(annotation: Any) -> Iterable[object]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, Params):
        yield from marks_of(annotation)
        return
    inside = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from inside[1:]
        inside = inside[:1]
    for each in inside:
        yield from _marks_within(each)


def part_names(form: Form) -> frozenset[str]:
    """The declared names in it, at any depth."""
    match form:
        case ListOf(item=inner) | Table(value=inner):
            return part_names(inner)
        case Parts(parts=parts):
            return frozenset(parts).union(*map(part_names, parts.values()))
        case _:
            return frozenset()


def _form(name: str, annotation: Any, marks: Iterable[object]) -> Form:  # noqa: ANN401 - any annotation
    origin, inside = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return FreeJson()
    if origin is Annotated:
        return _form(name, inside[0], (*marks, *_flat(inside[1:])))
    if origin in {Union, UnionType}:
        kinds = [each for each in inside if each is not NoneType]
        return _form(name, kinds[0], marks) if len(kinds) == 1 else OneValue()
    if origin is tuple:
        return ListOf(item=_form(name, inside[0], ()), most=_most(name, marks))
    if origin is dict:
        return Table(value=_form(name, inside[1], ()), most=_most(name, marks))
    return form_of(annotation) if isinstance(annotation, type) and issubclass(annotation, Params) else OneValue()


def _flat(marks: Iterable[object]) -> Iterable[object]:
    for mark in marks:
        if isinstance(mark, FieldInfo):
            yield from cast("list[object]", mark.metadata)
        else:
            yield mark


def _most(name: str, marks: Iterable[object]) -> int:
    found = [mark.max_length for mark in marks if isinstance(mark, MaxLen)]
    if not found:
        raise ValueError(f"parameter {name} is a list or an object without a limit")
    return min(found)
