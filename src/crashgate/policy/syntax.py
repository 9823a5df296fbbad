"""The text of a document as TOML values with their lines. Rule: nothing that a reader cannot see, nothing twice.

Hidden characters are refused in the whole text, comments too: bidirectional controls can make a document read
differently from what it says (THREATS row 25).
"""

import tomllib
from collections.abc import Iterator

from crashgate.policy.problem import PolicyDocumentError, Problem
from crashgate.policy.survey import Survey, survey
from crashgate.policy.wording import word
from crashgate.text import clean

MAX_BYTES = 256 * 1024
TOO_LARGE = f"the document is larger than {MAX_BYTES // 1024} KiB"
NOT_UTF8 = "the document is not UTF-8 text"


def parse(text: str, *, source: str) -> tuple[dict[str, object], Survey]:
    """What a document says, and where. Raises PolicyDocumentError."""

    def refused(line: int, words: str) -> PolicyDocumentError:
        return PolicyDocumentError([Problem(source=source, line=line, text=words)])

    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise refused(1, NOT_UTF8) from error
    if size > MAX_BYTES:
        raise refused(1, TOO_LARGE)
    unix = text.replace("\r\n", "\n")
    hidden = tuple(_hidden_characters(unix))
    if hidden:
        raise PolicyDocumentError(Problem(source=source, line=line, text=words) for line, words in hidden)
    surveyed = survey(unix)
    if surveyed.too_deep is not None:
        raise refused(surveyed.too_deep, "this is nested too deeply for a policy")
    try:
        return tomllib.loads(unix), surveyed
    except (ValueError, RecursionError) as error:
        if surveyed.twice:
            raise PolicyDocumentError(
                Problem(source=source, line=each.again, text=f"`{word(each.key)}` is already set on line {each.first}")
                for each in surveyed.twice
            ) from error
        raise refused(*_fault(str(error), last_line=unix.count("\n") + 1)) from error


def hidden_character(text: str, *, lines: bool = False) -> str | None:
    """The first character of ``text`` that cannot be seen, as ``U+202E``; with ``lines``, line ends and tabs pass."""
    for char in text:
        if clean(char, limit=1, lines=lines) != char:
            return f"U+{ord(char):04X}"
    return None


def _hidden_characters(text: str) -> Iterator[tuple[int, str]]:
    if clean(text, limit=len(text) + 1) == text:
        return
    for number, line in enumerate(text.split("\n"), start=1):
        code = hidden_character(line, lines=True)
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
