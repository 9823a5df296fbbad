"""Names with ``*`` in them. Rule: ``*`` is any run of characters, and nothing else is special (THREATS row 24)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crashgate.catalogue.params import OBJECT_ID_PATTERN

CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.-*")
"""What a pattern may hold; BugSnag's ids and slugs need no more."""

APP_CHARACTERS = CHARACTERS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ:/+")
"""What a pattern of app ids may hold: bundle ids keep their capitals, other ids their separators."""

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
        if start > end or not name.startswith(self.head) or not name.endswith(self.tail):
            return False
        for piece in self.pieces:
            found = name.find(piece, start, end)
            if found < 0:
                return False
            start = found + len(piece)
        return True


is_id = re.compile(OBJECT_ID_PATTERN[1:-1]).fullmatch
"""The form that the ids of organizations and projects have."""


def could_be_id(pattern: Starred) -> bool:
    """True when some id fits: what is between the stars is made of an id's characters, and is no longer than one."""
    held = "".join((pattern.head, *pattern.pieces, pattern.tail))
    return is_id(held.ljust(24, "0")) is not None


def matches(pattern: str, name: str) -> bool:
    """True when all of ``name`` fits ``pattern``."""
    if "*" not in pattern:
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
