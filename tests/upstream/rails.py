"""Query strings as Rack reads them, written from its documented rules. Rule: knows nothing of how we write them.

``a[b]=1`` is a hash in a hash, ``a[]=1`` a list, and ``a[][x]=1&a[][y]=2`` a list of hashes: a new hash begins when a
key comes that the last one has already. That is why the two pairs of a filter must stand beside each other.
"""

import re
from typing import Any, cast
from urllib.parse import unquote_plus


def parse(query: str) -> dict[str, Any]:
    """The parameters. Raises ValueError where Rack would answer 400."""
    found: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        _put(found, unquote_plus(name), unquote_plus(value))
    return found


def _put(into: dict[str, Any], name: str, value: str) -> None:
    match = re.fullmatch(r"([^\[\]]+)((?:\[[^\[\]]*\])*)", name)
    if match is None:
        raise ValueError(f"cannot read the name {name!r}")
    keys = re.findall(r"\[([^\[\]]*)\]", match[2])
    _store(into, match[1], keys, value)


def _store(into: dict[str, Any], key: str, rest: list[str], value: str) -> None:
    if not rest:
        if isinstance(into.get(key), dict | list):
            raise ValueError(f"{key!r} is a text and something else")
        into[key] = value
    elif rest[0] == "":
        rows = into.setdefault(key, [])
        if not isinstance(rows, list):
            raise ValueError(f"{key!r} is a list and something else")
        _append(cast("list[Any]", rows), rest[1:], value)
    else:
        inside = into.setdefault(key, {})
        if not isinstance(inside, dict):
            raise ValueError(f"{key!r} is a hash and something else")
        _store(cast("dict[str, Any]", inside), rest[0], rest[1:], value)


def _append(rows: list[Any], rest: list[str], value: str) -> None:
    if not rest:
        rows.append(value)
        return
    if not rows or not isinstance(rows[-1], dict) or rest[0] in rows[-1]:
        rows.append({})
    _store(cast("dict[str, Any]", rows[-1]), rest[0], rest[1:], value)
