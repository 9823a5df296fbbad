"""Fields that the policy takes out of an answer. Rule: after the rows are narrowed, before anything leaves the gate.

A field goes whole, in models as in free JSON, and its name is told. A name is the policy's or the catalogue's own: what
an outsider wrote as a key is never repeated.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

from pydantic import BaseModel

from crashgate.catalogue.result import Page
from crashgate.policy.redaction import DEEP, Tree

_EVERY = "*"
_NO_NAMES: Tree = {}
_speakable = re.compile(r"[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,99}").fullmatch


def redact(page: Page[Any], tree: Tree) -> Page[Any]:
    """``page`` without what ``tree`` names, and with the names of what there was to take out."""
    if not tree:
        return page
    gone: set[str] = set()
    rows = tuple(_below(row, tree, "", gone) for row in page.rows)
    return replace(page, rows=rows, redacted=tuple(sorted({*page.redacted, *gone}))) if gone else page


def _below(value: Any, tree: Tree, path: str, gone: set[str]) -> Any:  # noqa: ANN401 - any part of an answer
    """``value`` without what the tree names below it."""
    if isinstance(value, BaseModel):
        return _model(value, tree, path, gone)
    if isinstance(value, Mapping):
        return _mapping(cast("Mapping[Any, Any]", value), tree, path, gone)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        left = [_below(item, tree, path, gone) for item in items]
        return left if any(one is not other for one, other in zip(left, items, strict=True)) else items
    if isinstance(value, tuple):
        return tuple(_below(item, tree, path, gone) for item in cast("tuple[Any, ...]", value))
    return value


def _model(row: BaseModel, tree: Tree, path: str, gone: set[str]) -> BaseModel:
    changed: dict[str, Any] = {}
    names = _names(type(row))
    # Few names are in a tree, and many in a model.
    named = [(name, lower) for lower in tree for name in names.get(lower, ())]
    if _EVERY in tree:
        named += [(name, _EVERY) for lower, found in names.items() if lower not in tree for name in found]
    for name, hit in named:
        value, below = getattr(row, name), tree[hit]
        if value is None or value == ():
            continue
        here = _path(path, _EVERY if hit == _EVERY else name)
        if below is None:
            gone.add(here)
            changed[name] = () if isinstance(value, tuple) else None
        else:
            left = _below(value, below, here, gone)
            if left is not value:
                changed[name] = left
    more = row.model_extra or {}
    kept = _mapping(more, tree, path, gone) if more else more
    if not changed and kept is more:
        return row
    copy = row.model_copy(update=changed)
    if kept is not more and copy.model_extra is not None:
        copy.model_extra.clear()
        copy.model_extra.update(kept)
    return copy


def _mapping(value: Mapping[Any, Any], tree: Tree, path: str, gone: set[str]) -> Mapping[Any, Any]:
    kept: dict[Any, Any] = {}
    same = True
    deep = tree.get(DEEP) or _NO_NAMES
    for key, inner in value.items():
        lower = str(key).lower()
        hit = lower if lower in tree else _EVERY
        if lower in deep:
            same = False
            gone.add(_path(_path(path, DEEP), lower))
            continue
        if hit not in tree:
            # The key is an outsider's word, so the path stays that of the field that holds it.
            kept[key] = _below(inner, {DEEP: deep}, path, gone) if deep else inner
            same = same and kept[key] is inner
            continue
        below = tree[hit]
        if below is None:
            same = False
            gone.add(_path(path, hit))
            continue
        more = {DEEP: {**(below.get(DEEP) or {}), **deep}} if deep else {}
        kept[key] = _below(inner, {**below, **more}, _path(path, hit), gone)
        same = same and kept[key] is inner
    return value if same else kept


def _path(above: str, name: str) -> str:
    path = f"{above}.{name}" if above else name
    # A policy may name a key below free data as it likes; a record takes plain names only.
    return path if _speakable(path) else f"{above}.{_EVERY}" if above else _EVERY


@cache
def _names(model: type[BaseModel]) -> Mapping[str, tuple[str, ...]]:
    """The fields of a model by their names in lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for name in model.model_fields:
        found[name.lower()] = (*found.get(name.lower(), ()), name)
    return found
