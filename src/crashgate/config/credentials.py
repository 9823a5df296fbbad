"""Upstream credentials. Rule: from a variable or a file that the operator named, and held only as a secret."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from crashgate.errors import ConfigurationError
from crashgate.ownership import is_anothers, is_roots, others_may_read, others_may_write

_LONGEST = 4_096


def credential(
    connection: str, *, variable: str | None, file: Path | None, environment: Mapping[str, str]
) -> SecretStr:
    """The token of a connection. Raises ConfigurationError when it is missing, unreadable, open to others or theirs."""
    if (variable is None) == (file is None):
        raise ConfigurationError(
            f"Connection {connection} names {'no token' if file is None else 'two tokens'}.",
            remedy="Give either token_env (a variable) or token_file (a file) in crashgate.toml.",
        )
    token = _from_file(connection, file) if file is not None else environment.get(variable or "", "")
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
    return SecretStr(token)


def _from_file(connection: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            text = file.read(_LONGEST)
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f"The token file of connection {connection} cannot be read: {path}.",
            remedy="Make it readable for the user that runs crashgate.",
        ) from problem
    if is_anothers(status):
        raise ConfigurationError(
            f"The token file of connection {connection} belongs to another user: {path}.",
            remedy="Give it to the user that runs crashgate, or to root.",
        )
    if others_may_read(status) or others_may_write(status):
        raise ConfigurationError(
            f"The token file of connection {connection} is open to other users: {path}.",
            # Without its group, a service that is not root could not read a file of root's any more.
            remedy=f"Give it the group of the service that runs crashgate, and run: chmod 640 {path}"
            if is_roots(status)
            else f"Run: chmod 600 {path}",
        )
    return text
