"""One line of a policy that decides. Rule: it says in words where it stands and what it gives."""

from dataclasses import dataclass, field

from crashgate.catalogue.access import Level
from crashgate.policy import wording
from crashgate.policy.grant import Grant, named_places


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One line of a policy: the level that one grant gives on one resource, and where."""

    grant: int
    line: int
    resource: str
    level: Level
    source: str
    organizations: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None
    platforms: tuple[str, ...] | None = None
    apps: tuple[str, ...] | None = None
    _words: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the words once: each decision is recorded with those of its rule."""
        object.__setattr__(self, "_words", f"{self.where}, {self.resource} = {self.level}")

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
            environments=grant.environments,
            platforms=grant.platforms,
            apps=grant.apps,
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

    def places(self) -> str:
        """Where it holds: ``projects checkout-ios, checkout-android``."""
        return wording.places(named_places(self))
