"""Who is asking. Rule: an agent's name comes only from the launch configuration or a verified token."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol

AGENT_NAME_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"
"""ASCII, lower case, digits and inner hyphens, 1 to 64 characters: no look-alike letters (THREATS row 25)."""


@unique
class Via(StrEnum):
    """How the agent reached us."""

    STDIO = "stdio"
    HTTP = "http"
    CLI = "cli"
    MEMORY = "memory"


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """The verified identity behind a call.

    ``subject`` is what vouches for the agent: a token's public id, or ``launch`` for the launch
    configuration. ``token`` is that public id by itself, None where there is no token that could be revoked.
    ``client`` is the self-reported client name, and ``trace`` the W3C trace id (32 hexadecimal digits) that the
    client's request came with: shown in the log, never decided on.
    """

    agent: str
    via: Via
    subject: str = "launch"
    token: str | None = None
    client: str | None = None
    trace: str | None = None
    email: str | None = None
    """The verified address of the person who asks, where one is known; what ``me`` means in an argument."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedToken:
    """A bearer token that is ours: whose it is, and its public id for the log."""

    agent: str
    id: str


class Identities(Protocol):
    """Where it is known whether an identity is still good."""

    def holds(self, principal: Principal) -> bool:
        """Whether what vouched for the principal still does. Asked before every request that leaves, so it is quick."""
        ...


class NothingRevoked:
    """The identities of a process that has no tokens: the launch configuration holds as long as the process."""

    def holds(self, principal: Principal) -> bool:
        """True for the launch configuration; nothing here vouches for a token."""
        return principal.token is None
