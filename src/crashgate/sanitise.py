"""Text that others wrote, made safe to carry. Rule: cleaning takes characters out, it never adds words of ours.

Taken out (THREATS row 25): C0 and C1 controls except newline and tab (so no ANSI sequence is left whole),
bidirectional controls, zero-width and other format characters, tag characters (U+E0000-E007F), variation
selectors beyond the common sixteen, surrogates, private use and unassigned code points.

Cells that a spreadsheet would run: no text that we write begins like a formula, whatever the separator is.

A leading apostrophe makes a spreadsheet show the cell as text. The first characters are those of
https://owasp.org/www-community/attacks/CSV_Injection (``=``, ``+``, ``-``, ``@``, tab, carriage return, line feed and
the full-width forms), looked for behind white space and unprintable characters too; the small forms that fold to the
same characters are added, and ``|`` and ``%``, which older programs take for commands (THREATS row 26).

A program that takes ``;``, a tab or ``|`` for the separator sees cells begin inside our text, also behind quotes, and
rows behind line breaks. There, too, an apostrophe is put before the formula, right behind the separator: ``x;=1`` is
written ``x;'=1`` (THREATS row 44). A comma needs none, as a field that holds one is quoted. To have the text back, take
out each apostrophe at the start or right behind one of these characters that stands before a formula.
"""

import re
from typing import Final

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
    # check[always]: invisible letters are taken out of a text
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
        return "".join(
            # check[never]: many kinds of control characters are taken out of a text
            _instead(char) if char in odd else char
            for char in kept
        )
    for char in odd:
        # check: control characters are taken out of a text
        kept = kept.replace(char, _instead(char))
    return kept


def _instead(char: str) -> str:
    """What stands in the place of a character that is taken out: words stay apart."""
    return " " if char.isspace() else ""


_OPERATORS: Final = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
_ENDS_OF_CELLS: Final = frozenset("\t\r\n")
_PIPE: Final = "|"
_BEGINS: Final = re.escape("".join(sorted({";", _PIPE} | _ENDS_OF_CELLS)))
_RUN: Final = re.escape("".join(sorted(_OPERATORS)))
_find_inside = re.compile(rf"([{_BEGINS}])([^\w{_BEGINS}{_RUN}]*)(?=([{_RUN}]))")
"""What ends a cell, and a sign of a formula before the next letter, digit or end of a cell."""


def neutralised(cell: str) -> str:
    """``cell``, with an apostrophe wherever a spreadsheet would begin to run it."""
    # check[unwrap]: a formula behind another separator gets an apostrophe
    shown = neutralised_inside(cell)
    return f"'{shown}" if runs(cell) else shown


def neutralised_inside(cell: str) -> str:
    """The same but for the start of the cell."""
    return _find_inside.sub(_set_apart, cell)


def may_run_inside(cells: str) -> bool:
    """Whether some cell of those that stand in ``cells`` one after another may need an apostrophe after its start."""
    return _find_inside.search(cells) is not None


def runs(cell: str) -> bool:
    """Whether a spreadsheet could take the cell for a formula."""
    if cell == "" or cell[0].isalnum():
        return False
    # check: a tab at the start is taken for a formula
    if cell[0] in _ENDS_OF_CELLS:
        return True
    seen = next(
        (
            char
            for char in cell
            # check: a formula is seen behind white space
            if char.isprintable() and not char.isspace()
        ),
        "",
    )
    return seen in _OPERATORS


def _set_apart(found: re.Match[str]) -> str:
    separator, gap, operator = found.groups()
    if separator == operator == _PIPE or any(_is_shown(char) for char in gap):
        return found[0]
    return f"{separator}'{gap}"


def _is_shown(char: str) -> bool:
    return (
        char.isprintable()
        and not char.isspace()
        # check: a formula behind a separator and quotes gets an apostrophe
        and char != '"'
    )
