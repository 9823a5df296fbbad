"""What a server shows to those who run it: ``[approvals]`` and ``[metrics]`` in ``crashgate.toml``."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator


class ApprovalsSettings(BaseModel):
    """A webhook that is told of each new request. It has both values or neither."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhook_url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]{1,2000}$")] | None = None
    """Where requests for approval are told, signed by Standard Webhooks; https only."""
    webhook_secret_file: Path | None = None
    """The file that has the secret, ``whsec_…``. Only its owner may be able to read it."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.webhook_url is None) != (self.webhook_secret_file is None):
            raise ValueError("webhook_url and webhook_secret_file need each other")
        return self


_LAST_PORT = 65535


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise ValueError("has to be an address and a port, such as 127.0.0.1:9464 or [::1]:9464")
    return text


class MetricsSettings(BaseModel):
    """Metrics of a server over HTTP, at ``http://ADDRESS/metrics``. Whoever reaches the address can read them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False
    """Whether there are any."""
    address: Annotated[str, AfterValidator(_address)] = "127.0.0.1:9464"
    """Where they are served: an address and a port; port 0 takes any free one."""

    @property
    def place(self) -> tuple[str, int]:
        """The host, without brackets, and the port."""
        host, _, port = self.address.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)
