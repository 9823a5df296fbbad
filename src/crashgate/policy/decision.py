"""The answer to one question, with what it rests on, so that it can explain itself."""

from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate.policy.grants import Rule
from crashgate.policy.switches import Switch


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
