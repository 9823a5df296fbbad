"""``NAME=VALUE`` on a command line, as arguments of a tool. Rule: what begins like JSON is JSON, the rest is text."""

import json
from collections.abc import Sequence
from typing import Any, cast

from crashgate.errors import InvalidArgumentsError


def read(words: Sequence[str]) -> dict[str, Any]:
    """The arguments of a tool as they are written on a command line: ``name=value``, or an object in JSON.

    Raises InvalidArgumentsError.
    """
    found: dict[str, Any] = {}
    for word in words:
        found |= _object(word) if word.startswith("{") else _given([word])
    return found


def _object(text: str) -> dict[str, Any]:
    value = _value(text)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _given(words: Sequence[str]) -> dict[str, Any]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals or not name:
            raise InvalidArgumentsError(
                "An argument is written NAME=VALUE.", remedy="For example: project_id=checkout-ios"
            )
    return {name: _value(text) for name, _, text in pairs}


def _value(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Objects, lists, null, true and false as in JSON; everything else is text."""
    if text[:1] in {"{", "["} or text in {"null", "true", "false"}:
        try:
            return json.loads(text)
        except ValueError:
            raise InvalidArgumentsError(
                "A value that begins like JSON is not JSON.", remedy="Quote it for your shell."
            ) from None
    return text
