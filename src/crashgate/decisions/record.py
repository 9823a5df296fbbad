"""One line of the decision log, as a plain value. Rule: whole ids and facts here; only the sentence is for the eye.

No token, no upstream secret and no argument outside the allow-listed fields may get in: the gateway filters before
it builds a record (THREATS row 29). What the store indexes and what names people is checked here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import ClassVar, Generic, TypeVar, cast

from crashgate.catalogue.access import Access
from crashgate.catalogue.provider import Provider
from crashgate.errors import Code
from crashgate.identity import AGENT_NAME_PATTERN, Via

FORMAT = 1
"""The version of the shape below; a reader refuses a format that it does not know."""

_CALL = re.compile(r"[0-9a-f]{32}")
_AGENT = re.compile(AGENT_NAME_PATTERN.removeprefix("^").removesuffix("$"))
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")

Value = str | int | bool | tuple[str, ...]
"""What an allow-listed argument may be in a record."""


@unique
class Effect(StrEnum):
    """What the gate decided."""

    ALLOW = "allow"
    DENY = "deny"


@unique
class Purpose(StrEnum):
    """Who wanted the request: the agent, or the gate itself to decide a call of the agent."""

    CALL = "call"
    LOOKUP = "lookup"


@unique
class Ending(StrEnum):
    """How an allowed call ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """The upstream said no (4xx)."""
    FAILED = "failed"
    """No usable answer: none at all, 5xx, or one that cannot be read."""
    CANCELLED = "cancelled"
    WITHHELD = "withheld"
    """The answer was out of the agent's scope and was not shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionRecord:
    """A decision, stored before anything is sent.

    ``call`` is the id of this call (32 hexadecimal digits), ``parent`` that of the call which needed this look-up.
    ``at`` is RFC 3339 in UTC with milliseconds. ``subject`` vouches for the agent; ``client`` is only what the client
    says of itself. ``operation``, ``resource`` and ``access`` are None for an unknown tool, ``tool`` also when its
    name is not a legal one. ``project`` and ``organization`` are ids, or what is known of them. ``verb``, ``past``
    and ``target`` are the operation's wording, the target filled with validated ids. ``reason`` is a code, ``rule``
    the policy line that decided, in words. ``sentence`` is set by ``sentence.tell_decision``.

    Raises ValueError for a call, parent, time, agent or argument that no record may hold.
    """

    KIND: ClassVar[str] = "decision"

    call: str
    at: str
    agent: str
    subject: str
    via: Via
    effect: Effect
    reason: str
    purpose: Purpose = Purpose.CALL
    parent: str | None = None
    client: str | None = None
    tool: str | None = None
    operation: str | None = None
    resource: str | None = None
    access: Access | None = None
    provider: Provider | None = None
    connection: str | None = None
    organization: str | None = None
    organization_slug: str | None = None
    project: str | None = None
    project_slug: str | None = None
    verb: str | None = None
    past: str | None = None
    target: str | None = None
    arguments: Mapping[str, Value] = field(default_factory=dict[str, Value])
    arguments_digest: str | None = None
    rule: str | None = None
    policy_hash: str | None = None
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold. The messages name fields, never values."""
        _check_call_and_time(self.call, self.at)
        if self.parent is not None and not _CALL.fullmatch(self.parent):
            raise ValueError("parent is not 32 hexadecimal digits")
        if not _AGENT.fullmatch(self.agent):
            raise ValueError("agent is not a legal agent name")
        if not all(_is_value(value) for value in self.arguments.values()):
            raise ValueError("arguments hold something else than text, whole numbers, booleans and tuples of text")


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeRecord:
    """How an allowed call ended, stored after it did.

    ``status`` is the upstream's HTTP status, None without an answer. ``duration_ms`` covers all ``requests`` sent,
    retries included. ``rows`` were shown, ``dropped`` were out of scope. ``sentence`` tells the decision and its
    outcome in one; it is set by ``sentence.tell_outcome``. Raises ValueError for a call or time that is not one.
    """

    KIND: ClassVar[str] = "outcome"

    call: str
    at: str
    result: Ending
    duration_ms: int
    requests: int
    status: int | None = None
    rows: int | None = None
    dropped: int = 0
    error: Code | None = None
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        _check_call_and_time(self.call, self.at)


Record = DecisionRecord | OutcomeRecord
T_co = TypeVar("T_co", bound=Record, covariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored(Generic[T_co]):
    """A record in its place: the ``seq``-th of ``chain``, counted from 1, with its own hash and the one before it."""

    chain: str
    seq: int
    previous: str
    hash: str
    record: T_co


def _check_call_and_time(call: str, at: str) -> None:
    if not _CALL.fullmatch(call):
        raise ValueError("call is not 32 hexadecimal digits")
    if not _TIME.fullmatch(at):
        raise ValueError("at is not RFC 3339 in UTC with milliseconds")


def _is_value(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in cast("tuple[object, ...]", value))
    return isinstance(value, str | int)
