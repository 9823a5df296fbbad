"""What a caller may not ask by. Rule: a field that the policy takes out of answers picks and counts nothing either.

Who may filter by a field learns its values, one yes or no at a time, and a count by its values shows them at once. A
parameter of a read picks by the field of its own name, by those that its mark names, or by those that the caller names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

from pydantic import BaseModel

from crashgate.catalogue.access import Access
from crashgate.catalogue.operation import AnyOperation, Field
from crashgate.catalogue.params import In, NamesField, Params
from crashgate.catalogue.result import Page
from crashgate.errors import InvalidArgumentsError
from crashgate.policy.redaction import Redaction


def refuse_hidden(operation: AnyOperation, params: Params, redaction: Redaction) -> None:
    """Raises InvalidArgumentsError where an argument picks by what the policy redacts."""
    if redaction.empty:
        return
    name = asks_by_hidden(operation, {field.name: getattr(params, field.name) for field in operation.fields}, redaction)
    if name is not None:
        raise InvalidArgumentsError(
            f"{name} asks by a field that the policy takes out of answers.",
            why="What an agent may not see it may not search for or count either.",
            remedy="Nothing was sent. Ask without it.",
        )


def asks_by_hidden(operation: AnyOperation, given: Mapping[str, object], redaction: Redaction) -> str | None:
    """The first of the arguments ``given`` that picks by what the policy redacts; None where none does."""
    if operation.access is not Access.READ or redaction.empty:
        return None
    for field in operation.fields:
        value = given.get(field.name)
        if value is None or (field.travels is In.PATH and field.names is None):
            continue
        if any(redaction.hides(resource, path) for resource, path in _asked(operation, field, value)):
            return field.name
    return None


def without_hidden(page: Page[Any], redaction: Redaction) -> Page[Any]:
    """``page`` without the rows that count the values of a field which the policy redacts; the field's path is told."""
    if redaction.empty or not page.rows:
        return page
    about = [(row, frozenset(_hidden(row, redaction))) for row in page.rows]
    gone = frozenset[str]().union(*(paths for _, paths in about))
    if not gone:
        return page
    kept = tuple(row for row, paths in about if not paths)
    return replace(page, rows=kept, total=None, redacted=tuple(sorted({*page.redacted, *gone})))


def _asked(operation: AnyOperation, field: Field, value: object) -> Iterator[tuple[str, str]]:
    """The fields that an argument picks by, each with the resource whose rows have it."""
    if field.names is not None:
        yield from ((field.names.resource, field.names.path(name)) for name in _names(value))
        return
    for path in (field.name, *field.picks_by):
        yield operation.resource, path


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        yield from map(str, cast("Mapping[str, Any] | tuple[str, ...]", value))


def _hidden(row: BaseModel, redaction: Redaction) -> Iterator[str]:
    """Of the fields whose values the row tells, the paths of those that the policy redacts."""
    for field, names in _marks(type(row)):
        name = getattr(row, field)
        if name is not None and redaction.hides(names.resource, path := names.path(name)):
            yield path


@cache
def _marks(model: type[BaseModel]) -> tuple[tuple[str, NamesField], ...]:
    """The fields of a row that name another resource's field."""
    return tuple(
        (name, mark)
        for name, info in model.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, NamesField)
    )
