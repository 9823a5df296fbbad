"""What one server serves of the policies, as its options and the operator's freezes say. It narrows, and never widens.

A group of tools is a plain word for resources of providers. What acts on another resource is denied to every agent, in
composite tools too, and so is its tool not shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate.errors import ConfigurationError
from crashgate.model.access import Access, Level
from crashgate.model.catalogue import Catalogue
from crashgate.model.own import GET_ACCESS, OWN
from crashgate.policy.decision import Question
from crashgate.policy.wording import listed, unknown


@unique
class Freeze(StrEnum):
    """What an operator has frozen of an agent: everything but the answer to what it may do, or every change."""

    ALL = "all"
    WRITES = "writes"


EVERYBODY = "*"
"""In place of the name of a frozen agent, which it cannot be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """The part of every agent's policy that holds on one server.

    ``resources`` are pairs of a connection and a resource, those of the ``groups`` that were named; None for all.
    crashgate's own answers, an agent's access and its exports, are in no group and always served. ``freeze`` is what
    an operator has frozen of the agent.
    """

    groups: tuple[str, ...] = ()
    resources: frozenset[tuple[str, str]] | None = None
    read_only: bool = False
    freeze: Freeze | None = None

    @property
    def narrows(self) -> bool:
        """Whether it is less than all."""
        return self.read_only or self.resources is not None

    @property
    def options(self) -> str:
        """The words that the server was started with."""
        tools = [f"--tools {','.join(self.groups)}"] if self.resources is not None else []
        return " ".join([*tools, *(["--read-only"] if self.read_only else [])])

    def leaves_out(self, question: Question) -> bool:
        """Whether the server does not serve what is asked for, whatever the policy grants."""
        return (
            self.is_frozen(question)
            or (self.read_only and question.access is not Access.READ)
            or not self.includes(question.connection, question.resource)
        )

    def is_frozen(self, question: Question) -> bool:
        """Whether the operator has frozen what is asked for."""
        # check: a frozen agent is denied everything but what it may do
        if self.freeze is Freeze.ALL:
            return (question.connection, question.resource) != (OWN, GET_ACCESS.resource)
        # check: an agent whose changes are frozen is denied them
        return self.freeze is Freeze.WRITES and question.access is not Access.READ

    def includes(self, connection: str, resource: str) -> bool:
        """Whether a resource is served at all."""
        if connection == OWN:
            return True
        return self.freeze is not Freeze.ALL and (self.resources is None or (connection, resource) in self.resources)

    def cap(self, level: Level) -> Level:
        """What is left of a level."""
        read_only = self.read_only or self.freeze is Freeze.WRITES
        return min(level, Level.READ, key=lambda each: each.rank) if read_only else level


ALL = Serving()
"""A server that was told nothing."""


def serve_groups(
    groups: Collection[str], *, read_only: bool, connections: Mapping[str, str], catalogue: Catalogue
) -> Serving:
    """What these groups and ``read_only`` leave; without groups, those of all. ``connections`` maps to providers.

    Raises ConfigurationError for a word that is no group.
    """
    every = {
        (name, resource): catalogue.providers[provider].group_of(resource)
        for name, provider in connections.items()
        for resource in catalogue.resources[provider]
    }
    for group in groups:
        if group not in every.values():
            raise ConfigurationError(
                f"--tools: {unknown('group of tools', group, sorted(set(every.values())))}.",
                remedy=f"The groups are {listed(sorted(set(every.values())), limit=300)}.",
            )
    named = frozenset(place for place, group in every.items() if group in groups)
    return Serving(groups=tuple(dict.fromkeys(groups)), resources=named if groups else None, read_only=read_only)
