"""The fields of everything that an upstream can answer, by path. Rule: read off the catalogue's models, never listed.

A path is names joined by dots, from the top of a row; a list on the way has no name of its own: ``user.email``,
``exceptions.stacktrace.file``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from crashgate.model.result import Result, SecretMark, UntrustedMark
from crashgate.providers.registry import OPERATIONS

_DEEPEST = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One field, with what is below it.

    ``names`` are all the spellings under which an upstream may give it. ``free``: any JSON, whose keys nobody declared.
    ``fixed``: an answer without it cannot be read, so it stays.
    """

    names: frozenset[str]
    below: Mapping[str, "Node"] = field(hash=False)
    free: bool = False
    fixed: bool = False


def fields_of(result: type[Result]) -> Mapping[str, Node]:
    """The fields of one model by name; what is a secret is never there to be named."""
    return _fields(result, 0)


@cache
def resources() -> Mapping[str, Mapping[str, Node]]:
    """The fields of each resource, all its operations together."""
    found: dict[str, Mapping[str, Node]] = {}
    for operation in OPERATIONS:
        found[operation.resource] = _together(found.get(operation.resource, {}), fields_of(operation.result))
    return MappingProxyType(found)


@cache
def paths() -> frozenset[str]:
    """Every path that some answer may hold; below free data there are more, which nobody can list."""
    return frozenset(".".join(path) for fields in resources().values() for path in _walk(fields))


def find(fields: Mapping[str, Node], path: tuple[str, ...]) -> tuple[Node, ...] | None:
    """The fields along ``path``, up to the first that is free data; None where there is no such path."""
    along: list[Node] = []
    for name in path:
        if along and along[-1].free:
            break
        node = fields.get(name)
        if node is None:
            return None
        along.append(node)
        fields = node.below
    return tuple(along)


def _together(one: Mapping[str, Node], other: Mapping[str, Node]) -> Mapping[str, Node]:
    """The fields of both; what stands in both keeps all that either knows of it."""
    both = {name: _joined(node, other[name]) for name, node in one.items() if name in other}
    return MappingProxyType({**one, **other, **both})


def _joined(one: Node, other: Node) -> Node:
    return Node(
        names=one.names | other.names,
        below=_together(one.below, other.below),
        free=one.free or other.free,
        fixed=one.fixed or other.fixed,
    )


@cache
def _fields(result: type[Result], depth: int) -> Mapping[str, Node]:
    found: dict[str, Node] = {}
    for name, info in result.model_fields.items():
        if any(isinstance(mark, SecretMark) for mark in info.metadata):
            continue
        model = None if depth == _DEEPEST else _model(info.annotation)
        found[name] = Node(
            names=frozenset({name, *_aliases(info)}),
            below=MappingProxyType({}) if model is None else _fields(model, depth + 1),
            free=model is None and _is_free(info),
            fixed=info.is_required(),
        )
    return MappingProxyType(found)


def _is_free(info: FieldInfo) -> bool:
    marked = any(isinstance(mark, UntrustedMark) for mark in info.metadata)
    return _holds(info.annotation, dict) or (marked and _holds(info.annotation, Any))


def _holds(annotation: Any, kind: Any) -> bool:  # noqa: ANN401 - types, whatever they are
    """Whether ``kind`` stands in the type, inside unions and lists too."""
    return kind in {annotation, get_origin(annotation)} or any(_holds(each, kind) for each in get_args(annotation))


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


def _walk(fields: Mapping[str, Node], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, node in fields.items():
        yield (*above, name)
        yield from _walk(node.below, (*above, name))
