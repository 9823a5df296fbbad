"""What a caller may not ask by. Rule: a field that the policy takes out of answers picks and counts nothing either.

THREATS row 38. What each parameter reads is declared in the catalogue (``catalogue.reads``).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import BaseModel

from crashgate.catalogue.operation import AnyOperation, Field
from crashgate.catalogue.reads import Reads, ReadsByName, fields_read
from crashgate.catalogue.result import Page
from crashgate.errors import InvalidArgumentsError
from crashgate.policy.redaction import Redaction


def refuse_hidden(operation: AnyOperation, given: Mapping[str, object], redaction: Redaction) -> None:
    """Raises InvalidArgumentsError where an argument picks by what the policy redacts."""
    name = asks_by_hidden(operation, given, redaction)
    if name is not None:
        raise InvalidArgumentsError(
            f"{name} asks by a field that the policy takes out of answers.",
            why="What an agent may not see it may not search for or count either.",
            remedy="Nothing was sent. Ask without it.",
        )


def asks_by_hidden(operation: AnyOperation, given: Mapping[str, object], redaction: Redaction) -> str | None:
    """The first of the arguments ``given`` that picks by what the policy redacts; None where none does."""
    if redaction.empty:
        return None
    for field in operation.fields:
        value = given.get(field.name)
        if value is None or field.reads is None:
            continue
        if redaction.hides_read(fields_read(field.reads, value)):
            return field.name
    return None


def hidden_parameters(operation: AnyOperation, redaction: Redaction) -> frozenset[str]:
    """The parameters that no call can give, whatever the value: there is no offering them."""
    return frozenset(
        field.name for field in operation.fields if _hides(field, redaction) or _hides_each_word(field, redaction)
    )


def hidden_words(operation: AnyOperation, redaction: Redaction) -> Mapping[str, frozenset[str]]:
    """For each parameter that takes names: those of the known ones that read what the policy redacts."""
    if redaction.empty:
        return {}
    return {
        field.name: words
        for field in operation.fields
        if isinstance(field.reads, ReadsByName)
        and (words := frozenset(name for name in field.reads.named if redaction.hides_read(field.reads.of(name))))
    }


def _hides(field: Field, redaction: Redaction) -> bool:
    return isinstance(field.reads, Reads) and redaction.hides_read(field.reads.fields)


def _hides_each_word(field: Field, redaction: Redaction) -> bool:
    reads = field.reads
    if not isinstance(reads, ReadsByName) or not redaction.hides_read(reads.otherwise.fields):
        return False
    return all(redaction.hides_read(reads.of(name)) for name in reads.named)


def without_hidden(page: Page[Any], redaction: Redaction) -> Page[Any]:
    """``page`` without the rows that count the values of a field which the policy redacts; the field is told."""
    if redaction.empty or not page.rows:
        return page
    about = [(row, _hidden(row, redaction)) for row in page.rows]
    gone = frozenset[str]().union(*(paths for _, paths in about))
    if not gone:
        return page
    kept = tuple(row for row, paths in about if not paths)
    return replace(page, rows=kept, total=None, redacted=tuple(sorted({*page.redacted, *gone})))


def _hidden(row: BaseModel, redaction: Redaction) -> frozenset[str]:
    """Of the fields whose values the row tells, the paths of those that the policy redacts."""
    return frozenset(
        path.partition(".")[2]
        for field, reads in _marks(type(row))
        if (name := getattr(row, field)) is not None
        for path in reads.of(name)
        if redaction.hides_read((path,))
    )


@cache
def _marks(model: type[BaseModel]) -> tuple[tuple[str, ReadsByName], ...]:
    """The fields of a row that name another resource's field."""
    return tuple(
        (name, mark)
        for name, info in model.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, ReadsByName)
    )
