"""Upstream JSON, made safe to carry. Rule: no string and no key passes uncleaned, nothing is nested without end.

Design rule 5 and THREATS rows 24 and 25.
"""

import math
from typing import Any, cast

from crashgate.text import clean

LONGEST_STRING = 20_000
LONGEST_KEY = 200
DEEPEST = 40
MOST_NODES = 500_000

_HARMLESS = frozenset({int, bool, type(None)})
_FLAT = _HARMLESS | {str}


class TooDeepError(ValueError):
    """The document is nested deeper or holds more values than any documented answer."""


def cleaned(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """The document with every string and key cleaned and bounded. Raises TooDeepError.

    A number that JSON has no word for (``1e999`` reads as infinite) becomes None, so that it can be written again.
    """
    return _Walk().through(document, DEEPEST)


class _Walk:
    """One document. A list of a thousand rows has a thousand times the same keys, so what they became is kept."""

    def __init__(self) -> None:
        self._left = MOST_NODES - 1
        self._keys: dict[tuple[str, ...], tuple[str, ...]] = {}

    def through(self, node: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(node, str):
            return clean(node, limit=LONGEST_STRING)
        if isinstance(node, dict):
            return self._object(cast("dict[str, Any]", node), depth)
        if isinstance(node, list):
            return self._each(cast("list[Any]", node), depth)
        return None if isinstance(node, float) and not math.isfinite(node) else node

    def _object(self, pairs: dict[str, Any], depth: int) -> dict[str, Any]:
        """A flat row of plain text and numbers, as most are, is told from the rest in one look, and kept as it is."""
        keys, values = tuple(pairs), list(pairs.values())
        cleaned_keys = self._cleaned_keys(keys)
        if cleaned_keys == keys and _FLAT.issuperset(map(type, values)):
            whole = "".join([value for value in values if value.__class__ is str])
            if whole.isascii() and whole.isprintable() and len(whole) <= LONGEST_STRING:
                self._count(len(values), depth)
                return pairs
        return dict(zip(cleaned_keys, self._each(values, depth), strict=True))

    def _each(self, values: list[Any], depth: int) -> list[Any]:
        """Most values are short plain text or numbers, and are told from the rest without a call."""
        self._count(len(values), depth)
        return [
            value
            if (value.__class__ is str and value.isascii() and value.isprintable() and len(value) <= LONGEST_STRING)
            or value.__class__ in _HARMLESS
            else self.through(value, depth - 1)
            for value in values
        ]

    def _count(self, values: int, depth: int) -> None:
        self._left -= values
        if self._left < 0 or (values and depth == 0):
            raise TooDeepError

    def _cleaned_keys(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """``keys`` themselves where nothing has to be taken out of them."""
        known = self._keys.get(keys)
        if known is None:
            found = tuple(clean(key, limit=LONGEST_KEY, lines=False) for key in keys)
            known = self._keys[keys] = keys if found == keys else found
        return known
