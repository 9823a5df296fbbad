"""The fields of an answer, as its model declares them: one table per model, read by everything that needs fields.

A field's row in the table is its annotated declaration in the model. Marks in the annotation say whose text the field
holds (``model.result``), which redaction set it belongs to, and which keys the vendor documents below free-form data.

A path is names joined by dots, from the top of a row; a list on the way has no name of its own: ``user.email``,
``exceptions.stacktrace.file``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum, unique
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from crashgate.model.result import Result, SecretMark, UntrustedMark

DEEP: Final = "**"
"""In a path: the name that follows, at any depth."""

_DEEPEST = 6


@unique
class Visibility(IntEnum):
    """The least detail at which agents are shown a field. Without this mark it is shown with full detail only."""

    ROW = 1
    """In the rows of a list, and in all that is longer."""

    SUMMARY = 2
    """In the summary of a single object, and with full detail."""

    FULL = 3


@unique
class RedactionSet(StrEnum):
    """Fields that a policy can take out together. A field declares its set; a set has no list of its own."""

    PEOPLE = "people"
    """Who somebody is: an app's users, authors, members of an account; their names, addresses and ids."""

    NETWORK = "network"
    """Where a request went and came from: URLs, client IPs, referrers, parameters."""

    REQUEST_HEADERS = "request_headers"
    """The headers of a request."""


@dataclass(frozen=True)
class InSet:
    """The field belongs to a redaction set; with ``anywhere_below``, only keys of these names at any depth below it."""

    redaction_set: RedactionSet
    anywhere_below: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentedKeys:
    """The keys that the vendor documents directly below a free-form field, each with its redaction set if it has one.

    Other keys may stand there too, so these give hints and sets, and nothing is refused by them.
    """

    sets: Mapping[str, RedactionSet | None]


@dataclass(frozen=True)
class About:
    """What the field holds, in one sentence, with the unit where there is one: an export's column says so."""

    text: str


ROW: Final = Visibility.ROW
SUMMARY: Final = Visibility.SUMMARY
PERSONAL: Final = InSet(RedactionSet.PEOPLE)
ADDRESS: Final = InSet(RedactionSet.NETWORK)

