"""What one agent is granted, and all agents' policies together. Rule: whatever no grant speaks of is denied."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from crashgate.catalogue.access import Level
from crashgate.catalogue.own.access import GET_ACCESS
from crashgate.policy.problem import PolicyDocumentError, Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Levels on the resources of one connection, in the places that the patterns name.

    ``index`` counts from 1; 0 is the built-in grant. ``organizations`` and ``projects`` are ids, slugs or patterns
    with ``*``; None where the grant does not name that dimension. ``line`` and ``lines`` (one for each resource in
    ``access``) say where it is written.
    """

    index: int
    line: int
    connection: str
    organizations: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    access: Mapping[str, Level] = field(hash=False)
    lines: Mapping[str, int] = field(hash=False)

    def __post_init__(self) -> None:
        """Freeze the mappings, so that no holder can widen a grant."""
        object.__setattr__(self, "access", MappingProxyType(dict(self.access)))
        object.__setattr__(self, "lines", MappingProxyType(dict(self.lines)))


BUILT_IN = Grant(
    index=0,
    line=0,
    connection=GET_ACCESS.provider.value,
    access={GET_ACCESS.resource: GET_ACCESS.access.least_level},
    lines={GET_ACCESS.resource: 0},
)
"""Each agent with a policy may ask what it may do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One agent's document.

    ``about`` and ``owner`` are one line each, written for people. ``source`` is folder and file name
    (``policies/triage-agent.toml``), ``hash`` the SHA-256 of the document's bytes in hexadecimal. ``grants`` starts
    with the built-in one.
    """

    agent: str
    about: str
    owner: str
    source: str
    hash: str
    grants: tuple[Grant, ...]


class PolicySet(Mapping[str, Policy]):
    """The policies in force, by agent; never changes.

    Raises PolicyDocumentError when two documents speak of one agent, and names both.
    """

    __slots__ = ("_policies",)

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        by_agent: dict[str, Policy] = {}
        problems: list[Problem] = []
        for policy in policies:
            first = by_agent.setdefault(policy.agent, policy)
            if first is not policy:
                text = f"agent `{policy.agent}` already has a policy, in {first.source}"
                problems.append(Problem(source=policy.source, line=1, text=text))
        if problems:
            raise PolicyDocumentError(problems)
        self._policies: Mapping[str, Policy] = MappingProxyType(dict(sorted(by_agent.items())))

    def __getitem__(self, agent: str) -> Policy:
        return self._policies[agent]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)
