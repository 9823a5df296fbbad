"""The providers that are installed, found by the entry point group ``crashgate.providers``.

Ours are registered in pyproject.toml like anybody's. A provider is code that runs with all rights of crashgate: install
only packages that you trust.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from crashgate.errors import ConfigurationError
from crashgate.model.catalogue import Catalogue
from crashgate.model.own import EXPORTS, GET_ACCESS, OWN
from crashgate.model.provider import Provider

GROUP = "crashgate.providers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """A provider that is installed, known without importing it."""

    name: str
    package: str
    """The distribution that brings it."""
    version: str
    """The version of that distribution."""
    entry: EntryPoint

    def load(self) -> Provider:
        """Import the provider. Raises ConfigurationError for a value of another type or name."""
        provider = self.entry.load()
        if not isinstance(provider, Provider) or provider.name != self.name:
            raise ConfigurationError(
                f"{self.name} ({self.entry.value}, of {self.package}) is not a provider of that name.",
                why=f"The entry point group {GROUP} takes values of type crashgate.model.provider.Provider.",
                remedy="Upgrade or uninstall that package.",
            )
        return provider


@cache
def installed_providers() -> Mapping[str, Installed]:
    """What is installed, by name. Raises ConfigurationError where there is nothing, or two packages bring one name."""
    found: dict[str, Installed] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        package, version = (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "unknown")
        other = found.get(entry.name)
        if other is not None and (other.entry.value, other.package) != (entry.value, package):
            raise ConfigurationError(
                f"Two installed packages bring a provider called {entry.name}: {other.package} and {package}.",
                why="Nobody could tell which of them would get the credentials of its connections.",
                remedy="Uninstall one of them.",
            )
        found[entry.name] = Installed(name=entry.name, package=package, version=version, entry=entry)
    if not found:
        raise ConfigurationError(
            "No provider is installed.",
            why=f"No installed package has an entry point in the group {GROUP}, not even crashgate itself.",
            remedy="Install crashgate again, or run `make install` in a checkout.",
        )
    return MappingProxyType(found)


CATALOGUE = Catalogue.of(
    [
        Provider(name=OWN, title=OWN, operations=(GET_ACCESS, *EXPORTS), rank=0),
        *(each.load() for each in installed_providers().values()),
    ]
)
OPERATIONS = tuple(CATALOGUE.operations.values())
BY_ID = CATALOGUE.operations
RESOURCES = CATALOGUE.resources
KINDS = CATALOGUE.kinds
UPSTREAMS = MappingProxyType({name: each for name, each in CATALOGUE.providers.items() if name != OWN})
"""The providers that are upstreams, by name; the first one is that of a connection that names none."""
