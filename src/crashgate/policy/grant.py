"""One grant of a policy: levels on resources, and where they hold. Rule: no holder can widen it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from crashgate.catalogue.access import Level
from crashgate.catalogue.own.access import GET_ACCESS
from crashgate.catalogue.own.exports import EXPORTS
from crashgate.catalogue.scope import PLACES, Dimension


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Levels on the resources of one connection, in the places that the patterns name.

    ``index`` counts from 1; 0 is the built-in grant. The places are names, ids, slugs or patterns with ``*``; None
    where the grant does not name that dimension. ``line`` and ``lines`` (one for each resource in
    ``access``) say where it is written.
    """

    index: int
    line: int
    connection: str
    organizations: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None
    platforms: tuple[str, ...] | None = None
    apps: tuple[str, ...] | None = None
    access: Mapping[str, Level] = field(hash=False)
    lines: Mapping[str, int] = field(hash=False)

    def __post_init__(self) -> None:
        """Freeze the mappings, so that no holder can widen a grant."""
        object.__setattr__(self, "access", MappingProxyType(dict(self.access)))
        object.__setattr__(self, "lines", MappingProxyType(dict(self.lines)))

    @property
    def places(self) -> Mapping[Dimension, tuple[str, ...]]:
        """The dimensions that it names, with their patterns."""
        return named_places(self)


class Placed(Protocol):
    """What may name places, under the words of a document."""

    @property
    def organizations(self) -> tuple[str, ...] | None:
        """Ids, slugs or patterns."""
        ...

    @property
    def projects(self) -> tuple[str, ...] | None:
        """Ids, slugs or patterns."""
        ...

    @property
    def environments(self) -> tuple[str, ...] | None:
        """Names or patterns."""
        ...

    @property
    def platforms(self) -> tuple[str, ...] | None:
        """Names or patterns."""
        ...

    @property
    def apps(self) -> tuple[str, ...] | None:
        """Ids or patterns."""
        ...


def named_places(of: Placed) -> Mapping[Dimension, tuple[str, ...]]:
    """The dimensions that a grant or a rule names, with their patterns."""
    named = {dimension: getattr(of, dimension.value) for dimension in PLACES}
    return {dimension: patterns for dimension, patterns in named.items() if patterns is not None}


BUILT_IN = Grant(
    index=0,
    line=0,
    connection=GET_ACCESS.provider.value,
    access={each.resource: each.access.least_level for each in (GET_ACCESS, *EXPORTS)},
    lines={each.resource: 0 for each in (GET_ACCESS, *EXPORTS)},
)
"""Each agent with a policy may ask what it may do, and read what it exported itself."""
