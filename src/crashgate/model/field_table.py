"""The fields of an answer, as its model declares them: one table per model, read by everything that needs fields.

A field's row in the table is its annotated declaration in the model. Marks in the annotation say where upstream has it
and whose text it holds (``model.result``), which redaction set it belongs to, which keys the vendor documents below
free-form data, at which detail it is shown and how it is cut in the rows of a list.

A path is names joined by dots, from the top of a row; a list on the way has no name of its own: ``user.email``,
``exceptions.stacktrace.file``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum, unique
from functools import cache
from itertools import repeat
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT

from crashgate.model.reads import ReadsByName
from crashgate.model.result import From, Result, SecretMark, UntrustedMark

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


@dataclass(frozen=True)
class Cut:
    """In the rows of a list, no more than so many characters of the text are shown, on one line; of a time, its day."""

    longest: int


DAY: Final = Cut(len("2026-01-31"))
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

    ``names`` are all the spellings under which an upstream may give it; ``shown`` is its name in answers, ``kind`` its
    type. ``free``: any JSON, whose keys nobody declared; ``keys`` are those that the vendor documents there.
    ``fixed``: an answer without it cannot be read, so it stays. ``untrusted``: an outsider's text is somewhere in it;
    ``of_the_app``: that of whoever runs the app, not only of members of the account. ``reads`` are the fields that it
    names as a value. ``redacted`` are the sets that it declares, each with the path below it that goes; an empty path
    is the field.
    """

    names: frozenset[str]
    below: Mapping[str, "ResultField"] = field(hash=False)
    shown: str
    kind: Any = field(hash=False)
    untrusted: bool = False
    of_the_app: bool = False
    reads: ReadsByName | None = None
    cut: Cut | None = None
    is_number: bool = False
    """A number or a truth value, as it is."""
    is_text: bool = False
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


@cache
def untrusted_fields(model: type[Result]) -> frozenset[str]:
    """The fields of ``model`` that hold an outsider's text anywhere inside."""
    return frozenset(name for name, each in read_fields(model).items() if each.untrusted)


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
        shown=one.shown,
        kind=one.kind,
        untrusted=one.untrusted or other.untrusted,
        of_the_app=one.of_the_app or other.of_the_app,
        reads=one.reads or other.reads,
        cut=one.cut or other.cut,
        is_number=one.is_number and other.is_number,
        is_text=one.is_text and other.is_text,
        below=merge_fields(one.below, other.below),
        free=one.free or other.free,
        fixed=one.fixed or other.fixed,
        keys=one.keys | other.keys,
        redacted=one.redacted | other.redacted,
        about=one.about or other.about,
        visibility=min(one.visibility, other.visibility),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """One field as its model declares it. ``hint`` is its type with all marks, ``kind`` and ``marks`` its two parts.

    ``shown`` is its name in answers: one that Python keeps for itself is declared with an underscore behind it.
    """

    name: str
    hint: Any
    kind: Any
    marks: tuple[Any, ...]
    required: bool
    default: Any

    @property
    def shown(self) -> str:
        """Its name in answers."""
        return self.name.rstrip("_")


def declared_fields(model: type[Result]) -> tuple[Declared, ...]:
    """All fields of a model in the order of their declaration, secrets too."""
    return _declared_fields(model)


@cache
def _declared_fields(model: type[Result]) -> tuple[Declared, ...]:
    hints, names = get_type_hints(model, include_extras=True), model.__struct_fields__
    defaults = (*repeat(NODEFAULT, len(names) - len(model.__struct_defaults__)), *model.__struct_defaults__)
    return tuple(_declared(name, hints[name], default) for name, default in zip(names, defaults, strict=True))


def _declared(name: str, hint: Any, default: Any) -> Declared:  # noqa: ANN401 - a type, and any value
    kind, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    foreign = [mark for mark in marks if type(mark).__module__.partition(".")[0] in {"pydantic", "annotated_types"}]
    if foreign:
        raise ValueError(f"{name}: {type(foreign[0]).__name__} says nothing of an answer; use Only, Convert or From")
    required = default is NODEFAULT
    return Declared(
        name=name, hint=hint, kind=kind, marks=tuple(marks), required=required, default=None if required else default
    )


