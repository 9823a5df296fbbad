"""Text that others wrote, made safe to carry. Rule: cleaning takes characters out, it never adds words of ours.

Taken out (THREATS row 25): C0 and C1 controls except newline and tab (so no ANSI sequence is left whole),
bidirectional controls, zero-width and other format characters, tag characters (U+E0000-E007F), variation
selectors beyond the common sixteen, surrogates, private use and unassigned code points.
"""

import re

_INVISIBLE_LETTERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\U000e0100-\U000e01ef]")
"""Invisible, yet ``str.isprintable`` calls them printable (marks and letters)."""

_ELLIPSIS = "…"


def clean(text: str, *, limit: int, lines: bool = True) -> str:
    """``text`` without dangerous characters and at most ``limit`` characters long.

    A cut shows as an ellipsis, which counts. With ``lines`` false, newlines and tabs become spaces.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    seen = text[: limit * 4]
    kept = seen if seen.isprintable() else "".join(_printable(char, lines=lines) for char in seen)
    kept = _INVISIBLE_LETTERS.sub("", kept)
    return kept if len(kept) <= limit and len(seen) == len(text) else kept[: limit - 1] + _ELLIPSIS


def _printable(char: str, *, lines: bool) -> str:
    if char.isprintable():
        return char
    if char in "\n\t":
        return char if lines else " "
    return " " if char.isspace() else ""
