"""A record on its way into the store. Rule: what cannot be written down fails here, before it can hold up others."""

from dataclasses import dataclass

from crashgate.audit.canonical import encode
from crashgate.audit.record import Record, agent_of, call_of
from crashgate.audit.search import Keys, keys


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A record that has no place in a chain yet."""

    at: str
    kind: str
    call: str
    agent: str
    body: str
    keys: Keys | None = None


def draft(record: Record) -> Draft:
    """The record as the store takes it. Raises TypeError, ValueError or RecursionError for what cannot be written."""
    return Draft(
        at=record.at,
        kind=record.KIND,
        call=call_of(record),
        agent=agent_of(record),
        body=encode(record),
        keys=keys(record),
    )
