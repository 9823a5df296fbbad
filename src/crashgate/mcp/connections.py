"""TCP connections of the HTTP side. Rule: how many there are, what each makes us keep, and how long, is bounded.

THREATS rows 24, 34, 35 and 43. uvicorn with h11 reads one request at a time, holds at most ``LARGEST_HEAD`` bytes of a
head or of trailers, drops the trailers, and refuses a head without Host (decision 0015). Missing there, and so here:
time for heads, for the rest of a refused body and for answers that nobody reads; and how finely a body may be cut up.

A new connection is always taken. Where that is one too many, an old one that has shown no token ends. Whoever opens
many therefore ends their own, and an agent's new connection has time to show its token.
"""

from asyncio import TimerHandle, Transport
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Protocol

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from crashgate.audit.attempt import Attempt
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.tokens import SHOWN

MOST = 1_000
"""Connections altogether."""
MOST_UNKNOWN = 500
"""Those of them that have shown no token yet."""
MOST_OF_AN_ADDRESS = 100
"""Those of one address that have shown no token yet."""

Network = IPv4Network | IPv6Network


class Holder(Protocol):
    """What holds a place."""

    @property
    def busy(self) -> bool:
        """Whether a request is under way on it."""
        ...

    def give_up(self) -> None:
        """End it, because another needs its place."""
        ...


class Places:
    """The connections of one server. Addresses in ``proxies`` stand for many clients, and may hold any number."""

    def __init__(self, proxies: Sequence[Network] = ()) -> None:
        self._proxies = tuple(proxies)
        self._unknown: dict[Network | None, dict[Holder, None]] = {}
        self._known: dict[Holder, None] = {}

    def join(self, connection: Holder, address: str | None) -> None:
        """Take a new connection, which has shown no token; another may end for it."""
        group = self._group(address)
        members = self._unknown.setdefault(group, {})
        members[connection] = None
        unknown = sum(len(each) for each in self._unknown.values())
        # check: one address has a share of the connections without a token
        if group is not None and len(members) > MOST_OF_AN_ADDRESS:
            self._end(next(iter(members)))
        elif (
            unknown > MOST_UNKNOWN  # check: connections without a token have half of the places
            or (unknown + len(self._known) > MOST and unknown > 1)
        ):
            largest = max(self._unknown.items(), key=lambda item: (item[0] is not None, len(item[1])))[1]
            self._end(next(iter(largest)))
        elif unknown + len(self._known) > MOST:
            idle = next((each for each in self._known if not each.busy), None)
            if idle is not None:
                self._end(idle)

    def show(self, connection: Holder) -> None:
        """Note that a valid token came over it."""
        if self._forget_unknown(connection):
            self._known[connection] = None

    def leave(self, connection: Holder) -> None:
        """Forget a connection that is over."""
        self._known.pop(connection, None)
        self._forget_unknown(connection)

    def _end(self, connection: Holder) -> None:
        self.leave(connection)
        connection.give_up()

    def _forget_unknown(self, connection: Holder) -> bool:
        for group, members in self._unknown.items():
            if connection in members:
                del members[connection]
                if not members:
                    del self._unknown[group]
                return True
        return False

    def _group(self, address: str | None) -> Network | None:
        """Whose connection it is: an address, or the network that one IPv6 client has; None for proxies."""
        if address is None:
            return None
        found = ip_address(address.partition("%")[0])
        if found.version == 6 and found.ipv4_mapped:  # noqa: PLR2004 - IPv6
            found = found.ipv4_mapped
        # check: a trusted proxy may hold more connections
        if any(found in each for each in self._proxies):
            return None
        return ip_network((found, 32 if found.version == 4 else 64), strict=False)  # noqa: PLR2004 - IPv4


LARGEST_HEAD = 64 * 1024
"""Bytes of request line and headers together; of trailers, too."""
MOST_PIECES = 16 * 1024
"""Of one body. Each chunk costs time, however small it is."""


def connections(attempts: Attempts, places: Places, *, seconds: float) -> type[H11Protocol]:
    """The class of connections that hold ``places``.

    Heads, the rest of bodies that were refused, and any progress with unread answers must come in ``seconds``.
    """

    class Bounded(_Connection):
        noted = attempts
        held = places
        patience = seconds

    return Bounded


