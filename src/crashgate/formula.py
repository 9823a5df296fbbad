"""Cells that a spreadsheet would run. Rule: no text cell of a file of ours begins like a formula (THREATS row 26).

A leading apostrophe makes a spreadsheet show the cell as text. The first characters are those of
https://owasp.org/www-community/attacks/CSV_Injection (``=``, ``+``, ``-``, ``@``, tab, carriage return, line feed and
the full-width forms), looked for behind white space and unprintable characters too; the small forms that fold to the
same characters are added, and ``|`` and ``%``, which older programs take for commands.
"""

from typing import Final

_OPERATORS: Final = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
_ENDS_OF_CELLS: Final = frozenset("\t\r\n")


def neutralised(cell: str) -> str:
    """``cell``, with an apostrophe in front where a spreadsheet would run it."""
    return f"'{cell}" if runs(cell) else cell


def runs(cell: str) -> bool:
    """Whether a spreadsheet could take the cell for a formula."""
    if cell == "" or cell[0].isalnum():
        return False
    if cell[0] in _ENDS_OF_CELLS:
        return True
    seen = next((char for char in cell if char.isprintable() and not char.isspace()), "")
    return seen in _OPERATORS
