"""Text that others wrote, made safe to carry. Rule: cleaning takes characters out, it never adds words of ours.

Taken out (THREATS row 25): C0 and C1 controls except newline and tab (so no ANSI sequence is left whole),
bidirectional controls, zero-width and other format characters, tag characters (U+E0000-E007F), variation
selectors beyond the common sixteen, surrogates, private use and unassigned code points.
"""

import re

_INVISIBLE_LETTERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\U000e0100-\U000e01ef]")
"""Invisible, yet ``str.isprintable`` calls them printable (marks and letters)."""

_ELLIPSIS = "…"
_FEW = 16
"""Kinds of characters that are taken out of a whole text one after the other."""


def clean(text: str, *, limit: int, lines: bool = True) -> str:
    """``text`` without dangerous characters and at most ``limit`` characters long.

    A cut shows as an ellipsis, which counts. With ``lines`` false, newlines and tabs become spaces.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    seen = text[: limit * 4]
    kept = _printable(seen, lines=lines)
    kept = kept if kept.isascii() else _INVISIBLE_LETTERS.sub("", kept)
    return kept if len(kept) <= limit and len(seen) == len(text) else kept[: limit - 1] + _ELLIPSIS


def _printable(text: str, *, lines: bool) -> str:
    """Long texts mostly have line ends, few other characters to take out, and each of these often.

    So all of one kind go at once, and only where there are many kinds is each character looked at.
    """
    bare = text.replace("\n", " ").replace("\t", " ")
    kept = text if lines else bare
    if bare.isprintable():
        return kept
    odd = {char for char in set(bare) if not char.isprintable()}
    if len(odd) > _FEW:
        return "".join(_instead(char) if char in odd else char for char in kept)
    for char in odd:
        kept = kept.replace(char, _instead(char))
    return kept


def _instead(char: str) -> str:
    """What stands in the place of a character that is taken out: words stay apart."""
    return " " if char.isspace() else ""
