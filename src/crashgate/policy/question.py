"""What is asked of a policy. Rule: plain values; ``None`` for a place means that it is not known yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from crashgate.model.access import Access
from crashgate.model.scope import PLACES, Dimension
from crashgate.policy.grants import is_id
from crashgate.policy.wording import word


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The names of one place: an organization's or project's id and slug. A pattern may match either.

    Where ``whole`` is False there is another name that is not known: the id of what is named by its slug, or the slug.
    """

    names: frozenset[str]
    whole: bool = True

    @classmethod
    def known_as(cls, identifier: str, slug: str | None) -> "Place":
        """The place with that id, and with its slug unless that has the form of an id.

        Whoever may name a project could otherwise name it after the id of another one, which a policy grants.
        """
        return cls(names=frozenset({identifier, slug} if slug and not is_id(slug) else {identifier}))

    @classmethod
    def named(cls, name: str) -> "Place":
        """The organization or project with that id or slug, of which the other is not known."""
        return cls(names=frozenset({name}), whole=False)

    @property
    def has_id(self) -> bool:
        """Whether one of the names is an id."""
        return any(is_id(name) for name in self.names)

    @property
    def spoken(self) -> str:
        """The name for people: the slug where there is one."""
        ordered = sorted(self.names, key=lambda name: (is_id(name) is not None, name))
        return word(ordered[0]) if ordered else "unnamed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Whether ``agent`` may do ``access`` to ``resource`` on ``connection``, there.

    ``operation`` is the operation's id; empty to ask about the resource alone, with no switch on it. ``parameters``
    are the names of those of its parameters that the caller gave, as the catalogue has them. ``dimension`` is what
    the operation's scope says that a grant must name.
    """

    agent: str
    connection: str
    operation: str
    resource: str
    access: Access
    dimension: Dimension
    organization: Place | None = None
    project: Place | None = None
    environment: Place | None = None
    platform: Place | None = None
    app: Place | None = None
    parameters: frozenset[str] = frozenset()

    def place(self, dimension: Dimension) -> Place | None:
        """Where in that dimension; None where it is not known yet."""
        found: Place | None = getattr(self, _NOUNS[dimension])
        return found

    def at(self, places: Mapping[Dimension, Place | None]) -> "Question":
        """The same question there."""
        changes: dict[str, Any] = {_NOUNS[dimension]: place for dimension, place in places.items()}
        return replace(self, **changes)


_NOUNS: Mapping[Dimension, str] = {dimension: dimension.noun for dimension in PLACES}
