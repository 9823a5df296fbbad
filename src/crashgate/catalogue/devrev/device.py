"""What a session says of its device. Rule: all of it is what the app's SDK sent."""

from pydantic import AliasPath, Field

from crashgate.catalogue.documented import Documented
from crashgate.catalogue.result import Untrusted

_AT = "device_metadata"


class OnDevice(Documented):
    """``sdk_version`` is, by its name, the system's API level; ``plug_sdk_version`` is that of the vendor's SDK."""

    app_version: Untrusted | None = Field(default=None, validation_alias=AliasPath(_AT, "app_version"))
    os_version: Untrusted | None = Field(default=None, validation_alias=AliasPath(_AT, "os_version"))
    sdk_version: Untrusted | None = Field(default=None, validation_alias=AliasPath(_AT, "sdk_version"))
    plug_sdk_version: Untrusted | None = Field(default=None, validation_alias=AliasPath(_AT, "plug_sdk_version"))
    network_type: Untrusted | None = Field(default=None, validation_alias=AliasPath(_AT, "network_type"))
    manufacturer: Untrusted | None = Field(default=None, validation_alias=AliasPath(_AT, "manufacturer"))
    device_model: Untrusted | None = Field(default=None, validation_alias=AliasPath(_AT, "model"))
    screen_width: int | None = Field(default=None, validation_alias=AliasPath(_AT, "screen_width"))
    screen_height: int | None = Field(default=None, validation_alias=AliasPath(_AT, "screen_height"))
