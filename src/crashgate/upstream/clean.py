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


class TooDeepError(ValueError):
    """The document is nested deeper or holds more values than any documented answer."""


def cleaned(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """A copy with every string and key cleaned and bounded. Raises TooDeepError.

    A number that JSON has no word for (``1e999`` reads as infinite) becomes None, so that the copy can be written.
    """
    left = [MOST_NODES]
    return _walk(document, DEEPEST, left)


def _walk(node: Any, depth: int, left: list[int]) -> Any:  # noqa: ANN401 - any JSON
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise TooDeepError
    if isinstance(node, str):
        return clean(node, limit=LONGEST_STRING)
    if isinstance(node, dict):
        pairs = cast("dict[str, Any]", node)
        return {
            clean(key, limit=LONGEST_KEY, lines=False): _walk(value, depth - 1, left) for key, value in pairs.items()
        }
    if isinstance(node, list):
        return [_walk(item, depth - 1, left) for item in cast("list[Any]", node)]
    return None if isinstance(node, float) and not math.isfinite(node) else node
