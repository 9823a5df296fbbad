"""What a request says, from its query or its body. Rule: what is not understood is refused, never passed over (G).

The types of the refusals are the vendor's (docs/upstreams/devrev.md#refusals); which of them
goes with which mistake is a guess where the type's name does not say it (G).
"""

import json
from collections.abc import Collection, Mapping
from typing import cast
from urllib.parse import parse_qsl

from crashgate_sandbox.devrev.errors import bad_request


def from_query(query: str) -> "Fields":
    """The fields of a query: ``limit`` is a number, and ``sort_by`` a list with commas in it (V: explode is false)."""
    given: dict[str, object] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "sort_by":
            given[name] = [*cast("list[str]", given.get(name, [])), *value.split(",")]
        elif name in given:
            raise bad_request("bad_request", f"{name} is given more than once", field=name)
        elif name == "limit":
            given[name] = _number(name, value)
        else:
            given[name] = value
    return Fields(given)


def from_body(body: bytes) -> "Fields":
    """The fields of a JSON body."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise bad_request("parse_error", "The body is not JSON") from None
    if not isinstance(given, dict):
        raise bad_request("unexpected_json_type", "The body must be an object")
    return Fields(cast("Mapping[str, object]", given))


class Fields:
    """The fields of one request; a null counts as left out (G)."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = {name: value for name, value in given.items() if value is not None}

    def allow(self, names: Collection[str]) -> None:
        """Refuse every other name."""
        for name in self._given:
            if name not in names:
                raise bad_request("invalid_field", f"{name} is not a field of this request", field=name)

    def has(self, name: str) -> bool:
        """Whether it is there at all."""
        return name in self._given

    def text(self, name: str) -> str:
        """A text that must be there and have a character at least."""
        value = self.optional_text(name)
        if value is None:
            raise missing(name)
        return value

    def optional_text(self, name: str) -> str | None:
        """A text with a character at least, if there is one."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise _wrong_type(name, "a string")
        if not value:
            raise bad_request("value_not_permitted", f"{name} must not be empty", field=name)
        return value

    def word(self, name: str, words: tuple[str, ...]) -> str:
        """One of some words, which must be there."""
        value = self.optional_word(name, words)
        if value is None:
            raise missing(name)
        return value

    def optional_word(self, name: str, words: tuple[str, ...]) -> str | None:
        """One of some words, if there is one."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise _wrong_type(name, "a string")
        if value not in words:
            raise bad_request("invalid_enum_value", f"{name} must be one of {', '.join(words)}", field=name)
        return value

    def number(self, name: str) -> int | None:
        """A whole number, if there is one."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_type(name, "an integer")
        return value

    def flag(self, name: str) -> bool | None:
        """True or false, if either is there."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, bool):
            raise _wrong_type(name, "a boolean")
        return value

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts, if there is one."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in cast("list[object]", value)):
            raise _wrong_type(name, "an array of strings")
        return tuple(cast("list[str]", value))

    def inner(self, name: str) -> "Fields | None":
        """The fields of an object, if there is one."""
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _wrong_type(name, "an object")
        return Fields(cast("Mapping[str, object]", value))

    def without(self, *names: str) -> str:
        """All other fields in one text, the same one whatever their order."""
        kept = {name: value for name, value in self._given.items() if name not in names}
        return json.dumps(kept, sort_keys=True)


def missing(name: str) -> Exception:
    """400 for a field that had to be there."""
    return bad_request("missing_required_field", f"{name} is required", field=name)


def _wrong_type(name: str, wanted: str) -> Exception:
    return bad_request("unexpected_json_type", f"{name} must be {wanted}", field=name)


def _number(name: str, value: str) -> int:
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):  # noqa: PLR2004 - an int32 has no more
        raise bad_request("parse_error", f"{name} must be an integer", field=name)
    return int(value)
