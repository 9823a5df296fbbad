"""A session and a trace as they are kept. Rule: times are UTC to the millisecond, as the vendor writes them.

Source of the fields: docs/upstreams/browserstack.md#one-session (the server sends more than its document lists).
"""

from dataclasses import dataclass
from datetime import datetime

from crashgate.clock import timestamp
from crashgate_sandbox.browserstack.answers import JsonObject

PROJECT_ID = "cmi6shopbot0007ad07sandbox"
PROJECT_NAME = "Shop support bot"
ORGANIZATION_ID = "cmi6acme00001ad07sandbox0"
ORGANIZATION_NAME = "Acme Outdoor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What a list of sessions shows."""

    id: str
    created_at: datetime
    environment: str

    def as_json(self) -> JsonObject:
        """The vendor's form."""
        return {
            "id": self.id,
            "createdAt": timestamp(self.created_at),
            "projectId": PROJECT_ID,
            "environment": self.environment,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One turn of a conversation. ``latency`` is in seconds, ``total_cost`` in dollars."""

    id: str
    timestamp: datetime
    name: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    release: str | None = None
    version: str | None = None
    environment: str = "default"
    public: bool = False
    bookmarked: bool = False
    tags: tuple[str, ...] = ()
    metadata: object = None
    input: object = None
    output: object = None
    created_at: datetime
    updated_at: datetime
    latency: float = 0.0
    total_cost: float = 0.0

    def as_json(self, *, io: bool = True) -> JsonObject:
        """The vendor's form; without ``io`` input, output and metadata are null."""
        return {
            "id": self.id,
            "externalId": None,
            "timestamp": timestamp(self.timestamp),
            "name": self.name,
            "userId": self.user_id,
            "metadata": self.metadata if io else None,
            "release": self.release,
            "version": self.version,
            "projectId": PROJECT_ID,
            "environment": self.environment,
            "public": self.public,
            "bookmarked": self.bookmarked,
            "tags": list(self.tags),
            "input": self.input if io else None,
            "output": self.output if io else None,
            "sessionId": self.session_id,
            "createdAt": timestamp(self.created_at),
            "updatedAt": timestamp(self.updated_at),
        }


def whole_milliseconds(moment: datetime) -> datetime:
    """``moment`` without what a vendor's time cannot say."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
