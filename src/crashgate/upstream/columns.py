"""Rows of an answer, made column by column: the values of one field in all rows are checked and cleaned at once.

A model's field table says how. What is needed of it is worked out once: a column is then a few calls in C where nothing
in it is odd, and only what is odd is looked at value by value.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, compress, islice, repeat
from operator import methodcaller
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Generic, Union, cast, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from crashgate.model.field_table import Declared, declared_fields
from crashgate.model.result import Convert, From, Only, R, Result, SecretMark
from crashgate.sanitise import DEEPEST, LONGEST_KEY, LONGEST_STRING, clean, clean_values, cleaned, is_harmless

Column = list[Any]
"""What upstream gave for a field, or what became of it, in the order of the rows; None where there is nothing."""

Converter = Callable[[Column], Column]

WHOLE: Final = "*"
"""As the path of a field: the whole row."""

_LARGEST = 2**63 - 1
"""The largest whole number that an export can hold; a count is less."""


Rows = tuple[list[R | None], frozenset[str]]
"""Rows in their order, None for one that cannot be used, and the names of the fields that such rows lack."""

ByKey = Callable[[Sequence[Any]], Mapping[str, Sequence[Any]]]
"""Of objects, the values of some keys: for each key one value an object, None where it has none."""


@dataclass(frozen=True, slots=True)
class RowReader(Generic[R]):
    """What makes rows of a model of objects that have ``keys``."""

    keys: tuple[str, ...]
    read: Callable[[Sequence[Any], ByKey], Rows[R]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """How a field is read: its ``place`` in a row, where its values are found, and what they become."""

    name: str
    place: int
    find: Callable[[Mapping[str, Sequence[Any]], int], Column]
    convert: Converter


@lru_cache(maxsize=1_000)
def row_reader(model: type[R], wanted: frozenset[str] | None, depth: int) -> RowReader[R]:
    """What reads rows of this model, worked out once.

    Of the fields that are not ``wanted`` there is nothing in the rows; None wants all. ``depth`` is how deep a value of
    a row may be nested.
    """
    fields = declared_fields(model)
    chosen = [
        each
        for each in fields
        if each.required or ((wanted is None or each.name in wanted) and not _is_dropped(each.marks))
    ]
    paths = {each.name: _paths(each) for each in chosen}
    parts = {
        each.name: _Part(
            name=each.name,
            place=fields.index(each),
            find=_find_column(paths[each.name]),
            convert=_find_field_converter(each, depth),
        )
        for each in chosen
    }
    required = [parts[each.name] for each in chosen if each.required]
    rest = [parts[each.name] for each in chosen if not each.required]
    blank: list[Iterable[Any]] = [repeat(each.default) for each in fields]

    def read(raws: Sequence[Any], by_key: ByKey) -> Rows[R]:
        columns, values, rows = list(blank), by_key(raws), len(raws)
        usable, faults = [True] * rows, set[str]()
        for part in required:
            column = columns[part.place] = part.convert(part.find(values, rows))
            if None in column:
                faults.add(part.name)
                usable = [value is not None and good for value, good in zip(column, usable, strict=True)]
        # check: a row without a right id costs no other row
        if faults:
            left = iter(read(list(compress(raws, usable)), by_key)[0] if any(usable) else ())
            return [next(left) if each else None for each in usable], frozenset(faults)
        for part in rest:
            columns[part.place] = part.convert(part.find(values, rows))
        return list(map(model, *columns)) if parts else [model() for _ in raws], frozenset()

    keys = tuple(dict.fromkeys(path[0] for several in paths.values() for path in several))
    return RowReader(keys, read)


def read_objects(model: type[R], objects: Sequence[Any], *, depth: int = DEEPEST - 1) -> Rows[R]:
    """The rows that objects of JSON give; ``depth`` is how deep a value of one may be nested."""
    reader = row_reader(model, None, depth)
    return reader.read(objects, by_key_of_objects(reader.keys))


@lru_cache(maxsize=1_000)
def by_key_of_objects(keys: tuple[str, ...]) -> ByKey:
    """How objects are looked into."""
    getters = [(key, methodcaller("get", key)) for key in keys if key != WHOLE]

    def by_key(objects: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
        return {WHOLE: objects, **{key: list(map(get, objects)) for key, get in getters}}

    return by_key


def _is_dropped(marks: tuple[Any, ...]) -> bool:
    """Whether the field is a secret that is not even looked at; of some, a digest is kept."""
    # check[never]: a secret is dropped while it is read
    return any(isinstance(mark, SecretMark) for mark in marks) and not any(isinstance(each, Convert) for each in marks)


def _paths(field: Declared) -> list[list[str]]:
    named = next((mark.paths for mark in field.marks if isinstance(mark, From)), (field.name,))
    return [path.split(".") for path in named]


def _find_column(paths: list[list[str]]) -> Callable[[Mapping[str, Sequence[Any]], int], Column]:
    """What finds the field's values; of several places, the first that has one counts."""
    (key, *below), *others = paths
    if not others and not below:
        return lambda values, _: cast("Column", values[key])

    def column(values: Mapping[str, Sequence[Any]], rows: int) -> Column:
        found: Column = [None] * rows
        for key, *below in paths:
            more = [_dig(value, below) for value in values[key]] if below else values[key]
            found = [one if one is not None else other for one, other in zip(found, more, strict=True)]
        return found

    return column


