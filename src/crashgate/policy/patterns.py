"""The patterns that a grant writes in one dimension. Rule: they hold what ``pattern.matches`` says, only faster."""

from collections.abc import Sequence
from dataclasses import dataclass

from crashgate.policy.pattern import Starred, could_be_id, is_id


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
            return bool(names)
        for pattern in self.starred:  # a generator costs more than the look, and this runs for every decision
            for name in names:
                if pattern.matches(name):
                    return True
        return False
