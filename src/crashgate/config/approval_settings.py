"""How people are told of requests for approval, as ``[approvals]`` in ``crashgate.toml`` says it."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator


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
