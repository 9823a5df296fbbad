"""What is asked of a policy, as plain values, and the answer, with what it rests on, so that it can explain itself.

A place that is not known yet is left out of a question.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique

from crashgate.model.access import Access
from crashgate.model.scope import Dimension
from crashgate.policy.grants import Rule, is_id
from crashgate.policy.switches import Switch
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
        return cls(
            names=frozenset(
                {identifier, slug}
                if slug
                # check: a slug of the form of an id is no name
                and not is_id(slug)
                else {identifier}
            )
        )

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

    def at(self, places: Mapping[Dimension, Place | None]) -> "Question":
        """The same question there; None for a place that is not known."""
        every = {**self.places, **places}
        return replace(self, places={kind: place for kind, place in every.items() if place is not None})


@unique
class Effect(StrEnum):
    """What follows. ``depends``: allowed in some place, and the place is not known yet."""

    ALLOW = "allow"
    DENY = "deny"
    DEPENDS = "depends"


@unique
class Reason(StrEnum):
    """Why, as data for the log and for tests."""

    GRANTED = "granted"
    MAY_DEPEND = "may_depend"
    SWITCHED_OFF = "switched_off"
    LEVEL_TOO_LOW = "level_too_low"
    OUTSIDE_SCOPE = "outside_scope"
    NO_GRANT = "no_grant"
    UNKNOWN_AGENT = "unknown_agent"
    NOT_SERVED = "not_served"
    FROZEN = "frozen"
    INTERNAL = "internal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Buckets:
    """Each grant of the policy, sorted by what it says to the question.

    ``elsewhere`` are the indexes of grants on another connection or without the resource. ``switches`` are the lines
    that switch the operation, or a parameter that was given, off by name.
    """

    granted: tuple[Rule, ...] = ()
    may_grant: tuple[Rule, ...] = ()
    switched_off: tuple[Rule, ...] = ()
    may_switch_off: tuple[Rule, ...] = ()
    too_low: tuple[Rule, ...] = ()
    outside: tuple[Rule, ...] = ()
    elsewhere: tuple[int, ...] = ()
    switches: tuple[Switch, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What ``decide`` answers.

    ``rule`` decided it, where one did. ``policy_hash`` is None for an unknown agent. ``because`` is a clause without
    a full stop; ``would_allow`` completes "To allow it, …" and is empty where nothing has to change.
    ``needs_approval``: a person has to agree before the call is made; never set on a denial.
    """

    effect: Effect
    reason: Reason
    rule: Rule | Switch | None
    policy_hash: str | None
    because: str
    would_allow: str
    buckets: Buckets
    needs_approval: bool = False
