"""What differs between providers on the wire. Rule: one dialect a provider, chosen by the connection."""

from collections.abc import Mapping
from typing import Protocol

from crashgate.errors import UpstreamError
from crashgate.model.operation import AnyOperation
from crashgate.upstream.browserstack import BrowserStack
from crashgate.upstream.bugsnag import BugSnag
from crashgate.upstream.bugsnag_sessions import BugSnagSessions
from crashgate.upstream.bugspulse import BugsPulse
from crashgate.upstream.connection import Connection
from crashgate.upstream.devrev import DevRev
from crashgate.upstream.message import Response


class Dialect(Protocol):
    """How one provider is spoken to."""

    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The headers of a request, credential included."""
        ...

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our own error for an answer that is none; None for a success. Quotes nothing of the answer."""
        ...


def dialect(connection: Connection) -> Dialect:
    """The dialect of the connection's provider."""
    match connection.provider.name:
        case "bugsnag":
            return BugSnag(connection)
        case "bugsnag-sessions":
            return BugSnagSessions(connection)
        case "bugspulse":
            return BugsPulse(connection)
        case "browserstack":
            return BrowserStack(connection)
        case "devrev":
            return DevRev(connection)
        case _:
            raise ValueError("crashgate does not speak to itself over HTTP")


def address(connection: Connection, method: str, path: str) -> str:
    """Where an operation's path is at the connection. Raises ValueError for what may never be asked there."""
    if connection.provider.name == "bugspulse":
        return BugsPulse(connection).address(method, path)
    return f"{connection.base_url}{path}"
