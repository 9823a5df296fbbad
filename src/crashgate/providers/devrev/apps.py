"""The app and the platform that a call is about. Rule: the gate decides on both, so neither has a default.

The vendor calls an app's id ``version_key``.

What a session says of its device. Rule: all of it is what the app's SDK sent.
"""

from typing import Annotated, Any, Literal

from pydantic import AliasPath, BeforeValidator, Field, StringConstraints

from crashgate.model.field_table import ROW, SUMMARY, About
from crashgate.model.params import Along, Logged, PatternHelp
from crashgate.model.reads import ReadsNothing
from crashgate.model.result import Documented, Untrusted

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


Platform = Annotated[str | None, BeforeValidator(_platform)]
"""In an answer. What is none of the documented ones is ``other``, so that no row passes for one of the platform."""


_AT = "device_metadata"


class OnDevice(Documented):
    """``sdk_version`` is, by its name, the system's API level; ``plug_sdk_version`` is that of the vendor's SDK."""

    app_version: Annotated[Untrusted | None, About("The version of the app."), ROW] = Field(
        default=None, validation_alias=AliasPath(_AT, "app_version")
    )
    os_version: Annotated[Untrusted | None, About("The version of the operating system."), ROW] = Field(
        default=None, validation_alias=AliasPath(_AT, "os_version")
    )
    device_model: Annotated[Untrusted | None, About("The model of the device."), ROW] = Field(
        default=None, validation_alias=AliasPath(_AT, "model")
    )
    network_type: Annotated[Untrusted | None, About("The kind of network that the device was on."), ROW] = Field(
        default=None, validation_alias=AliasPath(_AT, "network_type")
    )
    manufacturer: Annotated[Untrusted | None, About("Who made the device."), SUMMARY] = Field(
        default=None, validation_alias=AliasPath(_AT, "manufacturer")
    )
    sdk_version: Annotated[Untrusted | None, About("The system's API level."), SUMMARY] = Field(
        default=None, validation_alias=AliasPath(_AT, "sdk_version")
    )
    plug_sdk_version: Annotated[Untrusted | None, About("The version of the provider's SDK.")] = Field(
        default=None, validation_alias=AliasPath(_AT, "plug_sdk_version")
    )
    screen_width: Annotated[int | None, About("In pixels.")] = Field(
        default=None, validation_alias=AliasPath(_AT, "screen_width")
    )
    screen_height: Annotated[int | None, About("In pixels.")] = Field(
        default=None, validation_alias=AliasPath(_AT, "screen_height")
    )
