"""Where a command writes: results on stdout, notes on stderr.

No text can control a terminal. At a terminal there are colours and tables (rich); in a pipe, with NO_COLOR or on a dumb
terminal, the text is plain. A file is written under another name first, so it is complete or absent.
"""

import json
import os
import secrets
import sys
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from crashgate.cli.command import shared
from crashgate.sanitise import clean

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST = 20_000

STYLES: Mapping[str, str] = {
    "allow": "green",
    "deny": "red",
    "off": "dim",
    "read": "cyan",
    "write": "yellow",
    "full": "bold red",
}
"""Words that have a colour wherever they fill a cell."""


class Screen:
    """stdout. ``json`` says that the command prints one JSON document and nothing else."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.json = as_json
        self._console = None if as_json or not is_fancy() else _console()

    @property
    def plain(self) -> bool:
        """True when nobody would see colours."""
        return self._console is None

    @property
    def width(self) -> int:
        """The columns of the terminal; without one, more than any table needs."""
        return sys.maxsize if self._console is None else self._console.width

    def data(self, value: object, *, line: bool = False) -> None:
        """One JSON document, on one line if it is one of many."""
        click.echo(json.dumps(value, indent=None if line else 2, separators=(",", ":") if line else None))

    def say(self, text: str = "", *, style: str = "") -> None:
        """One paragraph."""
        if self._console is None:
            click.echo(_safe(text))
            return
        from rich.text import Text

        self._console.print(Text(_safe(text), style=style))

    def under(self, label: str, text: str, *, style: str = "", indent: int = 2, width: int = 7) -> None:
        """A paragraph beside a label; at a terminal its lines stay beside it."""
        if self._console is None:
            click.echo(f"{' ' * indent}{_safe(label):<{width}}{_safe(text)}".rstrip())
            return
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid()
        grid.add_column(width=width, no_wrap=True)
        grid.add_column()
        grid.add_row(Text(_safe(label), style="dim"), Text(_safe(text), style=style))
        self._console.print(Padding(grid, (0, 0, 0, indent)))

    def raw(self, text: str) -> None:
        """Text of several lines as it is."""
        click.echo(text, nl=not text.endswith("\n"))

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        sections: bool = False,
        whole: Collection[str] = (),
    ) -> None:
        """Rows below column names. At a terminal no word is cut while there is another way to make room.

        With ``sections`` the first column, by which the rows stand in order, becomes a line above its rows there.
        ``whole`` are columns that stay on one line; those that hold single words do anyway.
        """
        cells = [[_safe(cell) for cell in row] for row in rows]
        if self._console is None:
            for line in _aligned([columns, *cells]):
                click.echo(line)
            return
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
        first = 1 if sections else 0
        for number, column in list(enumerate(columns))[first:]:
            single = column in whole or not any(" " in row[number] for row in cells)
            # A heading is broken at its hyphens, for it is often longer than what stands below it.
            table.add_column(_safe(column).replace("-", "-\n"), overflow="fold", no_wrap=single)
        above = ""
        for row in cells:
            if sections and row[0] != above:
                above = row[0]
                table.add_row(Text(above, style="bold"))
            indent = "  " if sections else ""
            table.add_row(
                Text(indent + row[first]), *(Text(cell, style=STYLES.get(cell, "")) for cell in row[first + 1 :])
            )
        self._console.print(table)

    def lines(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Rows of time, one word and a sentence, without column names."""
        if self._console is None:
            for at, word, sentence in rows:
                click.echo(f"{_safe(at)}  {_safe(word):<9}  {_safe(sentence)}")
            return
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        for _ in range(2):
            grid.add_column(no_wrap=True)
        grid.add_column()
        for at, word, sentence in rows:
            style = STYLES.get(word, "dim" if word == "look-up" else "yellow")
            quiet = "dim" if word == "look-up" else ""
            moment = _safe(at)[:19].replace("T", " ")
            grid.add_row(Text(moment, "dim"), Text(f"{_safe(word):<9}", style), Text(_safe(sentence), quiet))
        self._console.print(grid)


def note(text: str) -> None:
    """One line on stderr, for people; with ``--json`` there are none to read it."""
    if not shared().json:
        click.echo(_safe(text), err=True)


def is_fancy() -> bool:
    """Whether stdout is a terminal whose user wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False)


def _safe(text: Any) -> str:  # noqa: ANN401 - whatever is to be shown
    return clean(str(text), limit=_LONGEST, lines=False)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


@contextmanager
def whole_file(path: Path, *, mode: int, over: bool) -> Generator[TextIO]:
    """A stream whose text is at ``path`` once the block has ended well, durably; else nothing is left of it.

    ``mode`` are its permissions. With ``over`` it takes the place of a file that is there; without, that file stays and
    FileExistsError is raised. The other name is hidden and has no suffix of a document, so no reader of a folder takes
    it for one. Raises OSError.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with open(opened, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123 - a file that is open already
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if over:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
