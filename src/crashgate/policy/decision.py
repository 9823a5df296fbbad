"""The answer to one question, with what it rests on. Rule: it carries its own explanation."""

from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate.catalogue.access import Level
from crashgate.policy import wording
from crashgate.policy.policy import Grant


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
class Rule:
    """One line of a policy: the level that one grant gives on one resource, and where."""

    grant: int
    line: int
    resource: str
    level: Level
    source: str
    organizations: tuple[str, ...] | None
    projects: tuple[str, ...] | None

    @classmethod
    def of(cls, grant: Grant, resource: str, *, source: str) -> "Rule":
        """What ``grant`` says of ``resource``. Raises KeyError when it says nothing."""
        return cls(
            grant=grant.index,
            line=grant.lines.get(resource, grant.line),
            resource=resource,
            level=grant.access[resource],
            source=source,
            organizations=grant.organizations,
            projects=grant.projects,
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
        return f"{self.where}, {self.resource} = {self.level}"

    def gives(self) -> str:
        """The rule as the start of a sentence: ``policies/triage-agent.toml, grant 1, gives error = write``."""
        return f"{self.where}{',' if self.grant else ''} gives {self.resource} = {self.level}"

    def places(self) -> str:
        """Where it holds: ``projects checkout-ios, checkout-android``."""
        return wording.places(self.organizations, self.projects)


@dataclass(frozen=True, kw_only=True, slots=True)
class Buckets:
    """Each grant of the policy, sorted by what it says to the question.

    ``elsewhere`` are the indexes of grants on another connection or without the resource.
    """

    granted: tuple[Rule, ...] = ()
    may_grant: tuple[Rule, ...] = ()
    switched_off: tuple[Rule, ...] = ()
    may_switch_off: tuple[Rule, ...] = ()
    too_low: tuple[Rule, ...] = ()
    outside: tuple[Rule, ...] = ()
    elsewhere: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What ``decide`` answers.

    ``rule`` decided it, where one did. ``policy_hash`` is None for an unknown agent. ``because`` is a clause without
    a full stop; ``would_allow`` completes "To allow it, …" and is empty where nothing has to change.
    """

    effect: Effect
    reason: Reason
    rule: Rule | None
    policy_hash: str | None
    because: str
    would_allow: str
    buckets: Buckets
