"""Where requests leave: one method; whoever fills it decides nothing."""

from enum import StrEnum, unique
from typing import Protocol

from crashgate.model.message import Request, Response


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
