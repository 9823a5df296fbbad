"""An operation's path from its template. Rule: a value is exactly one segment on the right host (THREATS row 13)."""

import string
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from crashgate.errors import InvalidArgumentsError

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
        if value in _DOTS or len(value) > LONGEST_SEGMENT or not _is_text(value):
            raise InvalidArgumentsError(f"{name} cannot be part of an address.", remedy="Give the id as it was listed.")
        filled.append(quote(value, safe=""))
    path = "".join(filled)
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
