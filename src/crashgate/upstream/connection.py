"""One configured account at a provider. Rule: its address and credential come from the operator alone."""

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from urllib.parse import urlsplit

from pydantic import SecretStr

from crashgate.errors import AddressError, ConfigurationError
from crashgate.model.provider import Provider
from crashgate.upstream import langfuse_keys


@unique
class Auth(StrEnum):
    """How the credential is presented: as the provider's token, or as ``e-mail:password`` (on-premise only)."""

    TOKEN = "token"  # noqa: S105 - the name of a way, not a token
    BASIC = "basic"


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_ADDRESS = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
"""Scheme, host in lower case (as a ``Link`` has it), port and plain segments: nothing that can be read in two ways."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """``base_url`` has no trailing slash; the credential shows as asterisks wherever it is printed.

    Raises ConfigurationError for an address that would send the credential in the clear (THREATS row 10), and for a
    credential that is not of its provider's form.
    """

    name: str
    provider: Provider
    base_url: str
    credential: SecretStr
    auth: Auth = Auth.TOKEN

    def __post_init__(self) -> None:
        """Check the address and the credential."""
        self._check_address()
        if self.auth is Auth.BASIC and ":" not in self.credential.get_secret_value():
            raise ConfigurationError(
                f"connection {self.name}: the credential cannot be used.",
                why='With auth = "basic" it has to be e-mail:password, and there is no colon in it.',
                remedy='Write it so, or take auth = "basic" out.',
            )
        if self.provider.name == "browserstack":
            why = langfuse_keys.fault(self.credential.get_secret_value())
            if why is not None:
                raise ConfigurationError(
                    f"connection {self.name}: the credential cannot be used.", why=why, remedy=langfuse_keys.FORM
                )

    def _check_address(self) -> None:
        shown = f"connection {self.name}: base URL"
        if {"@", "?", "#"} & set(self.base_url) or self.base_url.endswith("/"):
            raise AddressError(
                f"{shown} may hold no credentials, query, fragment or trailing slash.",
                remedy="Write scheme, host and path only.",
            )
        if not _is_address(self.base_url):
            raise AddressError(
                f"{shown} {self.base_url!r} is not an http or https address.",
                remedy="Write it like https://api.bugsnag.com.",
            )
        parts = urlsplit(self.base_url)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise AddressError(
                f"{shown} would send the credential unencrypted.",
                why="http is allowed on loopback addresses only.",
                remedy="Use https.",
            )


def _is_address(url: str) -> bool:
    if _ADDRESS.fullmatch(url) is None:
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
