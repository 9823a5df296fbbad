"""Connections: what the settings make of them, their credentials, and those to the embedded sandbox.

A credential comes from a variable or a file that the operator named, and is held only as a secret. The sandbox is a
connection for each installed part, named after its provider.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from crashgate.config.settings import ConnectionSettings, Settings
from crashgate.errors import ConfigurationError
from crashgate.model.provider import Auth, Budget, Connection
from crashgate.ownership import (
    is_anothers,
    is_on_roots_read_only_mount,
    is_roots,
    others_may_read,
    others_may_write,
)
from crashgate.providers.installed import load_provider

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


def find_budget(connection: ConnectionSettings) -> Budget | None:
    """The requests that all agents may send in a minute: the operator's number, or what the vendor documents."""
    if connection.requests_per_minute is None:
        return load_provider(connection.provider).budget
    return Budget(requests=connection.requests_per_minute) if connection.requests_per_minute else None


def nameable_connections(settings: Settings, *, sandbox: Sandbox | None = None) -> Mapping[str, ConnectionSettings]:
    """The connections that a policy may name; where none is configured, one called like its provider, the usual one."""
    if sandbox:
        return sandbox.connections
    return settings.connections or {(usual := ConnectionSettings()).provider: usual}


def open_connection(
    name: str, connection: ConnectionSettings, environment: Mapping[str, str], sandbox: Sandbox | None = None
) -> Connection:
    """The connection, checked. Raises AddressError, and ConfigurationError where the credential cannot be used."""
    credential = (
        sandbox.credential(connection.provider)
        if sandbox
        else read_credential(name, variable=connection.token_env, file=connection.token_file, environment=environment)
    )
    return Connection(
        name=name,
        provider=load_provider(connection.provider),
        base_url=connection.url,
        auth=Auth(connection.auth),
        credential=credential,
    )


_LONGEST = 4_096


def read_credential(
    connection: str, *, variable: str | None, file: Path | None, environment: Mapping[str, str]
) -> SecretStr:
    """The token of a connection. Raises ConfigurationError when it is missing, unreadable, open to others or theirs."""
    if (variable is None) == (file is None):
        raise ConfigurationError(
            f"Connection {connection} names {'no token' if file is None else 'two tokens'}.",
            remedy="Give either token_env (a variable) or token_file (a file) in crashgate.toml.",
        )
    token = read_token_file(connection, file) if file is not None else environment.get(variable or "", "")
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        where = f"the file {file}" if file is not None else f"the variable {variable}"
        raise ConfigurationError(
            f"Connection {connection} has no usable token.",
            why=f"The variable {variable} is not set."
            if variable is not None and variable not in environment
            else f"What {where} holds is {'not one word' if token else 'empty'}.",
            remedy="Put the provider's token there.",
        )
    # check[unwrap]: a credential is a secret
    return SecretStr(token)


def read_token_file(connection: str, path: Path) -> str:
    """What the file holds. Raises ConfigurationError where it cannot be read, or others could read or change it."""
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            fixed = is_on_roots_read_only_mount(file.fileno(), status)
            text = file.read(_LONGEST)
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f"The token file of connection {connection} cannot be read: {path}.",
            remedy="Make it readable for the user that runs crashgate.",
        ) from problem
    # check: a token file of a connection that belongs to another user
    if is_anothers(status):
        raise ConfigurationError(
            f"The token file of connection {connection} belongs to another user: {path}.",
            remedy="Give it to the user that runs crashgate, or to root.",
        )
    # check: a token file of a connection that others may read
    if (others_may_read(status) or others_may_write(status)) and not fixed:
        raise ConfigurationError(
            f"The token file of connection {connection} is open to other users: {path}.",
            # Without its group, a service that is not root could not read a file of root's any more.
            remedy=f"Give it the group of the service that runs crashgate, and run: chmod 640 {path}"
            if is_roots(status)
            else f"Run: chmod 600 {path}",
        )
    return text
