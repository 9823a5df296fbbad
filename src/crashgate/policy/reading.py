"""Reading the tables of a document. Rule: each problem is noted with its line, and reading goes on.

What is built counts only when there was no problem.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from crashgate.policy.problem import Problem
from crashgate.policy.survey import Path, Survey
from crashgate.policy.wording import unknown, word

_KINDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


class Reading:
    """One document while it is read, with the problems found so far."""

    def __init__(self, *, source: str, surveyed: Survey) -> None:
        self.problems: list[Problem] = []
        self.source = source
        self._surveyed = surveyed

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing around it."""
        return self._surveyed.line(path)

    def note(self, path: Path, text: str) -> None:
        """Keep a problem."""
        self.problems.append(Problem(source=self.source, line=self.line(path), text=text))

    def check_keys(self, path: Path, data: Mapping[str, object], known: Iterable[str]) -> None:
        """Note each key that is not known."""
        for key in data:
            if key not in known:
                self.note((*path, key), unknown("key", key, known))

    def text(self, path: Path, data: Mapping[str, object], key: str, *, example: str) -> str:
        """A required text; empty after a problem was noted."""
        if key not in data:
            self.note(path, missing(key, example))
            return ""
        text = data[key]
        if isinstance(text, str) and text.strip():
            return text
        fault = "is empty" if isinstance(text, str) else f"is {kind(text)}"
        self.note((*path, key), f"`{key}` {fault}; write {example}")
        return ""

    def texts(self, path: Path, data: Mapping[str, object], key: str, *, example: str) -> list[tuple[Path, str]]:
        """The texts of a list that need not be there, each with where it stands."""
        if key not in data:
            return []
        path = (*path, key)
        entries = as_list(data[key])
        if not entries:
            fault = "is empty" if entries is not None else f"is {kind(data[key])}"
            self.note(path, f"`{key}` {fault}; write {key} = [{example}], or take the line out")
            return []
        found: list[tuple[Path, str]] = []
        for number, entry in enumerate(entries):
            if isinstance(entry, str):
                found.append(((*path, number), entry))
            else:
                self.note((*path, number), f"a name in `{key}` is {kind(entry)}; write text, such as {example}")
        return found

    def number(self, path: Path, data: Mapping[str, object], key: str, *, most: int) -> int | None:
        """A whole number from 1 that need not be there; None also after a problem was noted."""
        if key not in data:
            return None
        value = data[key]
        if type(value) is not int:
            shown = "not a whole number" if isinstance(value, float) else kind(value)
            self.note((*path, key), f"`{key}` is {shown}; write a whole number from 1 to {most}")
            return None
        if not 1 <= value <= most:
            self.note((*path, key), f"`{key}` is {word(str(value)[:20])}; write a whole number from 1 to {most}")
            return None
        return value

    def switch(self, path: Path, data: Mapping[str, object], key: str, *, usual: bool) -> bool:
        """True or false; ``usual`` where it is not there, and after a problem was noted."""
        value = data.get(key, usual)
        if type(value) is bool:
            return value
        self.note((*path, key), f"`{key}` is {kind(value)}; write true or false")
        return usual

    def table(
        self, data: Mapping[str, object], key: str, *, known: Iterable[str], example: str
    ) -> Mapping[str, object]:
        """A table that need not be there, its keys checked; empty where there is none."""
        if key not in data:
            return {}
        found = as_table(data[key])
        if not found:
            fault = "is empty" if found is not None else f"is {kind(data[key])}"
            self.note((key,), f"`{key}` {fault}; write [{key}] and below it {example}, or take it out")
            return {}
        self.check_keys((key,), found, known)
        return found


def missing(key: str, example: str) -> str:
    """What is said of a key that has to be there."""
    return f"missing key `{key}`; write {example}"


def kind(value: object) -> str:
    """What a value is, in words."""
    return _KINDS.get(type(value), "a date")


def as_table(value: object) -> dict[str, object] | None:
    """The value, if it is a table."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """The value, if it is a list."""
    return cast("list[object]", value) if isinstance(value, list) else None
