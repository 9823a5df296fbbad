"""What the loaded providers offer together: every operation, by its id, and every resource."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Provider
from crashgate.model.scope import Dimension, kinds_of


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The loaded providers, in the order in which their tools are shown.

    ``operations`` maps ids to operations. ``resources`` has, for each provider, what a grant on each of its resources
    must name; ``kinds`` are the kinds of place that a grant may name. Raises ValueError where two declarations
    contradict each other.
    """

    providers: Mapping[str, Provider]
    operations: Mapping[str, AnyOperation] = field(init=False)
    resources: Mapping[str, Mapping[str, Dimension]] = field(init=False)
    kinds: tuple[Dimension, ...] = field(init=False)

    @classmethod
    def of(cls, providers: Iterable[Provider]) -> "Catalogue":
        """The catalogue of these providers."""
        return cls({provider.name: provider for provider in providers})

    def __post_init__(self) -> None:
        """Collect what the providers declare."""
        operations: dict[str, AnyOperation] = {}
        for provider in self.providers.values():
            for operation in provider.operations:
                if operations.setdefault(operation.id, operation) is not operation:
                    raise ValueError(f"two operations are called {operation.id}")
        resources = {name: _resources(provider) for name, provider in self.providers.items()}
        kinds = kinds_of(operation.scope.dimension for operation in operations.values())
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "operations", MappingProxyType(operations))
        object.__setattr__(self, "resources", MappingProxyType(resources))


def _resources(provider: Provider) -> Mapping[str, Dimension]:
    found: dict[str, Dimension] = {}
    for operation in provider.operations:
        dimension = operation.scope.dimension
        if found.setdefault(operation.resource, dimension) is not dimension:
            raise ValueError(f"{operation.id}: the resource {operation.resource} has two dimensions")
    return MappingProxyType(found)
