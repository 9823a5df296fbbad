"""Grants, the patterns that they write, and the rules that they come to.

In a pattern ``*`` stands for any run of characters, and nothing else is special (THREATS row 24). A rule is the level
that one grant gives on one resource; it says in words where it is written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from crashgate.model.access import Level
from crashgate.model.own import EXPORTS, GET_ACCESS
from crashgate.model.params import OBJECT_ID_PATTERN
from crashgate.model.scope import Dimension
from crashgate.policy import wording

CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.-*")
"""What a pattern may hold; ids and slugs need no more."""

_CASED_CHARACTERS = CHARACTERS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ:/+")
"""What a pattern may hold for names that keep their capitals and separators, as ids of apps do."""

MAX_LENGTH = 100

STRANGER = "~"
"""A character that no pattern holds, so that only ``*`` matches it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Starred:
    """A pattern with ``*`` in it, cut at each: what a name begins with, ends with, and holds in between, in order."""

    head: str
    pieces: tuple[str, ...]
    tail: str

    @classmethod
    def of(cls, pattern: str) -> "Starred":
        """Cut it. Only for a pattern with ``*``."""
        head, *pieces, tail = pattern.split("*")
        return cls(head=head, pieces=tuple(pieces), tail=tail)

    def matches(self, name: str) -> bool:
        """True when all of ``name`` fits; the time grows with their lengths, never faster."""
        start, end = len(self.head), len(name) - len(self.tail)
        if (
            start > end  # check: the parts of a pattern do not overlap
            # check: a pattern begins as written
            or not name.startswith(self.head)
            # check: a pattern ends as written
            or not name.endswith(self.tail)
        ):
            return False
        for piece in self.pieces:
            found = name.find(piece, start, end)
            # check: the middle parts of a pattern are there
            if found < 0:
                return False
            start = found + len(piece)
        return True


is_id = re.compile(OBJECT_ID_PATTERN[1:-1]).fullmatch
"""The form that the ids of organizations and projects have."""


def characters(*, cased: bool) -> frozenset[str]:
    """What a pattern may hold, for a kind of place whose names are ``cased`` or not."""
    return _CASED_CHARACTERS if cased else CHARACTERS


def could_be_id(pattern: Starred) -> bool:
    """True when some id fits: what is between the stars is made of an id's characters, and is no longer than one."""
    held = "".join((pattern.head, *pattern.pieces, pattern.tail))
    return is_id(held.ljust(24, "0")) is not None


def matches(pattern: str, name: str) -> bool:
    """True when all of ``name`` fits ``pattern``."""
    if "*" not in pattern:
        # check[always]: a name without a star is matched whole
        return name == pattern
    return Starred.of(pattern).matches(name)


def any_matches(patterns: Iterable[str], names: Iterable[str]) -> bool:
    """True when one of ``names`` fits one of ``patterns``."""
    kept = tuple(names)
    return any(matches(pattern, name) for pattern in patterns for name in kept)