class _Parser(h11.Connection):
    """h11, which tells when a request begins, and counts the pieces of its body."""

    def __init__(self, began: Callable[[], None]) -> None:
        super().__init__(
            h11.SERVER,
            # check[huge]: trailers have a largest size
            LARGEST_HEAD,
        )
        self._began = began
        self._pieces = 0
        self.problem: tuple[Attempt, str] = (Attempt.MALFORMED, "not_http")

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next event. Raises RemoteProtocolError when the peer breaks a rule; ``problem`` says which."""
        in_head = self.their_state is h11.IDLE
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as problem:
            if problem.error_status_hint == 431:  # noqa: PLR2004 - Request Header Fields Too Large
                self.problem = Attempt.OVERSIZED, "head_too_large" if in_head else "trailers_too_large"
            raise
        if isinstance(event, h11.Request):
            self._pieces = 0
            self._began()
        elif isinstance(event, h11.Data):
            self._pieces += 1
            # check: a body has a largest number of chunks
            if self._pieces > MOST_PIECES:
                self.problem = Attempt.OVERSIZED, "too_many_chunks"
                raise h11.RemoteProtocolError("too many chunks")
        return event


class _Connection(H11Protocol):
    noted: Attempts
    held: Places
    patience: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what uvicorn gives
        super().__init__(*args, **kwargs)
        self.conn = self._parser = _Parser(self._begin)
        self._served: Any = self.app  # uvicorn has its own types for what an application is
        self.app = self._introduced
        self._deadline: TimerHandle | None = None
        self._unread: TimerHandle | None = None
        self._busy = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take a place, and begin to wait for the first head."""
        super().connection_made(transport)
        self.held.join(self, self.client[0] if self.client else None)
        # check: a head comes in time
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more, and give the place back."""
        self._stop_waiting()
        self._stop_watching()
        self.held.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that has begun has its time."""
        super().data_received(data)
        # check: a second head comes in time, too
        if self.conn.their_state is h11.IDLE:
            self._wait()

    def on_response_complete(self) -> None:
        """Answered: what comes now is the rest of a body that was refused, or a new head."""
        self._busy = False
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_unread()
        # check: the rest of a refused body comes in time
        elif self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE:
            self._wait()

    def pause_writing(self) -> None:
        """Hold answers back, but not for ever."""
        super().pause_writing()
        # check: an answer that nobody reads ends its connection
        self._watch_unread()

    def resume_writing(self) -> None:
        """Write on, now that most of it was read."""
        if not self.transport.is_closing():
            self._stop_watching()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, or too much of it; where an answer has begun, only end the connection."""
        self.noted.soon(*self._parser.problem)
        if self._busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        self._end()

    def timeout_keep_alive_handler(self) -> None:
        """End it when no new request came."""
        self._end()

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._busy

    def give_up(self) -> None:
        """End it, because another needs its place."""
        self.noted.soon(Attempt.RATE_LIMITED, "too_many_connections")
        self._end()

    async def _introduced(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - as above
        """The application, which can say that a token was shown here."""
        await self._served({**scope, "extensions": {SHOWN: lambda: self.held.show(self)}}, receive, send)

    def _begin(self) -> None:
        """A request begins: its head is here."""
        self._busy = True
        self._stop_waiting()

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.patience, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self.noted.soon(Attempt.TIMED_OUT, "slow_head")
        self._end()

    def _watch_unread(self) -> None:
        """See to it that what is unread becomes less; while anything is, nothing is added."""
        if self._unread is None and (left := self.transport.get_write_buffer_size()):
            self._unread = self.loop.call_later(self.patience, self._still_unread, left)

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _still_unread(self, before: int) -> None:
        self._unread = None
        if self.transport.get_write_buffer_size() < before:
            self._watch_unread()
        else:
            self.noted.soon(Attempt.TIMED_OUT, "answer_not_read")
            self.transport.abort()

    def _end(self) -> None:
        """End it; what is unread has its time."""
        if not self.transport.is_closing():
            self.transport.close()
            self._watch_unread()
