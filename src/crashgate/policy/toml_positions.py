"""TOML documents, with the line of each key. What a document says is left to ``tomllib``, which gives no positions.

This reads just enough of TOML (keys, headers, brackets, strings) to know the line of each key. It also finds two things
before ``tomllib`` runs: keys that are written twice, and nesting so deep that parsing would be slow (20,000 dots in one
key take seconds).

Hidden characters are refused in the whole text, comments included: bidirectional controls can make a document read
differently from what it says (THREATS row 25).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from crashgate.errors import PolicyDocumentError, Problem
from crashgate.policy.wording import word
from crashgate.sanitise import clean

Path = tuple[str | int, ...]
"""``("grant", 0, "access", "error")``: table keys, and indexes from 0 in lists."""

_MAX_DEPTH = 8
_TOKEN = re.compile(
    r"""
    (?P<newline>\n)
    | (?P<blank>[ \t]+ | \#[^\n]*)
    | (?P<text>
        \"{3} (?: \\. | [^\\"] | "{1,2}(?!") )* "{3,5}
        | '{3} (?: [^'] | '{1,2}(?!') )* '{3,5}
        | " (?: \\. | [^\\"\n] )* "
        | ' [^'\n]* '
      )
    | (?P<mark>[\[\]{}=,.])
    | (?P<bare>[^\s"'\#\[\]{}=,.]+)
    | (?P<odd>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Twice(NamedTuple):
    """A key written twice in one table, on these lines."""

    key: str
    first: int
    again: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """The line (from 1) of each key and list item, keys written twice, and the first line that nests too deeply.

    Complete for a document that ``tomllib`` accepts; what was seen up to the fault for any other.
    """

    lines: Mapping[Path, int]
    twice: tuple[Twice, ...]
    too_deep: int | None

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def survey(text: str) -> Survey:
    """Find the lines of a document whose lines end in LF; never raises, and takes time in proportion to its length."""
    surveyor = _Surveyor(text)
    too_deep = None
    try:
        surveyor.document()
    except _TooDeepError as fault:
        too_deep = fault.line
    except _LostError:
        pass
    return Survey(lines=surveyor.lines, twice=tuple(surveyor.twice), too_deep=too_deep)


class _LostError(Exception):
    """Not TOML; tomllib finds the words for it."""


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind, piece = found.lastgroup or "odd", found.group()
        if kind != "blank":
            yield _Token(kind, piece, line)
        line += piece.count("\n")
    yield _Token("end", "", line)


class _Surveyor:
    """One pass over the tokens, with the table that the last header opened."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self.twice: list[Twice] = []
        self._written: dict[Path, int] = {}
        self._lists: dict[Path, int] = {}
        self._tokens = _tokens(text)
        self._next = next(self._tokens)

    def document(self) -> None:
        table: Path = ()
        while self._next.kind != "end":
            if self._next.kind == "newline":
                self._take()
                continue
            if self._next.text == "[":
                table = self._header()
            else:
                self._pair(table, depth=0)
            if self._next.kind not in {"newline", "end"}:
                raise _LostError

    def _take(self, expected: str | None = None) -> _Token:
        token = self._next
        if token.kind == "end" or expected not in {None, token.text}:
            raise _LostError
        self._next = next(self._tokens)
        return token

    def _header(self) -> Path:
        line = self._take("[").line
        of_list = self._next.text == "["
        if of_list:
            self._take()
        keys = self._key()
        for _ in range(1 + of_list):
            self._take("]")
        table = self._note((), keys[:-1], line) + keys[-1:]
        if of_list:
            self._lists[table] = self._lists.get(table, -1) + 1
        return self._note((), keys, line)

    def _pair(self, table: Path, *, depth: int) -> None:
        line = self._next.line
        keys = self._key()
        path = self._note(table, keys, line)
        if path in self._written:
            self.twice.append(Twice(".".join(keys), self._written[path], line))
        self._written.setdefault(path, line)
        self._take("=")
        self._value(path, depth=depth + 1)

    def _key(self) -> tuple[str, ...]:
        keys: list[str] = []
        while True:
            token = self._take()
            if token.kind not in {"bare", "text"}:
                raise _LostError
            keys.append(_unquote(token.text) if token.kind == "text" else token.text)
            if len(keys) > _MAX_DEPTH:
                raise _TooDeepError(token.line)
            if self._next.text != ".":
                return tuple(keys)
            self._take()

    def _note(self, table: Path, keys: tuple[str, ...], line: int) -> Path:
        """Keep the line of each key on the way; a list of tables is entered at its last table."""
        path = table
        for key in keys:
            path = (*path, key)
            self.lines.setdefault(path, line)
            if path in self._lists:
                path = (*path, self._lists[path])
                self.lines.setdefault(path, line)
        return path

    def _value(self, path: Path, *, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise _TooDeepError(self._next.line)
        if self._next.text == "[":
            self._list(path, depth=depth)
        elif self._next.text == "{":
            self._table(path, depth=depth)
        else:
            # A number or a date may be several tokens: 1.5, 07:32:00.999, 1979-05-27 07:32:00.
            while self._next.kind in {"bare", "text"} or self._next.text == ".":
                self._take()

    def _list(self, path: Path, *, depth: int) -> None:
        self._take("[")
        index = 0
        while self._after_newlines().text != "]":
            self.lines.setdefault((*path, index), self._next.line)
            self._value((*path, index), depth=depth + 1)
            index += 1
            if self._after_newlines().text != "]":
                self._take(",")
        self._take("]")

    def _table(self, path: Path, *, depth: int) -> None:
        self._take("{")
        while self._after_newlines().text != "}":
            self._pair(path, depth=depth)
            if self._after_newlines().text != "}":
                self._take(",")
        self._take("}")

    def _after_newlines(self) -> _Token:
        while self._next.kind == "newline":
            self._take()
        return self._next


def _unquote(quoted: str) -> str:
    """The key that a quoted key stands for; tomllib knows the escapes."""
    try:
        return str(tomllib.loads(f"key = {quoted}")["key"])
    except tomllib.TOMLDecodeError as error:
        raise _LostError from error


MAX_BYTES = 256 * 1024
TOO_LARGE = f"the document is larger than {MAX_BYTES // 1024} KiB"
NOT_UTF8 = "the document is not UTF-8 text"


def parse(text: str, *, source: str) -> tuple[dict[str, object], Survey]:
    """What a document says, and where. Raises PolicyDocumentError."""

    def refuse(line: int, words: str) -> PolicyDocumentError:
        return PolicyDocumentError([Problem(source=source, line=line, text=words)])

    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise refuse(1, NOT_UTF8) from error
    # check: a document has a largest size
    if size > MAX_BYTES:
        raise refuse(1, TOO_LARGE)
    unix = text.replace("\r\n", "\n")
    hidden = tuple(_find_hidden_characters(unix))
    # check: a document holds no hidden character
    if hidden:
        raise PolicyDocumentError(Problem(source=source, line=line, text=words) for line, words in hidden)
    surveyed = survey(unix)
    # check: a document is not nested without end
    if surveyed.too_deep is not None:
        raise refuse(surveyed.too_deep, "this is nested too deeply for a policy")
    try:
        return tomllib.loads(unix), surveyed
    except (ValueError, RecursionError) as error:
        if surveyed.twice:
            raise PolicyDocumentError(
                Problem(source=source, line=each.again, text=f"`{word(each.key)}` is already set on line {each.first}")
                for each in surveyed.twice
            ) from error
        raise refuse(*_fault(str(error), last_line=unix.count("\n") + 1)) from error


def find_hidden_character(text: str, *, lines: bool = False) -> str | None:
    """The first character of ``text`` that cannot be seen, as ``U+202E``; with ``lines``, line ends and tabs pass."""
    for char in text:
        if clean(char, limit=1, lines=lines) != char:
            return f"U+{ord(char):04X}"
    return None


def _find_hidden_characters(text: str) -> Iterator[tuple[int, str]]:
    if clean(text, limit=len(text) + 1) == text:
        return
    for number, line in enumerate(text.split("\n"), start=1):
        code = find_hidden_character(line, lines=True)
        if code is not None:
            yield number, f"the line holds a hidden character, {code}; take it out"


def _fault(message: str, *, last_line: int) -> tuple[int, str]:
    """What tomllib says of a text that is not TOML, and the line in it."""
    words, at, place = message.rpartition(" (at ")
    if not at:
        return 1, f"this is not TOML: {message}"
    if not place.startswith("line "):
        return last_line, f"this is not TOML: {words} (at the end of the document)"
    line = int("".join(char for char in place.split(",")[0] if char.isdigit()))
    return line, f"this is not TOML: {words}"