def example(pattern: str) -> str:
    """A name that fits ``pattern``, and fits another pattern only if that one covers all of ``pattern``.

    Why: each ``*`` becomes a character that no pattern holds, so another pattern can match it with a ``*`` alone,
    and that ``*`` matches whatever else could stand there.
    """
    return pattern.replace("*", STRANGER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Patterns:
    """Plain names in a set, and the few that have to be tried one by one. ``every``: one of them is ``*`` alone.

    ``empty``: there is none, so nothing fits.
    """

    names: frozenset[str]
    starred: tuple[Starred, ...]
    every: bool
    empty: bool

    @classmethod
    def of(cls, patterns: Sequence[str]) -> "Patterns":
        """Those patterns, as a document writes them."""
        starred = [pattern for pattern in patterns if "*" in pattern]
        return cls(
            names=frozenset(patterns) - frozenset(starred),
            starred=tuple(Starred.of(pattern) for pattern in starred),
            every="*" in starred,
            empty=not patterns,
        )

    def may_hold_id(self) -> bool:
        """True when the id of some organization or project fits one of the patterns."""
        return any(map(is_id, self.names)) or any(map(could_be_id, self.starred))

    def may_hold_slug(self) -> bool:
        """True when a slug may fit one of the patterns; one of the form of an id never counts."""
        return bool(self.starred) or not all(map(is_id, self.names))

    def hold(self, names: frozenset[str]) -> bool:
        """True when one of the names fits one of the patterns."""
        if not self.names.isdisjoint(names):
            return True
        if self.every:
            # check[always]: a star holds for a place that has a name
            return bool(names)
        for pattern in self.starred:  # a generator costs more than the look, and this runs for every decision
            for name in names:
                if pattern.matches(name):
                    return True
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Levels on the resources of one connection, in the places that the patterns name.

    ``index`` counts the grants of the policy from 1; 0 is the built-in grant. ``places`` are the kinds of place that it
    names, each with names, ids, slugs or patterns with ``*``. ``line`` and ``lines`` (one for each resource in
    ``access``) say where it is written. One that comes from a template has its file as ``source`` and counts there
    as ``number``; for any other, ``source`` is empty and ``number`` is the index.
    """

    index: int
    line: int
    connection: str
    source: str = ""
    number: int = 0
    places: Mapping[Dimension, tuple[str, ...]] = field(default_factory=dict[Dimension, tuple[str, ...]], hash=False)
    access: Mapping[str, Level] = field(hash=False)
    lines: Mapping[str, int] = field(hash=False)

    def __post_init__(self) -> None:
        """Freeze the mappings, so that no holder can widen a grant."""
        object.__setattr__(self, "number", self.number or self.index)
        object.__setattr__(self, "places", MappingProxyType(dict(self.places)))
        object.__setattr__(self, "access", MappingProxyType(dict(self.access)))
        object.__setattr__(self, "lines", MappingProxyType(dict(self.lines)))


BUILT_IN = Grant(
    index=0,
    line=0,
    connection=GET_ACCESS.provider,
    access={each.resource: each.access.least_level for each in (GET_ACCESS, *EXPORTS)},
    lines={each.resource: 0 for each in (GET_ACCESS, *EXPORTS)},
)
"""Each agent with a policy may ask what it may do, and read what it exported itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One line of a policy: the level that one grant gives on one resource, and where."""

    grant: int
    line: int
    resource: str
    level: Level
    source: str
    places: Mapping[Dimension, tuple[str, ...]] = field(default_factory=dict[Dimension, tuple[str, ...]], hash=False)
    _words: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the words once: each decision is recorded with those of its rule."""
        object.__setattr__(self, "_words", f"{self.where}, {self.resource} = {self.level}")

    @classmethod
    def of(cls, grant: Grant, resource: str, *, source: str) -> "Rule":
        """What ``grant`` says of ``resource``; ``source`` is the document of the policy.

        Raises KeyError when it says nothing.
        """
        return cls(
            grant=grant.number,
            line=grant.lines.get(resource, grant.line),
            resource=resource,
            level=grant.access[resource],
            source=grant.source or source,
            places=grant.places,
        )

    @property
    def where(self) -> str:
        """``policies/triage-agent.toml, grant 1``."""
        return f"{self.source}, grant {self.grant}" if self.grant else "the built-in grant"

    @property
    def spot(self) -> str:
        """Where to change it: ``policies/triage-agent.toml, grant 1 (line 9)``."""
        return f"{self.where} (line {self.line})" if self.grant else f"a grant of {self.source}"

    @property
    def setting(self) -> str:
        """The line as it is written: ``access.error = "write"``."""
        return f'access.{self.resource} = "{self.level}"'

    def words(self) -> str:
        """``policies/triage-agent.toml, grant 1, error = write``."""
        return self._words

    def gives(self) -> str:
        """The rule as the start of a sentence: ``policies/triage-agent.toml, grant 1, gives error = write``."""
        return f"{self.where}{',' if self.grant else ''} gives {self.resource} = {self.level}"

    @property
    def places_spoken(self) -> str:
        """Where it holds: ``projects checkout-ios, checkout-android``."""
        return wording.places(self.places)
