"""Who is asking. Rule: an agent's name comes only from the launch configuration or a verified token."""

from dataclasses import dataclass
from enum import StrEnum, unique

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
    configuration. ``client`` is the self-reported client name, and ``trace`` the W3C trace id (32 hexadecimal digits)
    that the client's request came with: shown in the log, never decided on.
    """

    agent: str
    via: Via
    subject: str = "launch"
    client: str | None = None
    trace: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedToken:
    """A bearer token that is ours: whose it is, and its public id for the log."""

    agent: str
    id: str
