"""The answer cut down to what the agent may see. Rule: a row is shown only when the policy allows its own place.

THREATS rows 14 and 20: the caller's claim about where something belongs is never enough.

Fields that the policy takes out of an answer. Rule: after the rows are narrowed, before anything leaves the gate.

A field goes whole, in models as in free JSON, and its name is told. A name is the policy's or the catalogue's own: what
an outsider wrote as a key is never repeated.

What a caller may not ask by. Rule: a field that the policy takes out of answers picks and counts nothing either.

THREATS row 38. What each parameter reads is declared in the catalogue (``catalogue.reads``).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

from msgspec import structs

from crashgate.errors import InvalidArgumentsError
from crashgate.model.field_table import DEEP, read_fields
from crashgate.model.operation import AnyOperation, Field, Operation, P
from crashgate.model.params import Params
from crashgate.model.reads import Reads, ReadsByName, fields_read
from crashgate.model.result import Page, R, Result
from crashgate.model.scope import AppNamed, AppOfObject, EnvironmentRows, OrganizationRows, ProjectRows
from crashgate.policy.decision import Place
from crashgate.policy.grants import STRANGER
from crashgate.policy.redaction import Redaction, Tree
from crashgate.sanitise import clean

_LONGEST_ID = 1_000
"""No parameter takes as long a one."""

NOWHERE = Place(names=frozenset({STRANGER}))
"""A place that is not known or not there yet: only a grant on all places (``*``) matches it."""

Allowed = Callable[[Place], bool]
"""Whether the policy allows the operation in the place that a row itself names."""


def narrow(operation: Operation[P, R], page: Page[R], *, params: P, home: str | None, allowed: Allowed) -> Page[R]:
    """``page`` without rows out of scope; totals go too when the policy picks among the rows.

    ``home`` is the id of the project that the call was allowed in, or None where the rows decide.
    """
    answered = _about_what_was_asked(operation, page, params) if operation.named else page
    return _in_scope(operation, answered, params=params, home=home, allowed=allowed)


def _in_scope(operation: Operation[P, R], page: Page[R], *, params: P, home: str | None, allowed: Allowed) -> Page[R]:
    match operation.scope:
        case ProjectRows() | OrganizationRows():
            kept = tuple(
                row
                for row in page.rows
                if allowed(
                    # check[never]: places that are not open are dropped from a list of places
                    place_of(row)
                )
            )
            return replace(
                page,
                rows=kept,
                dropped=page.dropped + len(page.rows) - len(kept),
                # check: the total of places is not told
                total=None,
            )
        case EnvironmentRows() as scope:
            return _in_environments(scope, page, params=params, allowed=allowed)
        case AppNamed(platform=name) | AppOfObject(platform=name):
            asked = getattr(params, name)
            kept = tuple(
                # check[never]: rows of other platforms are dropped
                row
                for row in page.rows
                if getattr(row, "platform", None) in {None, asked}
            )
        case _:
            # A list, for a generator costs a call for each row.
            kept = tuple(
                [
                    row
                    for row in page.rows
                    if home is None
                    or row.home
                    in {
                        None,
                        # check: rows of other projects are dropped
                        home,
                    }
                ]
            )
    dropped = len(page.rows) - len(kept)
    return (
        replace(
            page,
            rows=kept,
            dropped=page.dropped + dropped,
            # check: the total goes with what is dropped
            total=None,
        )
        if dropped
        else page
    )


def as_answered(identifier: str) -> str:
    """An id as it stands in an answer, whose texts are cleaned as they are read: an app's SDK may choose any."""
    return clean(identifier, limit=_LONGEST_ID)


def _about_what_was_asked(operation: Operation[P, R], page: Page[R], params: P) -> Page[R]:
    """``page`` without an answer about another object than the one that the parameters name (THREATS row 42)."""
    given = {field: getattr(params, name) for name, field in operation.named.items()}
    asked = {field: as_answered(value) for field, value in given.items() if value is not None}
    kept = tuple(row for row in page.rows if all(getattr(row, field) in {None, each} for field, each in asked.items()))
    # check[always]: an answer about another object is withheld
    return page if len(kept) == len(page.rows) else replace(page, rows=kept, dropped=len(page.rows) - len(kept))


def _in_environments(scope: EnvironmentRows, page: Page[R], *, params: Any, allowed: Allowed) -> Page[R]:  # noqa: ANN401 - any parameters
    """The rows in environments that are open, and of each the parts that are; a row of an unknown one is in none.

    The total stands where the caller asked for open environments only, or where all are open.
    """

    @cache
    def is_open(environment: str | None) -> bool:
        """Asked once for each name: a session has thousands of traces in a few environments."""
        return allowed(Place(names=frozenset({environment})) if environment else NOWHERE)

    kept = tuple(
        _with_parts(scope.parts, row, is_open)
        for row in page.rows
        # check: rows of other environments are dropped
        if is_open(_environment(row))
    )
    dropped = len(page.rows) - len(kept)
    asked = scope.environment is not None and getattr(params, scope.environment) is not None
    whole = not dropped and (asked or allowed(NOWHERE))
    return replace(
        page,
        rows=kept,
        dropped=page.dropped + dropped,
        # check[always]: the total of environments that are not open is not told
        total=page.total if whole else None,
    )


