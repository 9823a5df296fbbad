"""What stands around a body. Rule: what tells one event from another is made by us, so no caller can choose it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EventBatch:
    """The parameters of the body are what one event holds, sent as a batch of one.

    The event has an ``id``, the ``type`` and a ``timestamp`` of its own; what it makes has the same id, as ``id`` among
    what it holds. The id is random and new for each request.
    """

    type: str
    batch: str = "batch"
