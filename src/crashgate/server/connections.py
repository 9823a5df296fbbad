"""One TCP connection to the HTTP side. Rule: its request heads are bounded in size and in time (THREATS row 24).

uvicorn bounds neither: a client that sends a byte a second, or headers without end, would be listened to for ever.
"""

from asyncio import Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from crashgate.decisions.attempt import Attempt
from crashgate.server.attempts import Attempts

LARGEST_HEAD = 64 * 1024
"""Bytes of request line and headers together."""


def connections(attempts: Attempts, *, seconds: float) -> type[HttpToolsProtocol]:
    """The class of connections whose heads, and the rest of bodies that were refused, must come in ``seconds``."""

    class Bounded(_Connection):
        noted = attempts
        patience = seconds

    return Bounded


class _Connection(HttpToolsProtocol):
    noted: Attempts
    patience: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what uvicorn gives
        super().__init__(*args, **kwargs)
        self._deadline: Any = None
        self._in_head = False
        self._idle = True
        self._head = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head grows too large."""
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD:
            self.noted.soon(Attempt.OVERSIZED, "head_too_large")
            self.transport.close()
        elif self._idle and self._deadline is None:
            # uvicorn's own patience with idle connections ends at any byte: of a refused body, or an empty line.
            self._wait()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head, self._head = True, 0
        self._stop_waiting()
        self._wait()

    def on_headers_complete(self) -> None:
        """The head is here."""
        self._in_head = self._idle = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is here."""
        super().on_message_complete()
        self._stop_waiting()

    def on_response_complete(self) -> None:
        """Answered: what comes now is the rest of a body that was refused, or a new head."""
        super().on_response_complete()
        self._idle = True

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self.noted.soon(Attempt.MALFORMED, "not_http")
        super().send_400_response(msg)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.patience, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self._in_head:
            self.noted.soon(Attempt.TIMED_OUT, "slow_head")
        if not self.transport.is_closing():
            self.transport.close()
