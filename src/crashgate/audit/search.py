"""What to look for in the log, and the keys by which a decision is found.

The store keeps the keys beside the record, so that a search reads no other records. They are derived from the record
and never say more than it: the chained line is the truth, and ``log verify`` compares the keys with it.
"""

from dataclasses import dataclass

import msgspec

from crashgate.audit.record import DecisionRecord, Effect, Record


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What a call is found by: fields of its decision under their own names, so that they can be read from its line."""

    at: str
    agent: str
    tool: str | None
    resource: str | None
    connection: str | None
    project: str | None
    project_slug: str | None
    effect: str


KEY_NAMES = ("at", "agent", "tool", "resource", "connection", "project", "project_slug", "effect")
"""The fields of ``Keys`` in their order."""

Columns = tuple[str | None, ...]
"""Keys as a store holds them, in the order of ``KEY_NAMES``; all None for a record that has none."""

NO_KEYS: Columns = (None,) * len(KEY_NAMES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What calls to look for; None and empty text mean any.

    ``project`` is an id or a slug. ``target`` is a part of the target's wording, of a place or of an argument that the
    log shows, in any case. ``reason`` is the code of the decision's reason. ``observed`` finds calls that only observe
    mode let through; their effect is ``allow``. ``since`` and ``until`` are RFC 3339 in UTC with milliseconds; the end
    is not included.
    """

    agent: str | None = None
    tool: str | None = None
    resource: str | None = None
    connection: str | None = None
    project: str | None = None
    effect: Effect | None = None
    observed: bool = False
    reason: str | None = None
    target: str = ""
    since: str | None = None
    until: str | None = None
    limit: int | None = None
    oldest_first: bool = False


def keys_of(record: Record) -> Keys | None:
    """The keys of a decision; None for a record of another kind, which is not searched for."""
    if not isinstance(record, DecisionRecord):
        return None
    return Keys(
        at=record.at,
        agent=record.agent,
        tool=record.tool,
        resource=record.resource,
        connection=record.connection,
        project=record.project,
        project_slug=record.project_slug,
        effect=record.effect.value,
    )


_decode_keys = msgspec.json.Decoder(Keys).decode


def columns_in(kind: str, body: str) -> Columns:
    """The keys that a stored record must have, read from its line without reading the rest of it.

    ``NO_KEYS`` for a record that is no decision, or whose line cannot be read.
    """
    if kind != DecisionRecord.KIND:
        return NO_KEYS
    try:
        keys = _decode_keys(body)
    except ValueError:
        return NO_KEYS
    return to_columns(keys)


def to_columns(keys: Keys) -> Columns:
    """The keys in the order of ``KEY_NAMES``. Written out, because it is on the way of every call."""
    return (
        keys.at,
        keys.agent,
        keys.tool,
        keys.resource,
        keys.connection,
        keys.project,
        keys.project_slug,
        keys.effect,
    )


def matches(record: DecisionRecord, query: Query) -> bool:
    """Whether a decision whose keys match also matches what the keys do not hold."""
    return (
        (record.observed or not query.observed)
        and query.reason in {None, record.reason}
        and (not query.target or _is_about(record, query.target))
    )


def _is_about(record: DecisionRecord, text: str) -> bool:
    """Whether the text stands in what the call was about: its target, its place, or an argument that the log shows."""
    wanted = text.casefold()
    values = (value for item in record.arguments.values() for value in (item if isinstance(item, tuple) else (item,)))
    places = (record.target, record.organization, record.organization_slug, record.project, record.project_slug)
    scope = (record.environment, record.platform, record.app)
    return any(wanted in str(each).casefold() for each in (*places, *scope, *values) if each is not None)
