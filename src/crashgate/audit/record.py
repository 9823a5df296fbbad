"""The records of a call, as plain values: whole ids and facts. Only the sentence is meant for reading.

No token, no upstream secret and no argument outside the allow-listed fields may get in: the gateway filters before
it builds a record (THREATS row 29). What the store indexes and what names people is checked here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import ClassVar, Generic, TypeVar, cast

from crashgate.audit.attempt import AttemptRecord
from crashgate.audit.checkpoint import (
    AcknowledgementRecord,
    CheckpointRecord,
    FreezeRecord,
    HeadLossRecord,
    PruneRecord,
)
from crashgate.audit.fields import (
    check_agent,
    check_call,
    check_fields,
    check_handle,
    check_person,
    check_time,
    check_trace,
    check_word,
    fast_constructor,
)
from crashgate.errors import Code
from crashgate.identity import Via
from crashgate.model.access import Access

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


@dataclass(frozen=True, kw_only=True)
class DecisionRecord:
    """A decision, stored before anything is sent.

    ``call`` is the id of this call (32 hexadecimal digits), ``parent`` that of the call which needed this look-up.
    ``at`` is RFC 3339 in UTC with milliseconds. ``subject`` vouches for the agent; ``client`` is only what the client
    says of itself. ``operation``, ``resource`` and ``access`` are None for an unknown tool, ``tool`` also when its
    name is not a legal one. ``project`` and ``organization`` are ids, or what is known of them. ``verb``, ``past``
    and ``target`` are the operation's wording, the target filled with validated ids. ``reason`` is a code, ``rule``
    the policy line that decided, in words. ``environment``, ``platform`` and ``app`` are ids of the scope that the call
    was decided in. ``observed``: the policy refuses this for ``reason``, but observe mode let it through. ``approval``
    is the id of the approval that the call used up or that a person refused, and ``answered_by`` who that was.
    ``continued``: it asked for what follows an earlier answer, a later page or the rest of an export. ``trace`` is the
    W3C trace id that the request came with: the client's word, to find the call in the traces of the agent.
    ``sentence`` is set by ``sentence.tell_decision``.

    Raises ValueError for a call, parent, time, agent, scope, approval, person, trace or argument that no record may
    hold, and for a delete or a denial that is said to be let through by observe mode.
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
    provider: str | None = None
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
    environment: str | None = None
    platform: str | None = None
    app: str | None = None
    observed: bool = False
    approval: str | None = None
    answered_by: str | None = None
    continued: bool = False
    trace: str | None = None
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold. The messages name fields, never values."""
        check_call(self.call)
        check_time(self.at)
        if self.parent is not None:
            check_call(self.parent, "parent")
        check_agent(self.agent)
        if self.environment is not None:
            check_word(self.environment, "environment")
        if self.platform is not None:
            check_word(self.platform, "platform")
        if self.app is not None:
            check_word(self.app, "app")
        if self.approval is not None or self.answered_by is not None:
            self._check_approval()
        if self.trace is not None:
            # check: a trace is a trace id
            check_trace(self.trace)
        # check: a delete is never recorded as a trial
        if self.observed and (self.effect is Effect.DENY or self.access is Access.DELETE):
            raise ValueError("observed is for what was let through, and never for a delete")
        for value in self.arguments.values():
            if type(value) is not str and not _is_value(value):
                raise ValueError("arguments hold something else than text, whole numbers, booleans and tuples of text")

    def _check_approval(self) -> None:
        if self.approval is None:
            raise ValueError("answered_by is for a request for approval, which is missing")
        check_handle(self.approval, "approval")
        if self.answered_by is not None:
            # check: who answered is a line of plain characters
            check_person(self.answered_by, "answered_by")


decision_record = fast_constructor(DecisionRecord)
"""Makes a ``DecisionRecord``, as every call does, in less than half the time."""


@dataclass(frozen=True, kw_only=True)
class OutcomeRecord:
    """How an allowed call ended, stored after it did.

    ``status`` is the upstream's HTTP status, None without an answer. ``duration_ms`` covers all ``requests`` sent,
    retries included. ``rows`` were shown, ``dropped`` were out of scope. ``redacted`` are the names of the fields that
    the policy took out. ``shared``: an identical read in flight brought the answer, and this call sent no request.
    ``sentence`` tells the decision and its outcome in one; it is set by ``sentence.tell_outcome``.

    Raises ValueError for a call, time or name of a field that is not one.
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
    redacted: tuple[str, ...] = ()
    shared: bool = False
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        check_call(self.call)
        check_time(self.at)
        if self.redacted:
            check_fields(self.redacted, "redacted")


AsideRecord = AttemptRecord | CheckpointRecord | PruneRecord | HeadLossRecord | AcknowledgementRecord | FreezeRecord
"""What is not of a call."""

Record = DecisionRecord | OutcomeRecord | AsideRecord
T_co = TypeVar("T_co", bound=Record, covariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored(Generic[T_co]):
    """A record in its place: the ``seq``-th of ``chain``, counted from 1, with its own hash and the one before it."""

    chain: str
    seq: int
    previous: str
    hash: str
    record: T_co


def call_of(record: Record) -> str:
    """The call that a record is of; empty for one that is not of a call."""
    return record.call if isinstance(record, DecisionRecord | OutcomeRecord) else ""


def agent_of(record: Record) -> str:
    """The agent that a record names; empty for one that names none."""
    return (record.agent or "") if isinstance(record, DecisionRecord | AttemptRecord) else ""


def _is_value(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in cast("tuple[object, ...]", value))
    return isinstance(value, str | int)
