"""The phones that the shop's app runs on. Rule: a system's version fits its platform."""

from dataclasses import dataclass
from random import Random

_SYSTEMS = {
    "ios": ("17.4", "17.4", "17.6.1", "18.1", "18.1", "16.7.10"),
    "android": ("14", "14", "15", "13", "13", "12", "10"),
}
_PLATFORMS = ("ios", "android", "android")
_APP_VERSIONS = ("2.4.1", "2.4.1", "2.4.1", "2.4.0", "2.3.2", "2.3.0", "2.5.0-beta.3")
_NETWORKS = ("wifi", "wifi", "wifi", "cellular", "cellular", "none", "unknown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """What a session or a crash says of it."""

    platform: str
    os_version: str
    app_version: str
    network_type: str


def draw_device(rng: Random, platform: str | None = None) -> Device:
    """Any of them, or any of that platform."""
    platform = platform or rng.choice(_PLATFORMS)
    return Device(
        platform=platform,
        os_version=rng.choice(_SYSTEMS[platform]),
        app_version=rng.choice(_APP_VERSIONS),
        network_type=rng.choice(_NETWORKS),
    )
