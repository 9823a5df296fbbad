"""JSON that has one meaning: what two parsers could read differently is refused (THREATS rows 16 and 24).

Refused: bytes that are not UTF-8, a byte order mark, duplicate keys, NaN and infinities, numbers that a double cannot
hold exactly enough, lone surrogates, and nesting beyond a bound.
"""

import json
import math
from typing import Any, NoReturn, cast

DEEPEST = 64
_MOST_DIGITS = 18
"""Every whole number of this many digits is one number to all parsers; ids are text anyway."""


class NotStrictError(ValueError):
    """The text is not JSON that has one reading; says why in words of ours."""


def parse(data: bytes, *, deepest: int = DEEPEST) -> Any:  # noqa: ANN401 - any JSON
    """The document, nested no deeper than ``deepest``. Raises NotStrictError."""
    try:
        document = json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            # check: no NaN
            parse_constant=_refuse,
            parse_int=_whole,
            parse_float=_finite,
        )
        _check(document, deepest)
    except NotStrictError:
        raise
    except UnicodeError:
        raise NotStrictError("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise NotStrictError("it is not JSON") from None
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    # check: no key stands twice
    if len(found) != len(pairs):
        raise NotStrictError("a key occurs twice in an object")
    return found


def _refuse(_: str) -> NoReturn:
    raise NotStrictError("NaN and infinities are not JSON")


def _whole(text: str) -> int:
    # check: no number beyond a double
    if len(text.removeprefix("-")) > _MOST_DIGITS:
        raise NotStrictError("a number is too large")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    # check: no number that is infinite
    if not math.isfinite(number):
        raise NotStrictError("a number is too large")
    return number


def _check(node: Any, depth: int) -> None:  # noqa: ANN401 - any JSON
    # check: a message is nested so deep and no deeper
    if depth < 0:
        raise NotStrictError("it is nested too deep")
    if isinstance(node, str):
        # check: no half of a character
        node.encode()
    elif isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            key.encode()
            _check(value, depth - 1)
    elif isinstance(node, list):
        for item in cast("list[Any]", node):
            _check(item, depth - 1)
