"""Fields of a JSON body. Rule: what does not fit is refused with 400, in Rails' words.

No such refusal was recorded; ``… can't be blank`` was seen for other fields (L), the other words are a guess (G).
"""

from collections.abc import Mapping
from typing import cast

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError


def text_field(body: JsonObject, name: str) -> str:
    """A text that must be there and say something."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(400, f"{spoken(name)} can't be blank")
    return value


def flag_field(body: JsonObject, name: str) -> bool:
    """True or false, and nothing else."""
    value = body.get(name)
    if value is None:
        raise RefusedError(400, f"{spoken(name)} can't be blank")
    if not isinstance(value, bool):
        raise RefusedError(400, f"{spoken(name)} must be a boolean")
    return value


def texts_field(body: JsonObject, name: str) -> tuple[str, ...]:
    """A list of texts, which may be empty."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in cast("list[object]", value)):
        raise RefusedError(400, f"{spoken(name)} must be an array")
    return tuple(cast("list[str]", value))


def object_field(body: JsonObject, name: str) -> Mapping[str, object]:
    """An object, which may be empty."""
    value = body.get(name)
    if not isinstance(value, dict):
        raise RefusedError(400, f"{spoken(name)} must be an object")
    return cast("Mapping[str, object]", value)


def word_field(body: JsonObject, name: str, words: tuple[str, ...]) -> str:
    """One of some words."""
    value = body.get(name)
    if not isinstance(value, str) or value not in words:
        raise RefusedError(400, f"{spoken(name)} is not included in the list")
    return value


def spoken(name: str) -> str:
    """``auto_upgrade`` -> ``Auto upgrade``."""
    return name.replace("_", " ").capitalize()
