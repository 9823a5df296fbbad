"""A body in its envelope. Rule: the id of the event is also that of what it makes, whatever else was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crashgate.catalogue.envelope import EventBatch
from crashgate.clock import timestamp


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What makes one request different from all others: a random id, and the time in UTC."""

    id: UUID
    at: datetime


def enclosed(body: Mapping[str, Any], envelope: EventBatch, stamp: Stamp) -> Mapping[str, Any]:
    """``body`` as the one event of a batch."""
    made = str(stamp.id)
    held = {**body, "id": made}
    return {envelope.batch: [{"id": made, "type": envelope.type, "timestamp": timestamp(stamp.at), "body": held}]}
