"""Recorded calls, asked again. Rule: the question is built from the record alone, and from what was read before it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from crashgate.catalogue.registry import BY_ID
from crashgate.catalogue.scope import EnvironmentRows, OrganizationRows, ProjectRows
from crashgate.catalogue.untrusted import shows_untrusted
from crashgate.decisions.port import LogReader
from crashgate.decisions.record import DecisionRecord, Purpose
from crashgate.policy.approval import after_reading
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Reason
from crashgate.policy.explain import explain
from crashgate.policy.policy import PolicySet
from crashgate.policy.question import Place, Question
from crashgate.policy.trial import lets_through


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """A call with what was decided then and what would be now: ``allow``, ``approve``, ``deny`` or ``depends``."""

    agent: str
    operation: str
    where: str
    then: str
    now: str
    sentence: str

    @property
    def differs(self) -> bool:
        """Whether the answer is another one; one that depends on what the record does not say is none."""
        return self.now not in {self.then, "depends"}

    @property
    def words(self) -> str:
        """``triage-agent bugsnag.errors.fix in checkout-ios: allow then, deny now``."""
        place = f" in {self.where}" if self.where else ""
        return f"{self.agent} {self.operation}{place}: {self.then} then, {self.now} now"


def replay(log: LogReader, policies: PolicySet) -> Iterator[Replayed]:
    """Each call that a policy decided, newest first. Raises LogUnavailableError and what the reader raises.

    A change that a person has to agree to after certain reading comes once it is known what was read before it.
    """
    open_: dict[str, list[_Change]] = {}
    for entry in log.entries():
        record = entry.decision.record
        operation = BY_ID.get(record.operation or "")
        if record.purpose is not Purpose.CALL or operation is None or record.reason not in set(Reason):
            continue
        found, policy = _again(record, policies), policies.get(record.agent)
        changes = open_.setdefault(record.agent, [])
        if found.now in {"allow", "approve"} and shows_untrusted(operation):
            yield from (each.after(record.at) for each in changes)
            changes.clear()
        minutes = policy.approval.after_untrusted(record.access or operation.access) if policy else None
        if found.now == "allow" and minutes is not None:
            changes.append(_Change(found=found, at=record.at, minutes=minutes))
        else:
            yield found
    yield from (each.found for changes in open_.values() for each in changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """An allowed change, of which is not known yet when such text was read before."""

    found: Replayed
    at: str
    minutes: int

    def after(self, read: str) -> Replayed:
        """What the policy says to it after reading at that time."""
        if datetime.fromisoformat(self.at) - datetime.fromisoformat(read) >= timedelta(minutes=self.minutes):
            return self.found
        return replace(self.found, now="approve", sentence=f"{self.found.sentence} {after_reading(self.minutes)}")


def _again(record: DecisionRecord, policies: PolicySet) -> Replayed:
    operation = BY_ID[record.operation or ""]
    policy = policies.get(record.agent)
    question = Question(
        agent=record.agent,
        connection=record.connection or operation.provider.value,
        operation=operation.id,
        resource=operation.resource,
        access=record.access or operation.access,
        dimension=operation.scope.dimension,
        parameters=frozenset(record.arguments) & frozenset(operation.params.model_fields),
        **_places(record),
    )
    decision = decide(policy, question)
    by_rows = isinstance(operation.scope, ProjectRows | OrganizationRows | EnvironmentRows)
    open_ = decision.effect is Effect.ALLOW or (by_rows and decision.effect is Effect.DEPENDS)
    if open_ or lets_through(policy, question, decision):
        now = "approve" if decision.needs_approval else "allow"
    else:
        now = decision.effect.value
    then = "approve" if record.approval else record.effect.value
    where = record.project_slug or record.project or record.app or record.environment or record.organization_slug or ""
    return Replayed(
        agent=record.agent,
        operation=operation.id,
        where=where,
        then=then,
        now=now,
        sentence=explain(decision, question),
    )


def _places(record: DecisionRecord) -> dict[str, Any]:
    """The places of the record, by the question's words; what it does not name stays unknown."""
    named = {
        "organization": (record.organization, record.organization_slug),
        "project": (record.project, record.project_slug),
        "environment": (record.environment,),
        "platform": (record.platform,),
        "app": (record.app,),
    }
    return {noun: Place(names=frozenset(name for name in names if name)) for noun, names in named.items() if any(names)}