AppData = Annotated[
    Any,
    UntrustedMark(),
    InSet(
        RedactionSet.PEOPLE,
        anywhere_below=(
            "user", "customer", "name", "email", "emailaddress", "email_address", "phone", "phonenumber",
            "phone_number", "username", "user_name", "fullname", "full_name", "firstname", "first_name", "lastname",
            "last_name",
        ),
    ),
]  # fmt: skip
"""Any JSON that an app sends as it likes. The keys under which apps commonly write who somebody is are in ``people``.

What is called otherwise stays: nobody can list that, and a policy can name it.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultField:
    """One field of an answer, with the fields below it.

    ``names`` are all the spellings under which an upstream may give it. ``free``: any JSON, whose keys nobody declared;
    ``keys`` are those that the vendor documents there. ``fixed``: an answer without it cannot be read, so it stays.
    ``redacted`` are the sets that it declares, each with the path below it that goes; an empty path is the field.
    """

    names: frozenset[str]
    below: Mapping[str, "ResultField"] = field(hash=False)
    free: bool = False
    fixed: bool = False
    keys: frozenset[str] = frozenset()
    redacted: frozenset[tuple[RedactionSet, tuple[str, ...]]] = frozenset()
    about: str = ""
    visibility: Visibility = Visibility.FULL


FieldTable = Mapping[str, ResultField]
"""The fields at the top of a row, by name."""


def read_fields(model: type[Result]) -> FieldTable:
    """The fields of a model; a secret is none, for it never enters.

    Raises ValueError where a field is in a redaction set and an answer cannot be read without it.
    """
    return _read(model, 0)


def shown_fields(model: type[Result], visibility: Visibility) -> tuple[str, ...]:
    """The names of the fields that are shown at this detail, in the order in which they are declared."""
    return _shown(model, visibility)


@cache
def _shown(model: type[Result], visibility: Visibility) -> tuple[str, ...]:
    return tuple(name for name, each in read_fields(model).items() if each.visibility <= visibility)


def merge_fields(one: FieldTable, other: FieldTable) -> FieldTable:
    """The fields of both; what stands in both keeps all that either knows of it."""
    both = {name: _merge(known, other[name]) for name, known in one.items() if name in other}
    return MappingProxyType({**one, **other, **both})


def find_path(fields: FieldTable, path: tuple[str, ...]) -> tuple[ResultField, ...] | None:
    """The fields along ``path``, up to the first that is free-form; None where there is no such path."""
    along: list[ResultField] = []
    for name in path:
        if along and along[-1].free:
            break
        each = fields.get(name)
        if each is None:
            return None
        along.append(each)
        fields = each.below
    return tuple(along)


def walk_fields(fields: FieldTable, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], ResultField]]:
    """Every field at every depth, each with its path."""
    for name, each in fields.items():
        yield (*above, name), each
        yield from walk_fields(each.below, (*above, name))


def paths_in_set(fields: FieldTable, redaction_set: RedactionSet) -> Iterator[tuple[str, ...]]:
    """The paths of what belongs to a redaction set."""
    for path, each in walk_fields(fields):
        for member, below in sorted(each.redacted):
            if member is redaction_set:
                yield (*path, *below)


def _merge(one: ResultField, other: ResultField) -> ResultField:
    return ResultField(
        names=one.names | other.names,
        below=merge_fields(one.below, other.below),
        free=one.free or other.free,
        fixed=one.fixed or other.fixed,
        keys=one.keys | other.keys,
        redacted=one.redacted | other.redacted,
        about=one.about or other.about,
        visibility=min(one.visibility, other.visibility),
    )


@cache
def _read(model: type[Result], depth: int) -> FieldTable:
    fields: dict[str, ResultField] = {}
    for name, info in model.model_fields.items():
        if any(isinstance(mark, SecretMark) for mark in info.metadata):
            continue
        inner = None if depth == _DEEPEST else _model(info.annotation)
        redacted = frozenset(_redacted(info))
        if redacted and info.is_required():
            raise ValueError(f"{model.__name__}.{name} is required, so it cannot be in a redaction set")
        fields[name] = ResultField(
            names=frozenset({name, *_aliases(info)}),
            below=MappingProxyType({}) if inner is None else _read(inner, depth + 1),
            free=inner is None and _is_free(info),
            fixed=info.is_required(),
            keys=frozenset(key for mark in info.metadata if isinstance(mark, DocumentedKeys) for key in mark.sets),
            redacted=redacted,
            about=next((mark.text for mark in info.metadata if isinstance(mark, About)), ""),
            visibility=next((mark for mark in info.metadata if isinstance(mark, Visibility)), Visibility.FULL),
        )
    return MappingProxyType(fields)


def _redacted(info: FieldInfo) -> Iterator[tuple[RedactionSet, tuple[str, ...]]]:
    for mark in info.metadata:
        if isinstance(mark, DocumentedKeys):
            yield from ((each, (key,)) for key, each in mark.sets.items() if each is not None)
        elif isinstance(mark, InSet):
            yield from ((mark.redaction_set, (DEEP, name)) for name in mark.anywhere_below)
            if not mark.anywhere_below:
                yield mark.redaction_set, ()


def _is_free(info: FieldInfo) -> bool:
    marked = any(isinstance(mark, UntrustedMark) for mark in info.metadata)
    return _contains(info.annotation, dict) or (marked and _contains(info.annotation, Any))


def _contains(annotation: Any, kind: Any) -> bool:  # noqa: ANN401 - types, whatever they are
    """Whether ``kind`` stands in the type, inside unions and lists too."""
    return kind in {annotation, get_origin(annotation)} or any(_contains(each, kind) for each in get_args(annotation))


def _model(annotation: Any) -> type[Result] | None:  # noqa: ANN401 - a type, whatever it is
    """The model inside optional types, lists and marks."""
    if isinstance(annotation, type) and issubclass(annotation, Result):
        return annotation
    return next((model for each in get_args(annotation) if (model := _model(each)) is not None), None)


def _aliases(info: FieldInfo) -> Iterator[str]:
    """Other spellings at the same place."""
    alias = info.validation_alias
    for choice in alias.choices if isinstance(alias, AliasChoices) else (alias,):
        if isinstance(choice, str):
            yield choice
