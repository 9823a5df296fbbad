"""How many requests a connection may send. Rule: the operator's number, else what the vendor documents, else any."""

from crashgate.settings import ConnectionSettings
from crashgate.upstream.turns import DOCUMENTED, Budget


def budget(connection: ConnectionSettings) -> Budget | None:
    """The requests that all agents may send in a minute: the operator's number, or what the vendor documents."""
    if connection.requests_per_minute is None:
        return DOCUMENTED.get(connection.provider)
    return Budget(requests=connection.requests_per_minute) if connection.requests_per_minute else None
