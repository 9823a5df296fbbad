"""What a server shows to those who run it: ``[approvals]`` and ``[metrics]`` in ``crashgate.toml``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator


class ApprovalsSettings(BaseModel):
    """A webhook that is told of each new request, where it has an address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhook_form: Literal["standard", "slack"] = "standard"
    """``standard``: JSON, signed by Standard Webhooks. ``slack``: a text for an incoming webhook, not signed."""
    webhook_url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]{1,2000}$")] | None = None
    """Where requests for approval are told; https only."""
    webhook_url_file: Path | None = None
    """The file that has the address, where the address itself is a secret, as Slack's is."""
    webhook_secret_file: Path | None = None
    """The file that has the secret for the signature, ``whsec_…``. Only its owner may be able to read it."""

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.webhook_url is not None and self.webhook_url_file is not None:
            raise ValueError("give webhook_url or webhook_url_file, not both")
        told = self.webhook_url is not None or self.webhook_url_file is not None
        signed = self.webhook_secret_file is not None
        if self.webhook_form == "standard" and told != signed:
            raise ValueError("an address and webhook_secret_file need each other")
        if self.webhook_form == "slack" and (signed or not told):
            raise ValueError('webhook_form = "slack" needs webhook_url_file, and has no webhook_secret_file')
        return self

    def beside(self, folder: Path) -> Self:
        """The same with paths that start at ``folder``."""
        paths = {name: getattr(self, name) for name in ("webhook_url_file", "webhook_secret_file")}
        found = {name: folder / path.expanduser() for name, path in paths.items() if path is not None}
        return self.model_copy(update=found)


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
