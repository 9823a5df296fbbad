"""Who may hold a connection. Rule: one that has shown no token never keeps out one that shows one (THREATS row 43).

A new connection is always taken; where that is one too many, an old one that has shown no token ends. Whoever opens
many therefore ends their own, and an agent's new connection has time to show its token.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

MOST = 1_000
"""Connections altogether."""
MOST_UNKNOWN = 500
"""Those of them that have shown no token yet."""
MOST_OF_AN_ADDRESS = 100
"""Those of one address that have shown no token yet."""

Network = IPv4Network | IPv6Network


class Connection(Protocol):
    """What is counted."""

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
        self._unknown: dict[Network | None, dict[Connection, None]] = {}
        self._known: dict[Connection, None] = {}

    def join(self, connection: Connection, address: str | None) -> None:
        """Take a new connection, which has shown no token; another may end for it."""
        group = self._group(address)
        members = self._unknown.setdefault(group, {})
        members[connection] = None
        unknown = sum(len(each) for each in self._unknown.values())
        if group is not None and len(members) > MOST_OF_AN_ADDRESS:
            self._end(next(iter(members)))
        elif unknown > MOST_UNKNOWN or (unknown + len(self._known) > MOST and unknown > 1):
            largest = max(self._unknown.items(), key=lambda item: (item[0] is not None, len(item[1])))[1]
            self._end(next(iter(largest)))
        elif unknown + len(self._known) > MOST:
            idle = next((each for each in self._known if not each.busy), None)
            if idle is not None:
                self._end(idle)

    def show(self, connection: Connection) -> None:
        """Note that a valid token came over it."""
        if self._forget_unknown(connection):
            self._known[connection] = None

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is over."""
        self._known.pop(connection, None)
        self._forget_unknown(connection)

    def _end(self, connection: Connection) -> None:
        self.leave(connection)
        connection.give_up()

    def _forget_unknown(self, connection: Connection) -> bool:
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
        if any(found in each for each in self._proxies):
            return None
        return ip_network((found, 32 if found.version == 4 else 64), strict=False)  # noqa: PLR2004 - IPv4
