"""The words of a policy document beside its grants. Each is declared once, in the table that holds its value.

The reader, the JSON Schema, the list of words, ``policy show`` and ``policy diff`` are all derived from these
declarations, and so is the way in which a document and its templates are combined.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self, cast

from crashgate.errors import Problem
from crashgate.model.catalogue import Catalogue
from crashgate.policy.toml_positions import Path, Survey
from crashgate.policy.wording import unknown, word

Schema = dict[str, Any]

_KINDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One value that a document writes, and where. Of a list each name is an entry."""

    value: Any
    source: str
    line: int


Entries = Mapping[str, tuple[Entry, ...]]
"""What is written in a table, by key; never empty for a key that is there."""


class Reading:
    """One document while it is read, with the problems so far. What is read counts only when there is none.

    ``catalogue`` has what a document may name.
    """

    def __init__(self, *, source: str, surveyed: Survey, catalogue: Catalogue) -> None:
        self.problems: list[Problem] = []
        self.source = source
        self.catalogue = catalogue
        self._surveyed = surveyed

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing around it."""
        return self._surveyed.line(path)

    def note(self, path: Path, text: str) -> None:
        """Keep a problem."""
        self.problems.append(Problem(source=self.source, line=self.line(path), text=text))

    def entry(self, path: Path, value: object) -> Entry:
        """The value that stands there."""
        return Entry(value=value, source=self.source, line=self.line(path))

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

    def texts(self, path: Path, value: object, *, example: str) -> list[tuple[Path, str]]:
        """The texts of a list, each with where it stands."""
        key, entries = path[-1], as_list(value)
        if not entries:
            fault = "is empty" if entries is not None else f"is {kind(value)}"
            self.note(path, f"`{key}` {fault}; write {key} = [{example}], or remove the line")
            return []
        found: list[tuple[Path, str]] = []
        for number, entry in enumerate(entries):
            if isinstance(entry, str):
                found.append(((*path, number), entry))
            else:
                self.note((*path, number), f"a name in `{key}` is {kind(entry)}; write text, such as {example}")
        return found

    def table(self, data: Mapping[str, object], key: str, *, known: Iterable[str], example: str) -> dict[str, object]:
        """A table that need not be there, its keys checked; empty where there is none."""
        if key not in data:
            return {}
        found = as_table(data[key])
        if not found:
            fault = "is empty" if found is not None else f"is {kind(data[key])}"
            self.note((key,), f"`{key}` {fault}; write [{key}] and below it {example}, or remove it")
            return {}
        self.check_keys((key,), found, known)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A whole number from 1 to ``most``. The smaller is the narrower, unless ``larger_is_narrower``.

    ``absent`` is what is said where none is written: as wide as can be. ``usual`` is what then holds, where something
    does.
    """

    about: str
    most: int
    absent: str = "no limit"
    usual: int | None = None
    larger_is_narrower: bool = False

    def read(self, reading: Reading, path: Path, value: object) -> tuple[Entry, ...]:
        """What is written there; nothing after a problem was noted."""
        if type(value) is int and 1 <= value <= self.most:
            return (reading.entry(path, value),)
        shown = "not a whole number" if isinstance(value, float) else kind(value)
        if type(value) is int:
            shown = word(str(value)[:20])
        reading.note(path, f"`{path[-1]}` is {shown}; write a whole number from 1 to {self.most}")
        return ()

    def join(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """What several documents come to that an agent has at once: the narrowest, or for names all of them."""
        # check[always]: the narrower of two numbers holds
        narrowest = max if self.larger_is_narrower else min
        return (narrowest(entries, key=lambda each: each.value),)

    def schema(self, catalogue: Catalogue) -> Schema:
        """As JSON Schema."""
        del catalogue
        usual = {} if self.usual is None else {"default": self.usual}
        return {"type": "integer", "minimum": 1, "maximum": self.most, "description": self.about, **usual}

    def widens(self, before: int | None, after: int | None) -> bool:
        """Whether the second of two different values lets the agent do more."""
        if before is None or after is None:
            return after is None
        # check[never]: fewer minutes after reading widen
        return after < before if self.larger_is_narrower else after > before

    def spoken(self, value: int | None) -> str:
        """A value, or None for none, as people read it."""
        return self.absent if value is None else str(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """True or false; false is the narrower, and true is what holds where nothing is written."""

    about: str

    def read(self, reading: Reading, path: Path, value: object) -> tuple[Entry, ...]:
        """What is written there; nothing after a problem was noted."""
        if type(value) is bool:
            return (reading.entry(path, value),)
        reading.note(path, f"`{path[-1]}` is {kind(value)}; write true or false")
        return ()

    def join(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """What several documents come to that an agent has at once: the narrowest, or for names all of them."""
        return (min(entries, key=lambda each: each.value),)

    def schema(self, catalogue: Catalogue) -> Schema:
        """As JSON Schema."""
        del catalogue
        return {"type": "boolean", "description": self.about, "default": True}

    def widens(self, before: bool, after: bool) -> bool:  # noqa: FBT001 - two values of the word
        """Whether the second of two different values lets the agent do more."""
        return after and not before

    def spoken(self, value: bool) -> str:  # noqa: FBT001 - a value of the word
        """A value, or None for none, as people read it."""
        return str(value).lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class NameList:
    """Names that take something away from the agent: the more, the narrower.

    ``check`` notes what is wrong with a name, and says whether it is right. ``items`` is the JSON Schema of one.
    """

    about: str
    example: str
    check: Callable[[Reading, Path, str], bool]
    items: Callable[[Catalogue], Schema]

    def read(self, reading: Reading, path: Path, value: object) -> tuple[Entry, ...]:
        """What is written there; nothing after a problem was noted."""
        written = reading.texts(path, value, example=self.example)
        return tuple(reading.entry(at, name) for at, name in written if self.check(reading, at, name))

    def join(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """What several documents come to that an agent has at once: the narrowest, or for names all of them."""
        first: dict[str, Entry] = {}
        for each in entries:
            first.setdefault(each.value, each)
        return tuple(first.values())

    def schema(self, catalogue: Catalogue) -> Schema:
        """As JSON Schema."""
        return {"type": "array", "minItems": 1, "items": self.items(catalogue), "description": self.about}

    def widens(self, before: Iterable[str], after: Iterable[str]) -> bool:
        """Whether the second of two different values lets the agent do more."""
        return not set(before) <= set(after)

    def spoken(self, value: Iterable[str]) -> str:
        """A value, or None for none, as people read it."""
        return ", ".join(value) or "none"


Word = Number | Flag | NameList
"""One key of a table: what may be written, and which of two values lets the agent do less.

``about`` says for people what it means, in a clause.
"""


class Table(Protocol):
    """The value of one table of a document; a class of it declares the words of that table."""

    ABOUT: ClassVar[str]
    EXAMPLE: ClassVar[str]
    NEEDS: ClassVar[Mapping[str, str]]
    """The keys of which there must be one, each with an example; empty where any key will do."""
    WORDS: ClassVar[Mapping[str, Word]]

    @classmethod
    def of(cls, entries: Entries) -> Self:
        """What is written, with what holds where nothing is."""
        ...

    def value(self, key: str) -> Any:  # noqa: ANN401 - the value of a word, whatever it is
        """The value that one word has; None for none."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """A table whose fields are called like its words; those of names hold a tuple or a set."""

    WORDS: ClassVar[Mapping[str, Word]]

    @classmethod
    def of(cls, entries: Entries) -> Self:
        """See ``Table``."""
        usual: dict[str, Any] = {each.name: each.default for each in fields(cls)}
        values: dict[str, Any] = {key: [each.value for each in written] for key, written in entries.items()}
        plural: dict[str, type[Any]] = {key: type(usual[key]) for key in values if isinstance(cls.WORDS[key], NameList)}
        return cls(**{key: plural[key](each) if key in plural else each[0] for key, each in values.items()})

    def value(self, key: str) -> Any:  # noqa: ANN401 - the value of a word, whatever it is
        """See ``Table``."""
        return getattr(self, key)


def read_table(reading: Reading, data: Mapping[str, object], key: str, table: type[Table]) -> Entries:
    """What a document writes in the table ``key``."""
    written = reading.table(data, key, known=table.WORDS, example=table.EXAMPLE)
    entries = {
        each: table.WORDS[each].read(reading, (key, each), written[each]) for each in table.WORDS if each in written
    }
    return {each: found for each, found in entries.items() if found}


def join(table: type[Table], several: Sequence[Entries]) -> Entries:
    """What is written in a table of several documents at once."""
    together = {key: [entry for each in several for entry in each.get(key, ())] for key in table.WORDS}
    return {key: table.WORDS[key].join(entries) for key, entries in together.items() if entries}


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
