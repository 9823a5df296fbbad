"""The embedded sandbox as connections: one for each installed part, named after its provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from crashgate.config.settings import ConnectionSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from crashgate_sandbox.parts import Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """The sandbox in this process, in place of every configured connection."""

    app: "ASGIApp"
    limited: bool = True
    """Whether it limits requests as the vendors do."""

    @property
    def connections(self) -> Mapping[str, ConnectionSettings]:
        """One connection for each provider, under the provider's name, which is what the example policies use."""
        return {
            name: ConnectionSettings.model_validate(
                {
                    "provider": name,
                    "base_url": f"http://localhost{part.prefix}",
                    "requests_per_minute": None if self.limited else 0,
                }
            )
            for name, part in _parts().items()
        }

    def credential(self, provider: str) -> SecretStr:
        """What the provider's part accepts."""
        return SecretStr(_parts()[provider].credential)


def _parts() -> "Mapping[str, Part]":
    from crashgate_sandbox.parts import installed_parts  # noqa: PLC0415 - only with a sandbox

    return {part.provider: part for part in installed_parts()}
