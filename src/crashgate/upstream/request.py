"""The parts of a request: path, query, and envelope of the body.

Rule: a value in a path is exactly one segment on the right host (THREATS row 13). A query is an ordered list of pairs,
as Rails reads them, because the order of filter pairs has a meaning. In an envelope, the id of the event is also the id
of what it makes.
"""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, urlsplit
from uuid import UUID

from crashgate.clock import timestamp
from crashgate.errors import InvalidArgumentsError
from crashgate.model.operation import EventBatch

_DOTS = frozenset({"", ".", ".."})
LONGEST_SEGMENT = 200


def expand(template: str, values: Mapping[str, str]) -> str:
    """``/projects/{project_id}`` with each value percent-encoded.

    The types of the catalogue admit only plain ids; this holds for any text at all, so that a type that is too wide
    one day still cannot leave its segment. Raises InvalidArgumentsError for a value that no segment can carry.
    """
    filled: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(template):
        filled.append(literal)
        if name is None:
            continue
        value = values[name]
        if (
            value in _DOTS  # check: no dots stand in a path
            # check: a segment has a longest length
            or len(value) > LONGEST_SEGMENT
            # check: half a character is in no path
            or not _is_text(value)
        ):
            raise InvalidArgumentsError(f"{name} cannot be part of an address.", remedy="Give the id as it was listed.")
        filled.append(
            # check[unwrap]: a value is percent-encoded in a path
            quote(value, safe="")
        )
    path = "".join(filled)
    # check: a path is what it reads as
    if urlsplit(f"http://host{path}").path != path:
        raise InvalidArgumentsError("An argument does not fit into an address.", remedy="Give ids as they were listed.")
    return path


def _is_text(value: str) -> bool:
    """False for lone surrogates, which have no UTF-8 form."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


Pair = tuple[str, str]


def scalar(name: str, value: Any) -> list[Pair]:  # noqa: ANN401 - a validated parameter of any type
    """One parameter; a list goes as ``name[]`` once per item."""
    if isinstance(value, list | tuple):
        return [(f"{name}[]", _word(item)) for item in cast("list[Any]", value)]
    return [(name, _word(value))]


def repeated(name: str, value: Any) -> list[Pair]:  # noqa: ANN401 - a validated parameter of any type
    """One parameter; a list goes as the same name once per item."""
    return [(name, _word(item)) for item in (cast("list[Any]", value) if isinstance(value, list | tuple) else [value])]


def join(pairs: Iterable[Pair]) -> str:
    """The pairs percent-encoded, brackets included."""
    query = ""
    for name, value in pairs:
        query += f"{'&' if query else ''}{_quote_name(name, safe='')}={quote(value, safe='')}"
    return query


_quote_name = lru_cache(maxsize=1_000)(quote)
"""Names come again and again, and each of their brackets is encoded for itself."""


def _word(value: Any) -> str:  # noqa: ANN401 - a validated parameter of any type
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What makes a request unique: a random id, and the time in UTC."""

    id: UUID
    at: datetime


def enclosed(body: Mapping[str, Any], envelope: EventBatch, stamp: Stamp) -> Mapping[str, Any]:
    """``body`` as the one event of a batch."""
    made = str(stamp.id)
    held = {**body, "id": made}
    return {envelope.batch: [{"id": made, "type": envelope.type, "timestamp": timestamp(stamp.at), "body": held}]}
