"""One HTTP exchange as values. Rule: a request is built once, by the codec, and sent as it is.

Where requests leave. Rule: one method; whoever fills it decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Protocol

_SUCCESSES = range(200, 300)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is sent. ``repeatable`` says that sending it twice changes nothing (reads only)."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What came back. Header names are lower case; ``links`` maps a ``Link`` header's relations to addresses."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    links: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return self.status in _SUCCESSES


@unique
class Fault(StrEnum):
    """Why no whole answer came."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    """The connection broke before an answer began: at the upstream, or at a proxy before it."""
    CUT_OFF = "cut_off"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    """Its content coding is not the one that was asked for, or takes too much to undo."""


class TransportError(Exception):
    """No whole answer came; carries no text from outside."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.value)


class Transport(Protocol):
    """Sends one request and reads one whole answer, following nothing."""

    async def send(self, request: Request) -> Response:
        """The answer, whatever its status.

        Raises TransportError when there is none; a cancelled caller cancels the exchange.
        """
        ...
