"""Text that others wrote, made safe to carry. Rule: cleaning takes characters out, it never adds words of ours.

Taken out (THREATS row 25): C0 and C1 controls except newline and tab (so no ANSI sequence is left whole),
bidirectional controls, zero-width and other format characters, tag characters (U+E0000-E007F), variation
selectors beyond the common sixteen, surrogates, private use and unassigned code points.

In JSON no string and no key passes uncleaned, and nothing is nested without end (THREATS rows 24 and 25).

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

import math
import re
from typing import Any, Final, cast

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


LONGEST_STRING: Final = 20_000
LONGEST_KEY: Final = 200
DEEPEST: Final = 40
"""Levels of lists and objects in a document."""

_HARMLESS = frozenset({int, bool, type(None)})


def cleaned(document: Any, depth: int = DEEPEST) -> Any:  # noqa: ANN401 - any JSON
    """The document with every string and key cleaned and bounded; what is clean already is not copied.

    A number that JSON has no word for (``1e999`` reads as infinite) becomes None, so that it can be written again, and
    so does what is nested deeper than ``depth``.
    """
    if isinstance(document, str):
        # check[unwrap]: a string of an answer is cleaned
        return clean(document, limit=LONGEST_STRING)
    # check: an answer is nested so deep and no deeper
    if depth <= 0 and isinstance(document, dict | list) and document:
        return None
    if isinstance(document, dict):
        return _clean_object(cast("dict[str, Any]", document), depth)
    if isinstance(document, list):
        return clean_values(cast("list[Any]", document), depth - 1)
    return None if isinstance(document, float) and not math.isfinite(document) else document


def clean_values(values: list[Any], depth: int) -> list[Any]:
    """Each of the values, cleaned. Most are short plain text or numbers, and are told from the rest without a call."""
    if is_harmless([value for value in values if value.__class__ is str]):
        if all([value.__class__ in _FLAT for value in values]):  # noqa: C419 - a generator costs a call for each
            return values
        return [value if value.__class__ in _FLAT else cleaned(value, depth) for value in values]
    return [value if value.__class__ in _HARMLESS else cleaned(value, depth) for value in values]


_FLAT = _HARMLESS | {str}


def is_harmless(texts: list[str]) -> bool:
    """Whether nothing in these texts needs cleaning: all are printable ASCII, and short enough."""
    whole = "".join(texts)
    return (
        whole.isascii()  # check: a column with anything odd in it is looked at
        and whole.isprintable()
        # check: a long string of an answer is cut
        and (len(whole) <= LONGEST_STRING or max(map(len, texts)) <= LONGEST_STRING)
    )


def _clean_object(pairs: dict[str, Any], depth: int) -> dict[str, Any]:
    """A flat object of plain text and numbers, as most are, is kept as it is."""
    given, keys = list(pairs.values()), list(pairs)
    values = clean_values(given, depth - 1)
    if "".join(keys).isascii() and all([key.isprintable() and len(key) <= LONGEST_KEY for key in keys]):  # noqa: C419 - as above
        return pairs if values is given else dict(zip(keys, values, strict=True))
    cleaned_keys = [
        # check[unwrap]: the keys of an answer are cleaned
        clean(key, limit=LONGEST_KEY, lines=False)
        for key in keys
    ]
    return dict(zip(cleaned_keys, values, strict=True))


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
