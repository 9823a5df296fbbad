"""Comments on errors. Rule: a comment lives on one error and goes with it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crashgate_sandbox.world.content.remarks import REMARKS
from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.errors import Error


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """What a person wrote on an error."""

    id: str
    error_id: str
    author_id: str
    message: str
    at: datetime
    updated_at: datetime


class Comments:
    """All comments. ``add`` gives ids that depend on the seed and on how many were added before."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._added = 0
        self._on: dict[str, dict[str, Comment]] = {}

    def draw(self, error: Error, number: int, authors: tuple[str, ...], now: datetime) -> None:
        """Put those on an error that were there before anybody asked."""
        self._on[error.id] = {one.id: one for one in _drawn(self._seed, error, number, authors, now)}

    def on(self, error_id: str) -> tuple[Comment, ...]:
        """The comments of an error, newest first; of the same second, the one that was written later."""
        oldest_first = sorted(self._on.get(error_id, {}).values(), key=lambda one: one.at)
        return tuple(reversed(oldest_first))

    def find(self, comment_id: str) -> Comment | None:
        """The comment with that id."""
        return next((comments[comment_id] for comments in self._on.values() if comment_id in comments), None)

    def add(self, error_id: str, author_id: str, message: str, at: datetime) -> Comment:
        """Somebody comments."""
        self._added += 1
        made = Comment(
            id=object_id(self._seed, "added comment", self._added),
            error_id=error_id,
            author_id=author_id,
            message=message,
            at=at,
            updated_at=at,
        )
        self._on.setdefault(error_id, {})[made.id] = made
        return made

    def change(self, one: Comment, message: str, at: datetime) -> Comment:
        """Somebody writes something else instead."""
        changed = replace(one, message=message, updated_at=at)
        self._on[one.error_id][one.id] = changed
        return changed

    def remove(self, one: Comment) -> None:
        """Gone, for good."""
        del self._on[one.error_id][one.id]

    def forget(self, error_id: str) -> None:
        """The error is gone."""
        self._on.pop(error_id, None)


def _drawn(seed: int, error: Error, number: int, authors: tuple[str, ...], now: datetime) -> Iterator[Comment]:
    rng = draw(seed, "comments", error.id)
    minutes = int((now - error.first_seen).total_seconds() // 60)
    for place, ago in enumerate(sorted((rng.randrange(1, max(2, minutes)) for _ in range(number)), reverse=True)):
        at = now - timedelta(minutes=ago)
        yield Comment(
            id=object_id(seed, "comment", error.id, place),
            error_id=error.id,
            author_id=rng.choice(authors),
            message=rng.choice(REMARKS),
            at=at,
            updated_at=at,
        )
