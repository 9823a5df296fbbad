"""Query strings as Rails reads them. Rule: an ordered list of pairs, since the order of filter pairs has a meaning."""

from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode

from crashgate.catalogue.bugsnag.filters import Comparison

Pair = tuple[str, str]


def scalar(name: str, value: Any) -> list[Pair]:  # noqa: ANN401 - a validated parameter of any type
    """One parameter; a list goes as ``name[]`` once per item."""
    if isinstance(value, list | tuple):
        return [(f"{name}[]", _word(item)) for item in cast("list[Any]", value)]
    return [(name, _word(value))]


def repeated(name: str, value: Any) -> list[Pair]:  # noqa: ANN401 - a validated parameter of any type
    """One parameter; a list goes as the same name once per item."""
    return [(name, _word(item)) for item in (cast("list[Any]", value) if isinstance(value, list | tuple) else [value])]


def filters(name: str, given: Mapping[str, Iterable[Comparison]]) -> list[Pair]:
    """``filters[field][][type]`` and ``filters[field][][value]``, adjacent for each comparison."""
    pairs: list[Pair] = []
    for field, comparisons in given.items():
        for comparison in comparisons:
            pairs.append((f"{name}[{field}][][type]", comparison.type.value))
            pairs.append((f"{name}[{field}][][value]", comparison.value))
    return pairs


def join(pairs: Iterable[Pair]) -> str:
    """The pairs percent-encoded, brackets included."""
    return urlencode(list(pairs), quote_via=quote)


def _word(value: Any) -> str:  # noqa: ANN401 - a validated parameter of any type
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
