"""The settings as plain values for the reference page. Rule: read off the models; nothing is said of a key here."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from crashgate.reference.settings_words import KeyDoc, TableDoc

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_PREFIX = "CRASHGATE"
_OWN_FOLDER = "the user's own folder"
_BOUNDS = (("ge", "at least {}"), ("gt", "more than {}"), ("le", "at most {}"), ("lt", "less than {}"))


def tables() -> tuple[TableDoc, ...]:
    """Every table of ``crashgate.toml``."""
    from pydantic import BaseModel

    from crashgate.settings import ConnectionSettings, Settings

    inner = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    return (
        _table(Settings, "", _PREFIX, without=("connections", *inner)),
        _table(ConnectionSettings, "[connections.NAME]", f"{_PREFIX}_CONNECTIONS__NAME_"),
        *(_table(model, f"[{name}]", f"{_PREFIX}_{name.upper()}_") for name, model in inner.items()),
    )


def _table(model: "type[BaseModel]", header: str, prefix: str, *, without: tuple[str, ...] = ()) -> TableDoc:
    paragraphs = (model.__doc__ or "").replace("``", "`").split("\n\n")
    keys = (
        KeyDoc(name=name, takes=_takes(field), default=_default(field), variable=f"{prefix}_{name.upper()}")
        for name, field in model.model_fields.items()
        if name not in without
    )
    return TableDoc(header=header, help=tuple(" ".join(each.split()) for each in paragraphs), keys=tuple(keys))


def _takes(field: "FieldInfo") -> str:
    kind = _without_none(field.annotation)
    metadata = [*field.metadata, *(each for part in _metadata(field.annotation) for each in part)]
    bounds = [words.format(getattr(each, name)) for each in metadata for name, words in _BOUNDS if hasattr(each, name)]
    return ", ".join((_kind(kind), *bounds))


def _metadata(annotation: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - what typing has for a type
    """What ``Annotated`` adds inside of ``Annotated[int | None, …]``."""
    if hasattr(annotation, "__metadata__"):
        yield annotation.__metadata__


def _without_none(annotation: Any) -> Any:  # noqa: ANN401 - a type, or what typing has for one
    if get_origin(annotation) in {Union, UnionType}:
        return next(each for each in get_args(annotation) if each is not type(None))
    return annotation


def _kind(kind: Any) -> str:  # noqa: ANN401 - a type, or what typing has for one
    if get_origin(kind) is Literal:
        return f"one of {_listed(get_args(kind))}"
    if get_origin(kind) is dict:
        return f"a table; each value is {_kind(get_args(kind)[1])}"
    if get_origin(kind) is tuple:
        return "a list of texts"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {_listed(tuple(each.value for each in kind if each.value != 'crashgate'))}"
    return {bool: "true or false", int: "a whole number", float: "a number", Path: "a path", str: "text"}[kind]


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _default(field: "FieldInfo") -> str:
    if field.default_factory is dict:
        return "`{}`"
    if field.default_factory is not None:
        return _OWN_FOLDER
    value = field.default
    if value in {None, ""}:
        return "none"
    if isinstance(value, tuple):
        return "`[]`"
    return f"`{value}`" if isinstance(value, int | float) else f'`"{value}"`'
