"""The providers that are installed, found by the entry point group ``crashgate.providers``.

Ours are registered in pyproject.toml like anybody's. A provider is code that runs with all rights of crashgate: install
only packages that you trust.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from crashgate.errors import ConfigurationError
from crashgate.model.provider import Provider

GROUP = "crashgate.providers"
_OURS = "crashgate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """A provider that is installed, known without importing it."""

    name: str
    package: str
    """The distribution that brings it."""
    version: str
    """The version of that distribution."""
    entry: EntryPoint

    @property
    def is_ours(self) -> bool:
        """Whether crashgate itself brings it."""
        return self.package == _OURS

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
    """What is installed, by name. Raises ConfigurationError where two packages bring one name."""
    found: dict[str, Installed] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        package, version = (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "unknown")
        other = found.get(entry.name)
        if other is not None and (other.entry.value, other.package) != (entry.value, package):
            raise ConfigurationError(
                f"Two installed packages register a provider called {entry.name}: {other.package} and {package}.",
                why="Nobody could tell which of them would get the credentials of its connections.",
                remedy="Uninstall one of them.",
            )
        found[entry.name] = Installed(name=entry.name, package=package, version=version, entry=entry)
    return MappingProxyType(found)


def load_providers(names: Iterable[str] | None = None) -> tuple[Provider, ...]:
    """The providers of these names, or all that are installed.

    Raises ConfigurationError where one is not installed, or is no provider.
    """
    installed = installed_providers()
    wanted = [*installed] if names is None else sorted(set(names))
    for name in wanted:
        if name not in installed:
            raise ConfigurationError(
                f"The provider {name} is not installed.",
                why=f"No installed package provides it; there are {', '.join(installed)}.",
                remedy="Install the package that provides it, or remove its connections from crashgate.toml.",
            )
    return tuple(installed[name].load() for name in wanted)


def load_provider(name: str) -> Provider:
    """The provider of this name. Raises ConfigurationError where it is not installed, or is no provider."""
    (provider,) = load_providers([name])
    return provider