@cache
def _read(model: type[Result], depth: int) -> FieldTable:
    fields: dict[str, ResultField] = {}
    for each in declared_fields(model):
        marks = each.marks
        if any(isinstance(mark, SecretMark) for mark in marks):
            continue
        inner = None if depth == _DEEPEST else _model(each.kind)
        redacted = frozenset(_redacted(marks))
        if redacted and each.required:
            raise ValueError(f"{model.__name__}.{each.name} is required, so it cannot be in a redaction set")
        writers = frozenset(_writers(each.hint))
        kinds = frozenset(_kinds(each.kind))
        fields[each.name] = ResultField(
            names=frozenset({each.name, *_spellings(marks)}),
            below=MappingProxyType({}) if inner is None else _read(inner, depth + 1),
            shown=each.shown,
            kind=each.kind,
            free=inner is None and (_contains(each.kind, dict) or (bool(writers) and _contains(each.kind, Any))),
            fixed=each.required,
            keys=frozenset(key for mark in marks if isinstance(mark, DocumentedKeys) for key in mark.sets),
            redacted=redacted,
            untrusted=bool(writers),
            of_the_app=False in writers,
            reads=next((mark for mark in marks if isinstance(mark, ReadsByName)), None),
            about=next((mark.text for mark in marks if isinstance(mark, About)), ""),
            visibility=next((mark for mark in marks if isinstance(mark, Visibility)), Visibility.FULL),
            is_number=kinds <= {int, float, bool, NoneType},
            is_text=kinds <= {str, NoneType},
            cut=next((mark for mark in marks if isinstance(mark, Cut)), None),
        )
    return MappingProxyType(fields)


def _redacted(marks: tuple[Any, ...]) -> Iterator[tuple[RedactionSet, tuple[str, ...]]]:
    for mark in marks:
        if isinstance(mark, DocumentedKeys):
            yield from ((each, (key,)) for key, each in mark.sets.items() if each is not None)
        elif isinstance(mark, InSet):
            yield from ((mark.redaction_set, (DEEP, name)) for name in mark.anywhere_below)
            if not mark.anywhere_below:
                yield mark.redaction_set, ()


def _writers(hint: Any) -> Iterator[bool]:  # noqa: ANN401 - a type annotation or a mark
    """For each mark of outsiders' text, at any depth, whether only members of the account write it."""
    if isinstance(hint, UntrustedMark):
        yield hint.members
    elif isinstance(hint, type) and issubclass(hint, Result):
        # check: outsiders' text inside an object is known
        yield from (each for field in declared_fields(hint) for each in _writers(field.hint))
    else:
        marks: tuple[Any, ...] = getattr(cast("Any", hint), "__metadata__", ())
        yield from (each for part in (*get_args(hint), *marks) for each in _writers(part))


def _kinds(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - types, whatever they are
    """The types that a value can be of, without their marks."""
    if get_origin(annotation) is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        yield from (kind for each in get_args(annotation) for kind in _kinds(each))
    else:
        yield annotation


def _contains(annotation: Any, kind: Any) -> bool:  # noqa: ANN401 - types, whatever they are
    """Whether ``kind`` stands in the type, inside unions and lists too."""
    return kind in {annotation, get_origin(annotation)} or any(_contains(each, kind) for each in get_args(annotation))


def _model(annotation: Any) -> type[Result] | None:  # noqa: ANN401 - a type, whatever it is
    """The model inside optional types, lists and marks."""
    if isinstance(annotation, type) and issubclass(annotation, Result):
        return annotation
    return next((model for each in get_args(annotation) if (model := _model(each)) is not None), None)


def _spellings(marks: tuple[Any, ...]) -> Iterator[str]:
    """Other names at the same place."""
    for mark in marks:
        if isinstance(mark, From):
            yield from (path for path in mark.paths if "." not in path and path != "*")
