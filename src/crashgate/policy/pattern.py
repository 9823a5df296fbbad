"""Names with ``*`` in them. Rule: ``*`` is any run of characters, and nothing else is special (THREATS row 24)."""

from collections.abc import Iterable

CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.-*")
"""What a pattern may hold; BugSnag's ids and slugs need no more."""

APP_CHARACTERS = CHARACTERS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ:/+")
"""What a pattern of app ids may hold: bundle ids keep their capitals, other ids their separators."""

MAX_LENGTH = 100

STRANGER = "~"
"""A character that no pattern holds, so that only ``*`` matches it."""


def matches(pattern: str, name: str) -> bool:
    """True when all of ``name`` fits ``pattern``; the time grows with their lengths, never faster."""
    head, *pieces = pattern.split("*")
    if not pieces:
        return name == pattern
    tail = pieces.pop()
    start, end = len(head), len(name) - len(tail)
    if start > end or not name.startswith(head) or not name.endswith(tail):
        return False
    for piece in pieces:
        found = name.find(piece, start, end)
        if found < 0:
            return False
        start = found + len(piece)
    return True


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
