"""Records for the tests of the decision log. Rule: as the gateway would build them, in full."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace

from hypothesis import strategies as st

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.canonical import encode
from crashgate.audit.chain import Row, genesis, link
from crashgate.audit.checkpoint import (
    AcknowledgementRecord,
    CheckpointRecord,
    FreezeRecord,
    HeadLossRecord,
    PruneRecord,
)
from crashgate.audit.port import T
from crashgate.audit.record import (
    DecisionRecord,
    Effect,
    Ending,
    OutcomeRecord,
    Purpose,
    Record,
    Stored,
    Value,
    agent_of,
    call_of,
)
from crashgate.errors import Code
from crashgate.identity import Via
from crashgate.model.access import Access
from tests.catalogue import PROVIDERS

PROJECT_ID = "5f1a2b3c4d5e6f7a8b9c0d1e"
ERROR_ID = "5f1d00c44d5e6f7a8b9c0aaa"
RULE = "policies/triage-agent.toml, grant 1, error = write"

DECISION = DecisionRecord(
    call="0" * 31 + "1",
    at="2026-11-20T17:18:16.123Z",
    agent="triage-agent",
    subject="launch",
    via=Via.STDIO,
    effect=Effect.ALLOW,
    reason="granted",
    client="example 1.0",
    tool="resolve_error",
    operation="bugsnag.errors.fix",
    resource="error",
    access=Access.WRITE,
    provider="bugsnag",
    connection="bugsnag",
    organization="5f1a2b3c4d5e6f7a8b9c0d00",
    project=PROJECT_ID,
    project_slug="checkout-ios",
    verb="resolve",
    past="resolved",
    target=f"error {ERROR_ID}",
    arguments={"project_id": "checkout-ios", "error_id": ERROR_ID},
    arguments_digest="d" * 64,
    rule=RULE,
    policy_hash="e" * 64,
    sentence="triage-agent asked to resolve something.",
)
"""An allowed write."""

OUTCOME = OutcomeRecord(
    call=DECISION.call,
    at="2026-11-20T17:18:16.335Z",
    result=Ending.ANSWERED,
    status=200,
    duration_ms=212,
    requests=1,
    sentence="triage-agent resolved something.",
)
"""How it ended."""

ATTEMPT = AttemptRecord(
    at="2026-11-20T17:18:17.000Z",
    what=Attempt.UNAUTHENTICATED,
    via=Via.HTTP,
    reason="no_token",
    sentence="A request was refused.",
)
"""A request without a token."""

HOSTILE = '\n{"effect":"allow"}\x1b[2K\x00\r\u202e\u200b\u2028\U000e0041</script>=1+1'
"""A forged record, an ANSI sequence, NUL, bidirectional, zero-width, line separator and tag characters."""

TEXT_FIELDS = tuple(
    field.name
    for field in fields(DecisionRecord)
    if isinstance(getattr(DECISION, field.name), str)
    and field.name not in {"call", "at", "agent", "via", "effect", "purpose", "access", "provider"}
)
"""The fields of a decision that may hold any text."""


def call(number: int) -> str:
    """The id of the ``number``-th call."""
    return f"{number:032x}"


def decision(number: int) -> DecisionRecord:
    """An allowed decision with its own call id."""
    return replace(DECISION, call=call(number))


def linked(records: Iterable[Record], chain: str = "main") -> list[Row]:
    """The records as rows of a sound chain."""
    rows: list[Row] = []
    head = genesis(chain).hash
    for seq, record in enumerate(records, start=1):
        call_, agent = call_of(record), agent_of(record)
        body = encode(record)
        hash_ = link(head, chain=chain, seq=seq, at=record.at, kind=record.KIND, call=call_, agent=agent, body=body)
        rows.append(
            Row(
                chain=chain,
                seq=seq,
                at=record.at,
                kind=record.KIND,
                call=call_,
                agent=agent,
                body=body,
                previous=head,
                hash=hash_,
            )
        )
        head = hash_
    return rows


def stored(record: T, seq: int = 1) -> Stored[T]:
    """The record as if it were stored."""
    return Stored(chain="main", seq=seq, previous="0" * 64, hash="1" * 64, record=record)


_calls = st.integers(min_value=0, max_value=2**128 - 1).map(call)
_times = st.datetimes().map(lambda moment: f"{moment.year:04}{moment.strftime('-%m-%dT%H:%M:%S')}.000Z")
_agents = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
"""Two halves of one character: JSON cannot tell them from that character. A half alone it can hold."""

_texts = st.text(st.characters(exclude_categories=()), max_size=40).filter(lambda text: not _PAIR.search(text))
_maybe = st.none() | _texts
_words = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_ .:@/+-]{0,127}", fullmatch=True)
_handles = st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
_fields = st.lists(st.from_regex(r"[A-Za-z0-9_*][A-Za-z0-9_.*\[\]-]{0,99}", fullmatch=True), max_size=7).map(
    tuple[str, ...]
)
_values: st.SearchStrategy[Value] = (
    st.booleans() | st.integers() | _texts | st.lists(_texts, max_size=3).map(tuple[str, ...])
)


def decisions() -> st.SearchStrategy[DecisionRecord]:
    """Any decision that can be built."""
    return st.booleans().flatmap(_decisions)


def _decisions(observed: bool) -> st.SearchStrategy[DecisionRecord]:  # noqa: FBT001 - a case
    accesses = [access for access in Access if not observed or access is not Access.DELETE]
    return st.builds(
        DecisionRecord,
        call=_calls,
        at=_times,
        agent=_agents,
        subject=_texts,
        via=st.sampled_from(Via),
        effect=st.just(Effect.ALLOW) if observed else st.sampled_from(Effect),
        reason=_texts,
        purpose=st.sampled_from(Purpose),
        parent=st.none() | _calls,
        client=_maybe,
        tool=_maybe,
        operation=_maybe,
        resource=_maybe,
        access=st.none() | st.sampled_from(accesses),
        provider=st.none() | st.sampled_from([*PROVIDERS]),
        connection=_maybe,
        organization=_maybe,
        project=_maybe,
        project_slug=_maybe,
        verb=_maybe,
        past=_maybe,
        target=_maybe,
        arguments=st.dictionaries(_texts, _values, max_size=4),
        arguments_digest=_maybe,
        rule=_maybe,
        policy_hash=_maybe,
        environment=_words,
        platform=_words,
        app=_words,
        observed=st.just(observed),
        approval=st.shared(_handles, key="approval"),
        answered_by=st.shared(_handles, key="approval").flatmap(lambda it: st.none() if it is None else _words),
        continued=st.booleans(),
        trace=st.none() | _calls.filter(lambda it: it.strip("0") != ""),
        sentence=_texts,
    )


def outcomes() -> st.SearchStrategy[OutcomeRecord]:
    """Any outcome that can be built."""
    return st.builds(
        OutcomeRecord,
        call=_calls,
        at=_times,
        result=st.sampled_from(Ending),
        duration_ms=st.integers(),
        requests=st.integers(),
        status=st.none() | st.integers(),
        rows=st.none() | st.integers(),
        dropped=st.integers(),
        error=st.none() | st.sampled_from(Code),
        redacted=_fields,
        shared=st.booleans(),
        sentence=_texts,
    )


def attempts() -> st.SearchStrategy[AttemptRecord]:
    """Any attempt that can be built."""
    return st.builds(
        AttemptRecord,
        at=_times,
        what=st.sampled_from(Attempt),
        via=st.sampled_from(Via),
        reason=st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True),
        agent=st.none() | _agents,
        count=st.integers(min_value=1),
        until=_times,
        sentence=_texts,
    )


_hashes = st.integers(min_value=0, max_value=2**256 - 1).map(lambda number: f"{number:064x}")


def checkpoints() -> st.SearchStrategy[CheckpointRecord]:
    """Any checkpoint that can be built; its signature is not one."""
    return st.builds(
        CheckpointRecord,
        at=_times,
        chain=_agents,
        seq=st.integers(min_value=1),
        hash=_hashes,
        count=st.integers(0, 1),
        key=_hashes,
        signature=_texts,
        sentence=_texts,
    )


def prunes() -> st.SearchStrategy[PruneRecord]:
    """Any record of a prune that can be built."""
    return st.builds(
        PruneRecord,
        at=_times,
        by=st.just("operator"),
        before=_times,
        count=st.integers(),
        chains=st.lists(_agents, max_size=3).map(tuple[str, ...]),
        sentence=_texts,
    )


def head_losses() -> st.SearchStrategy[HeadLossRecord]:
    """Any record of a missing head that can be built."""
    return st.builds(
        HeadLossRecord, at=_times, chain=_agents, seq=st.integers(min_value=1), hash=_hashes, sentence=_texts
    )


def acknowledgements() -> st.SearchStrategy[AcknowledgementRecord]:
    """Any record of an acknowledgement that can be built."""
    return st.builds(
        AcknowledgementRecord,
        at=_times,
        by=st.just("operator"),
        chain=_agents,
        seq=st.integers(min_value=1),
        sentence=_texts,
    )


def freezes() -> st.SearchStrategy[FreezeRecord]:
    """Any record of a freeze, or its end, that can be built."""
    return st.builds(
        FreezeRecord,
        at=_times,
        by=st.just("operator"),
        agent=st.just("") | _agents,
        what=st.sampled_from(["all", "writes", "nothing"]),
        sentence=_texts,
    )


def records() -> st.SearchStrategy[Record]:
    """Any record of any kind."""
    others = checkpoints() | prunes() | head_losses() | acknowledgements() | freezes()
    return decisions() | outcomes() | attempts() | others


def lists_of_records(least: int) -> st.SearchStrategy[Sequence[Record]]:
    """A few records of all kinds, at least ``least``."""
    return st.lists(records(), min_size=least, max_size=6)
