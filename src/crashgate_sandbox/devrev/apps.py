"""The apps whose sessions there are. Rule: an app id goes with each platform that its app is built for.

All are acme's, which is whose token it is. Every other app id is somebody else's, whether there is such an app or not.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate_sandbox.devrev.errors import RefusedError


@unique
class Platform(StrEnum):
    """What an app runs on."""

    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


PLATFORMS: tuple[str, ...] = tuple(Platform)


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """One app; ``version_key`` is the id that the vendor calls so. ``versions`` are oldest first."""

    version_key: str
    platforms: tuple[Platform, ...]
    versions: tuple[str, ...]


APPS = (
    App(
        version_key="com.acme.checkout",
        platforms=(Platform.ANDROID, Platform.IOS),
        versions=("5.11.2", "5.12.0", "5.12.1"),
    ),
    App(version_key="com.acme.courier", platforms=(Platform.ANDROID,), versions=("2.8.0", "2.9.0-beta.3")),
    App(version_key="acme-web", platforms=(Platform.WEB,), versions=("2026.46.1", "2026.47.0")),
)


def app_of(version_key: str) -> App:
    """The app with that id. Raises RefusedError (403) unless the token may see it."""
    for app in APPS:
        if app.version_key == version_key:
            return app
    raise RefusedError(403, "forbidden", "You have no access to this app")
