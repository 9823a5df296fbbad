"""The words that a document may use. Rule: read off the catalogue and the configured connections, never listed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from crashgate.catalogue.own.access import GET_ACCESS
from crashgate.catalogue.own.exports import EXPORTS
from crashgate.catalogue.scope import Dimension

_OWN: Mapping[str, Dimension] = {each.resource: each.scope.dimension for each in (GET_ACCESS, *EXPORTS)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """For each configured connection its resources, and what a grant on each must name.

    The connection ``crashgate`` is always there; it need not be given. ``tools`` are the operations behind each tool: a
    policy names no tool, and who writes one is told what to name.
    """

    connections: Mapping[str, Mapping[str, Dimension]] = field(hash=False)
    tools: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]], hash=False)

    def __post_init__(self) -> None:
        """Add our own connection and freeze the mappings."""
        connections = {GET_ACCESS.provider.value: _OWN, **self.connections}
        frozen = {name: MappingProxyType(dict(resources)) for name, resources in connections.items()}
        object.__setattr__(self, "connections", MappingProxyType(frozen))
