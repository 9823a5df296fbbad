"""From a case at the door to records in the log. Rule: no record, no call; only allow-listed values get in.

Design rule 4; THREATS rows 28 and 29.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import anyio

from crashgate.audit.chain import arguments_digest
from crashgate.audit.port import DecisionLog
from crashgate.audit.record import DecisionRecord, Effect, Ending, OutcomeRecord, Purpose, decision_record
from crashgate.audit.sentence import tell_decision, tell_outcome
from crashgate.clock import Clock, timestamp
from crashgate.errors import Code, LogUnavailableError
from crashgate.gate.case import CallState
from crashgate.gate.verdict import Verdict
from crashgate.model.access import Access
from crashgate.model.result import Page
from crashgate.sanitise import clean
from crashgate.upstream.client import Trace

_LONGEST_CLIENT = 64
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a call ended, apart from what the trace knows."""

    ending: Ending
    error: Code | None = None
    rows: int | None = None
    dropped: int = 0
    redacted: tuple[str, ...] = ()


@dataclass(kw_only=True, slots=True)
class Seen:
    """What of an answer there was so far: for the outcome, also of a call that broke off."""

    pages: int = 0
    rows: int = 0
    dropped: int = 0
    redacted: tuple[str, ...] = ()

    def add(self, page: Page[Any]) -> None:
        """Count one more page."""
        self.pages += 1
        self.rows += len(page.rows)
        self.dropped += page.dropped
        if page.redacted and page.redacted != self.redacted:
            self.redacted = tuple(sorted({*self.redacted, *page.redacted}))

    @property
    def ending(self) -> Ending:
        """How it ended when nothing went wrong."""
        return Ending.WITHHELD if self.dropped and not self.rows else Ending.ANSWERED

    def outcome(self, ending: Ending, error: Code | None = None) -> Outcome:
        """The outcome; rows are counted where there was an answer at all."""
        return Outcome(
            ending=ending,
            error=error,
            rows=self.rows if self.pages else None,
            dropped=self.dropped,
            redacted=self.redacted,
        )


_NO_TITLES: Final[Mapping[str, str]] = MappingProxyType({})


class Ledger:
    """Writes the records of a call. ``digest_key`` makes the digest of the arguments unguessable.

    ``titles`` are the names of the providers in sentences, by their names in records.
    """

    def __init__(
        self, *, log: DecisionLog, clock: Clock, digest_key: bytes, titles: Mapping[str, str] = _NO_TITLES
    ) -> None:
        self._log = log
        self._clock = clock
        self._key = digest_key
        self._titles = titles

    async def decided(self, case: CallState, ruling: Verdict) -> "Entry":
        """Store the decision. Raises LogUnavailableError, and then nothing may be sent."""
        record = tell_decision(self._decision(case, ruling), because=ruling.because, looked_up=case.looked_up)
        # A caller that gives up now must not leave a decision half stored, nor one without its outcome.
        with anyio.CancelScope(
            # check[never]: a decision is stored although its caller gave up
            shield=True
        ):
            try:
                # check: the decision is stored before anything is sent
                await self._log.append(record)
            except LogUnavailableError as problem:
                # check[unwrap]: where the log is kept is not told to agents
                # check: without a record nothing is sent
                raise _for_agents(problem) from problem
        return Entry(
            log=self._log,
            clock=self._clock,
            decision=record,
            started=self._clock.monotonic(),
            title=self._titles.get(record.provider or ""),
        )

    def _decision(self, case: CallState, ruling: Verdict) -> DecisionRecord:
        ask = case.ask
        operation = ask.operation
        return decision_record(
            call=case.id,
            parent=case.parent,
            purpose=Purpose.CALL if case.parent is None else Purpose.LOOKUP,
            at=timestamp(self._clock.now()),
            agent=ask.principal.agent,
            subject=ask.principal.subject,
            via=ask.principal.via,
            # check[unwrap]: what a client calls itself is cleaned
            client=clean(ask.principal.client, limit=_LONGEST_CLIENT, lines=False) if ask.principal.client else None,
            tool=ask.tool,
            operation=operation.id if operation else None,
            resource=operation.resource if operation else None,
            access=case.access,
            provider=operation.provider if operation else None,
            connection=ask.connection,
            organization=case.organization.id if case.organization else None,
            organization_slug=case.organization.slug if case.organization else None,
            project=case.home,
            project_slug=case.project.slug if case.project else None,
            environment=case.environment,
            platform=case.platform,
            app=case.app,
            verb=operation.wording.verb if operation else None,
            past=operation.wording.past if operation else None,
            target=case.target,
            arguments=case.recorded,
            arguments_digest=arguments_digest(case.asked, self._key) if case.params else None,
            effect=Effect.ALLOW if ruling.allowed else Effect.DENY,
            reason=ruling.reason,
            rule=ruling.rule,
            policy_hash=case.policy.hash if case.policy else None,
            # check: observe mode is recorded
            observed=ruling.observed,
            # check: the record names the approval
            approval=ruling.approval,
            answered_by=ruling.answered_by,
            continued=ask.continued,
            trace=ask.principal.trace,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A stored decision that waits for its outcome."""

    log: DecisionLog
    clock: Clock
    decision: DecisionRecord
    started: float
    title: str | None
    """What the provider is called in a sentence."""

    async def close(self, outcome: Outcome, trace: Trace) -> None:
        """Store the outcome. Raises LogUnavailableError."""
        record = OutcomeRecord(
            call=self.decision.call,
            at=timestamp(self.clock.now()),
            result=outcome.ending,
            duration_ms=round((self.clock.monotonic() - self.started) * 1000),
            requests=trace.requests,
            status=trace.status,
            rows=outcome.rows,
            dropped=outcome.dropped,
            error=outcome.error,
            # check: the outcome names what was redacted
            redacted=outcome.redacted,
            shared=trace.shared,
        )
        with anyio.CancelScope(
            # check[never]: an outcome is stored although its caller gave up
            shield=True
        ):
            try:
                await self.log.append(tell_outcome(self.decision, record, title=self.title))
            except LogUnavailableError as problem:
                changed = (
                    trace.requests > 0
                    # check[never]: a change without its outcome is not called refused
                    and self.decision.access is not Access.READ
                )
                # check: an answer without its outcome is not given
                raise _for_agents(problem, changed=changed) from problem


def _for_agents(problem: LogUnavailableError, *, changed: bool = False) -> LogUnavailableError:
    """The error as an agent may know it. Where the log is, and how to fix it, is told to the operator on stderr."""
    _log.error("%s", problem)
    if not changed:
        return LogUnavailableError(problem.what, why=problem.why, remedy="Tell the operator of crashgate.")
    # "Refused" alone would be untrue here, and lead to a second try.
    return LogUnavailableError(
        problem.what,
        why=f"{problem.why} The change was sent before, and may have happened.",
        remedy="Check before you try again.",
    )
