"""The app and the platform that a call is about. Rule: the gate decides on both, so neither has a default.

The vendor calls an app's id ``version_key``.

What a session says of its device. Rule: all of it is what the app's SDK sent.
"""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from crashgate.model.field_table import ROW, SUMMARY, About
from crashgate.model.params import Along, Logged, PatternHelp
from crashgate.model.reads import ReadsNothing
from crashgate.model.result import Convert, From, Untrusted

APP_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/+-]*$"
"""A bundle id, or an id of the vendor's; its form is not documented."""

WHERE = ReadsNothing("it says where the call belongs, which grants decide on")
"""The mark of the app and of the platform; no call can leave them out."""

AppId = Annotated[
    str,
    StringConstraints(pattern=APP_PATTERN, min_length=1, max_length=128),
    PatternHelp(APP_PATTERN, "must be the id of an app, e.g. com.acme.checkout"),
    Logged(),
]
PlatformName = Literal["android", "ios", "web"]

KIND = Along(wire="type", value=(("android", "mobile"), ("ios", "mobile"), ("web", "web")))
"""The list by POST asks for the kind of session too, which follows from the platform."""

_PLATFORMS = frozenset({"android", "ios", "web"})
_OTHER = "other"


def _platform(value: Any) -> str | None:  # noqa: ANN401 - any JSON may stand in an upstream answer
    if value is None:
        return None
    return value if isinstance(value, str) and value in _PLATFORMS else _OTHER


Platform = Annotated[str | None, Convert(_platform)]
"""In an answer. What is none of the documented ones is ``other``, so that no row passes for one of the platform."""


_AT = "device_metadata"

# ``SdkVersion`` is, by its name, the system's API level; ``PlugSdkVersion`` is that of the vendor's SDK.
AppVersion = Annotated[Untrusted | None, From(f"{_AT}.app_version"), About("The version of the app."), ROW]
OsVersion = Annotated[Untrusted | None, From(f"{_AT}.os_version"), About("The version of the operating system."), ROW]
DeviceModel = Annotated[Untrusted | None, From(f"{_AT}.model"), About("The model of the device."), ROW]
NetworkType = Annotated[
    Untrusted | None, From(f"{_AT}.network_type"), About("The kind of network that the device was on."), ROW
]
Manufacturer = Annotated[Untrusted | None, From(f"{_AT}.manufacturer"), About("Who made the device."), SUMMARY]
SdkVersion = Annotated[Untrusted | None, From(f"{_AT}.sdk_version"), About("The system's API level."), SUMMARY]
PlugSdkVersion = Annotated[
    Untrusted | None, From(f"{_AT}.plug_sdk_version"), About("The version of the provider's SDK.")
]
ScreenWidth = Annotated[int | None, From(f"{_AT}.screen_width"), About("In pixels.")]
ScreenHeight = Annotated[int | None, From(f"{_AT}.screen_height"), About("In pixels.")]

ON_DEVICE = frozenset(
    {
        "app_version",
        "os_version",
        "device_model",
        "network_type",
        "manufacturer",
        "sdk_version",
        "plug_sdk_version",
        "screen_width",
        "screen_height",
    }
)
"""The fields that say on what device it was."""
