"""One part for each provider, found by the entry point group ``crashgate.sandboxes``; a plug-in may bring one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from crashgate.clock import Clock
from crashgate.errors import ConfigurationError
from crashgate_sandbox.world.world import World

GROUP = "crashgate.sandboxes"


class Service(Protocol):
    """One upstream: an answer for each request."""

    def answer(self, request: Request, body: bytes) -> Response:
        """The answer to a request whose body has been read."""
        ...

    def reset(self) -> None:
        """Forget every change."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One provider's part of the sandbox."""

    provider: str
    """The provider's name, which is also the name of the connection to it."""
    prefix: str
    """The path below which it answers, such as ``/bugspulse``. One part is at the root, with an empty prefix."""
    credential: str
    """What it accepts as a connection's credential. It is published, and opens invented data only."""
    open: Callable[[World, Clock, int | None], Service]
    """Makes the service over a world. The last argument is how many times the vendor's limits on requests are allowed;
    None means no limits."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """The variables that make a connection to it without a configuration file; ``{url}`` stands for its address."""


@cache
def installed_parts() -> tuple[Part, ...]:
    """All parts that are installed, by name. Raises ConfigurationError where there is none, or one that is no part."""
    parts: list[Part] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        part = entry.load()
        if not isinstance(part, Part):
            raise ConfigurationError(
                f"{entry.name} ({entry.value}) is not a part of the sandbox.",
                why=f"The entry point group {GROUP} takes values of type crashgate_sandbox.parts.Part.",
                remedy="Upgrade or uninstall the package that provides it.",
            )
        parts.append(part)
    if not parts:
        raise ConfigurationError(
            "The sandbox has no parts.",
            why=f"No installed package has an entry point in the group {GROUP}, not even crashgate itself.",
            remedy="Install crashgate again, or run `make install` in a checkout.",
        )
    return tuple(parts)
