"""Upstream JSON, made safe to carry. Rule: no string and no key passes uncleaned, nothing is nested without end.

Design rule 5 and THREATS rows 24 and 25.

A page of flat rows, cleaned without a look at each value. Rule: what is not proven harmless is cleaned as ever.

The proof is in the bytes. They are known to be JSON, so what is not printable ASCII, and every escape, stands inside of
a string; and with as many braces as there are objects, none stands inside of a string, and a place in the bytes tells
its row. Of a thousand rows this leaves those few whose text has to be looked at (THREATS rows 24 and 25).
"""

import math
from functools import cache
from operator import itemgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin

from crashgate.model.result import Result
from crashgate.sanitise import clean

LONGEST_STRING = 20_000
LONGEST_KEY = 200
DEEPEST = 40
MOST_NODES = 500_000

_HARMLESS = frozenset({int, bool, type(None)})
_FLAT = _HARMLESS | {str}
_FEW = 8
"""Rows that are looked at one by one: columns would cost more than they save."""
_ROWS_AND_VALUES = 2
"""Levels that a list of objects has below it, if their values are flat."""
_NARROW = 2
"""Of a single key, an ``itemgetter`` gives a bare value."""


class TooDeepError(ValueError):
    """The document holds more values than any documented answer."""


def cleaned(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """The document with every string and key cleaned and bounded. Raises TooDeepError.

    A number that JSON has no word for (``1e999`` reads as infinite) becomes None, so that it can be written again, and
    so does what is nested deeper than ``DEEPEST``.
    What is clean already is not copied.
    """
    return _Walk().through(document, DEEPEST)


class _Walk:
    """One document. A list of a thousand rows has a thousand times the same keys, so what they became is kept."""

    def __init__(self) -> None:
        self._left = MOST_NODES - 1
        self._keys: dict[tuple[str, ...], tuple[str, ...]] = {}

    def through(self, node: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(node, str):
            # check[unwrap]: a string of an answer is cleaned
            return clean(node, limit=LONGEST_STRING)
        # check: an answer is nested so deep and no deeper
        if depth == 0 and isinstance(node, dict | list) and node:
            return None
        if isinstance(node, dict):
            return self._object(cast("dict[str, Any]", node), depth)
        if isinstance(node, list):
            values = cast("list[Any]", node)
            table = _table(values) if depth > _ROWS_AND_VALUES else None
            return self._each(values, depth) if table is None else self._rows(values, *table, depth)
        return None if isinstance(node, float) and not math.isfinite(node) else node

    def _object(self, pairs: dict[str, Any], depth: int) -> dict[str, Any]:
        """A flat row of plain text and numbers, as most are, is told from the rest in one look, and kept as it is."""
        keys, values = tuple(pairs), list(pairs.values())
        cleaned_keys = self._cleaned_keys(keys)
        if cleaned_keys == keys and _plain(values):
            self._count(len(values))
            return pairs
        return dict(zip(cleaned_keys, self._each(values, depth), strict=True))

    def _rows(
        self, rows: list[dict[str, Any]], keys: tuple[str, ...], columns: list[tuple[Any, ...]], depth: int
    ) -> list[dict[str, Any]]:
        """Objects of the same keys, as the rows of a page are: a column of plain values is told in one look."""
        self._count(len(rows))
        changed: dict[int, dict[str, Any]] = {}
        for key, column in zip(keys, columns, strict=True):
            if _plain(column):
                # check: values in columns are counted
                self._count(len(column))
                continue
            found = self._each(column, depth - 1)
            for number, (before, after) in enumerate(zip(column, found, strict=True)):
                if after is not before:
                    if number not in changed:
                        changed[number] = rows[number].copy()
                    changed[number][key] = after
        left = [changed.get(number, row) for number, row in enumerate(rows)] if changed else rows
        if self._cleaned_keys(keys) == keys:
            return left
        return [dict(zip(self._cleaned_keys(tuple(row)), row.values(), strict=True)) for row in left]

    def _each(self, values: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        """Most values are short plain text or numbers, and are told from the rest without a call."""
        self._count(len(values))
        return [
            value
            if (
                value.__class__ is str
                and value.isascii()
                and value.isprintable()
                # check: a long string of an answer is cut
                and len(value) <= LONGEST_STRING
            )
            or value.__class__ in _HARMLESS
            else self.through(value, depth - 1)
            for value in values
        ]

    def _count(self, values: int) -> None:
        self._left -= values
        # check: an answer holds so many values and no more
        if self._left < 0:
            raise TooDeepError

    def _cleaned_keys(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """``keys`` themselves where nothing has to be taken out of them."""
        known = self._keys.get(keys)
        if known is None:
            found = tuple(
                # check[unwrap]: the keys of an answer are cleaned
                clean(key, limit=LONGEST_KEY, lines=False)
                for key in keys
            )
            known = self._keys[keys] = keys if found == keys else found
        return known


def _table(values: list[Any]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]] | None:
    """The keys and columns of a list of objects that all have the same keys; None for any other list."""
    if len(values) < _FEW or set(map(type, values)) != {dict}:
        return None
    rows = cast("list[dict[str, Any]]", values)
    keys = tuple(rows[0])
    if len(keys) < _NARROW or set(map(len, rows)) != {len(keys)}:
        return None
    try:
        of_row = cast("itemgetter[tuple[Any, ...]]", itemgetter(*keys))
        return keys, list(zip(*map(of_row, rows), strict=True))
    except KeyError:
        return None


def _plain(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether nothing here needs cleaning: short text of printable ASCII, and what is no text and holds none."""
    texts = values
    try:
        whole = "".join(values)
    except TypeError:
        kinds = set(map(type, values))
        if not kinds <= _FLAT:
            return False
        texts = [value for value in values if value.__class__ is str] if str in kinds else []
        whole = "".join(texts)
    return (
        whole.isascii()  # check: a column with anything odd in it is looked at
        and whole.isprintable()
        # check: a column with a string that is too long is looked at
        and (len(whole) <= LONGEST_STRING or max(map(len, texts)) <= LONGEST_STRING)
    )


_RARE: Final = 8
"""One row in so many may have to be looked at; with more, it is quicker to look at all."""
_PLAIN: Final = frozenset({str, int, bool, NoneType})


@cache
def is_flat(model: type[Result]) -> bool:
    """Whether the model takes text, whole numbers and truth values, and nothing that it does not declare."""
    kinds = {kind for field in model.model_fields.values() for kind in _kinds(field.annotation)}
    return model.model_config.get("extra") == "ignore" and kinds <= _PLAIN


def _kinds(annotation: Any) -> set[Any]:  # noqa: ANN401 - any type annotation
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return {kind for part in get_args(annotation) for kind in _kinds(part)}
    return {annotation}


def cleaned_page(document: Any, key: str, body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """What ``cleaned`` gives for ``document``, which is what ``body`` says, as far as a flat model can tell.

    The rows are at ``key``. Numbers that are infinite, and names of fields that are too long, may be left in those
    rows: a flat model takes neither. Raises TooDeepError.
    """
    if not isinstance(document, dict) or not isinstance(cast("dict[str, Any]", document).get(key), list):
        return cleaned(document)
    around = cast("dict[str, Any]", document)
    rows = list(cast("list[Any]", around[key]))
    marked = _marked(body, rows)
    top = cleaned({**around, key: []})
    if (
        marked is None
        # check: what is around the rows is looked at
        or list(top) != list(around)
    ):
        return cleaned(document)
    for number in marked:
        rows[number] = cleaned(rows[number])
    return {**top, key: rows}


def _marked(body: bytes, rows: list[Any]) -> list[int] | None:
    """The rows with anything but printable ASCII, or with an escape; None where the bytes prove nothing.

    Every value takes two bytes at least, with what stands between two of them.
    """
    lone = (
        body.find(b"[", body.find(b"[") + 1) < 0
        # check: a page with a delete character is looked at
        and b"\x7f" not in body
    )
    if set(map(type, rows)) != {dict} or not lone or len(body) >= 2 * MOST_NODES:
        return None
    # One character a byte. The first part is before any object, and the second before the first row.
    parts = body.decode("latin-1").split("{")[2:]
    # check: braces tell a row only where there is one for each
    if (
        len(parts) != len(rows)
        # check: a page with a string that is too long is looked at
        or max(map(len, parts)) > LONGEST_STRING
    ):
        return None
    marked = [
        number
        for number, part in enumerate(parts)
        if not part.isascii()  # check: a row with anything but ASCII is looked at
        # check: a row with an escape is looked at
        or "\\" in part
    ]
    return marked if len(marked) * _RARE <= len(rows) else None