def _dig(value: Any, names: list[str]) -> Any:  # noqa: ANN401 - any JSON
    for name in names:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(name)
        elif isinstance(value, list) and name.isdigit():
            value = next(iter(cast("list[Any]", value)[int(name) :]), None)
        else:
            return None
    return value


def _find_field_converter(field: Declared, depth: int) -> Converter:
    """The same for a field: text that has to be there has to be text."""
    convert = find_converter(field.hint, depth + (_paths(field) == [[WHOLE]]))
    if field.required and field.kind is str and convert is convert_texts:
        return lambda column: convert([value if value.__class__ is str else None for value in column])
    return convert


def find_converter(hint: Any, depth: int) -> Converter:  # noqa: ANN401, PLR0911 - a type, each kind its own answer
    """What makes values of this type of what upstream gave. Each kind lets None stand."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        special = next((mark for mark in marks if isinstance(mark, Convert | Only)), None)
        if isinstance(special, Convert):
            return _convert_each(special, inner, depth)
        return find_converter(inner, depth) if special is None else _match_all(special, depth)
    parts = [part for part in get_args(hint) if part is not NoneType]
    if get_origin(hint) in {Union, UnionType}:
        return _convert_numbers_or_text if set(parts) == {int, str} else find_converter(parts[0], depth)
    if get_origin(hint) in {tuple, dict}:
        return _convert_lists(parts[0], depth) if get_origin(hint) is tuple else _convert_maps(parts[1], depth)
    if isinstance(hint, type) and issubclass(hint, Result):
        return _convert_objects(hint, depth)
    if hint is Any:
        return lambda column: clean_values(column, depth)
    return _SCALARS[hint]


def convert_texts(column: Column) -> Column:
    """A number becomes text; nothing else does."""
    nothing = column.count(None)
    if nothing == len(column):
        return column
    texts = [value for value in column if value.__class__ is str]
    if is_harmless(texts) and len(texts) + nothing == len(column):
        return column
    return [_text(value) for value in column]


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        # check[unwrap]: every answer is cleaned
        return clean(value, limit=LONGEST_STRING)
    if value.__class__ is int or (value.__class__ is float and math.isfinite(value)):
        return str(value)
    return None


def _match_all(only: Only, depth: int) -> Converter:
    match, otherwise = re.compile(only.pattern).fullmatch, only.otherwise

    def one(value: Any) -> Any:  # noqa: ANN401 - any JSON
        value = cleaned(value, depth)
        if (
            isinstance(value, str)
            # check: a sentence is no word of the vendor's
            and match(value)
        ):
            return value
        return None if value is None or otherwise is None else otherwise(value)

    def convert(column: Column) -> Column:
        nothing = column.count(None)
        if nothing == len(column):
            return column
        texts = [value for value in column if value.__class__ is str]
        if len(texts) + nothing == len(column) and is_harmless(texts) and all(map(match, texts)):
            return column
        return [None if value is None else one(value) for value in column]

    return convert


def _convert_each(mark: Convert, inner: Any, depth: int) -> Converter:  # noqa: ANN401 - a type annotation
    then = find_converter(inner, depth)
    return lambda column: then([mark.convert(value) for value in clean_values(column, depth)])


def _convert_lists(item: Any, depth: int) -> Converter:  # noqa: ANN401 - a type annotation
    """Lists: what is none becomes an empty one, and an item that cannot be used is left out."""
    convert: Converter | None = None

    def convert_all(column: Column) -> Column:
        nonlocal convert
        if column.count(None) == len(column):
            return [()] * len(column)
        convert = convert or find_converter(item, depth - 1)  # a model may be inside of itself
        lists: list[list[Any]] = [value if value.__class__ is list else [] for value in column]
        items = iter(convert(list(chain.from_iterable(lists))))
        return [tuple([each for each in islice(items, len(value)) if each is not None]) for value in lists]

    return convert_all


def _convert_maps(item: Any, depth: int) -> Converter:  # noqa: ANN401 - a type annotation
    convert = find_converter(item, depth - 1)

    def one(value: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any JSON
        if value.__class__ is not dict:
            return None
        keys = [clean(key, limit=LONGEST_KEY, lines=False) for key in value]
        pairs = zip(keys, convert(list(value.values())), strict=True)
        return {key: each for key, each in pairs if each is not None}

    return lambda column: [one(value) for value in column]


def _convert_objects(model: type[Result], depth: int) -> Converter:
    def convert(column: Column) -> Column:
        objects = [value for value in column if value.__class__ is dict]
        rows = iter(read_objects(model, objects, depth=depth - 1)[0] if objects else ())
        return [next(rows) if value.__class__ is dict else None for value in column]

    return convert


def _convert_integers(column: Column) -> Column:
    return [
        value
        if value is None or (value.__class__ is int and -_LARGEST <= value <= _LARGEST)
        else _validate(_INTEGER, value)
        for value in column
    ]


def _convert_floats(column: Column) -> Column:
    return [
        value
        if value is None or (value.__class__ is float and -math.inf < value < math.inf)
        else _validate(_FLOAT, value)
        for value in column
    ]


def _convert_booleans(column: Column) -> Column:
    return [
        value if value is None or value is True or value is False else _validate(_BOOLEAN, value) for value in column
    ]


def _convert_numbers_or_text(column: Column) -> Column:
    return [
        value
        if value is None or (value.__class__ is int and -_LARGEST <= value <= _LARGEST)
        else clean(value, limit=LONGEST_STRING)
        if value.__class__ is str
        else _validate(_NUMBER_OR_TEXT, cleaned(value))
        for value in column
    ]


_WHOLE = Annotated[int, Field(ge=-_LARGEST - 1, le=_LARGEST)]
_INTEGER, _BOOLEAN = TypeAdapter[Any](_WHOLE), TypeAdapter[Any](bool)
_FLOAT = TypeAdapter[Any](Annotated[float, Field(allow_inf_nan=False)])
_NUMBER_OR_TEXT = TypeAdapter[Any](_WHOLE | str, config=ConfigDict(coerce_numbers_to_str=True))


def _validate(adapter: TypeAdapter[Any], value: Any) -> Any:  # noqa: ANN401 - any JSON
    """What pydantic makes of an odd value (``"5"`` is a number, ``"yes"`` a truth value); None for any other."""
    try:
        return adapter.validate_python(value)
    # check: an odd value costs itself and not its row
    except ValidationError:
        return None


_SCALARS: Final[Mapping[Any, Converter]] = {
    str: convert_texts,
    int: _convert_integers,
    float: _convert_floats,
    bool: _convert_booleans,
}
