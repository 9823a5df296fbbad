"""What is asked of a policy, as plain values. A place that is not known yet is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crashgate.model.access import Access
from crashgate.model.scope import Dimension
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
    the operation's scope says that a grant must name. ``places`` are those known, by their kinds.
    """

    agent: str
    connection: str
    operation: str
    resource: str
    access: Access
    dimension: Dimension
    places: Mapping[Dimension, Place] = field(default_factory=dict[Dimension, Place], hash=False)
    parameters: frozenset[str] = frozenset()

    def place(self, dimension: Dimension) -> Place | None:
        """Where in that dimension; None where it is not known yet."""
        return self.places.get(dimension)

    def at(self, places: Mapping[Dimension, Place | None]) -> "Question":
        """The same question there; None for a place that is not known."""
        every = {**self.places, **places}
        return replace(self, places={kind: place for kind, place in every.items() if place is not None})