def _with_parts(parts: str | None, row: R, is_open: Callable[[str | None], bool]) -> R:
    if parts is None:
        return row
    inside: tuple[Any, ...] = getattr(row, parts)
    kept = tuple(
        part
        for part in inside
        # check: parts of other environments are cut out
        if is_open(_environment(part))
    )
    return row if len(kept) == len(inside) else structs.replace(row, **{parts: kept})


def _environment(row: Any) -> str | None:  # noqa: ANN401 - a row or a part of one
    name: str | None = row.environment
    return name


def place_of(row: Any) -> Place:  # noqa: ANN401 - a project or an organization
    """The names by which a policy can speak of a row that is a place itself."""
    return Place.known_as(row.id, row.slug)


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
    if isinstance(value, Result):
        return _model(value, tree, path, gone)
    if isinstance(value, Mapping):
        return _mapping(cast("Mapping[Any, Any]", value), tree, path, gone)
    # check: redaction goes through lists
    if isinstance(value, list):
        items = cast("list[Any]", value)
        left = [_below(item, tree, path, gone) for item in items]
        return left if any(one is not other for one, other in zip(left, items, strict=True)) else items
    if isinstance(value, tuple):
        return tuple(_below(item, tree, path, gone) for item in cast("tuple[Any, ...]", value))
    return value


def _model(row: Result, tree: Tree, path: str, gone: set[str]) -> Result:
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
    return structs.replace(row, **changed) if changed else row


def _mapping(value: Mapping[Any, Any], tree: Tree, path: str, gone: set[str]) -> Mapping[Any, Any]:
    kept: dict[Any, Any] = {}
    same = True
    deep = tree.get(DEEP) or _NO_NAMES
    for key, inner in value.items():
        # check[unwrap]: redaction knows no case
        lower = str(key).lower()
        # check[always]: a star redacts every name
        hit = lower if lower in tree else _EVERY
        if lower in deep:
            same = False
            gone.add(_path(_path(path, DEEP), lower))
            continue
        if hit not in tree:
            # The key is an outsider's word, so the path stays that of the field that holds it.
            # check[never]: a redacted name at any depth
            kept[key] = _below(inner, {DEEP: deep}, path, gone) if deep else inner
            same = same and kept[key] is inner
            continue
        below = tree[hit]
        if below is None:
            same = False
            gone.add(
                _path(
                    path,
                    # check: a name that an outsider wrote is not told
                    hit,
                )
            )
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
def _names(model: type[Result]) -> Mapping[str, tuple[str, ...]]:
    """The fields of a model by their names in lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for name in model.__struct_fields__:
        found[name.lower()] = (*found.get(name.lower(), ()), name)
    return found


def hidden_fault(
    operation: AnyOperation, given: Mapping[str, object], redaction: Redaction
) -> InvalidArgumentsError | None:
    """The error where an argument picks by what the policy redacts."""
    name = asks_by_hidden(operation, given, redaction)
    if name is None:
        return None
    return InvalidArgumentsError(
        f"{name} uses a field that the policy removes from answers.",
        because=f"the argument {name} uses a redacted field",
        why="An agent may neither search for nor count what it may not see.",
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
        # check: nothing is asked by what is redacted
        if redaction.hides_read(fields_read(field.reads, value)):
            return field.name
    return None


def hidden_parameters(operation: AnyOperation, redaction: Redaction) -> frozenset[str]:
    """The parameters that no call can give, whatever the value: there is no offering them."""
    return frozenset(
        field.name for field in operation.fields if _hides(field, redaction) or _hides_each_word(field, redaction)
    )


def hidden_own(params: type[Params], redaction: Redaction) -> frozenset[str]:
    """The same of a composite tool's own parameters, whose steps would be refused."""
    return frozenset(
        name
        for name, info in params.model_fields.items()
        if any(isinstance(mark, Reads) and redaction.hides_read(mark.fields) for mark in info.metadata)
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
    kept = tuple(
        row
        for row, paths in about
        # check: no pivot counts what is redacted
        if not paths
    )
    return replace(page, rows=kept, total=None, redacted=tuple(sorted({*page.redacted, *gone})))


def _hidden(row: Result, redaction: Redaction) -> frozenset[str]:
    """Of the fields whose values the row tells, the paths of those that the policy redacts."""
    return frozenset(
        path.partition(".")[2]
        for field, reads in _marks(type(row))
        if (name := getattr(row, field)) is not None
        for path in reads.of(name)
        if redaction.hides_read((path,))
    )


@cache
def _marks(model: type[Result]) -> tuple[tuple[str, ReadsByName], ...]:
    """The fields of a row that name another resource's field."""
    return tuple((name, each.reads) for name, each in read_fields(model).items() if each.reads is not None)
