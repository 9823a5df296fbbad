"""Calls that ``policy test`` and ``policy replay`` ask the plan about: cases in TOML, and calls in the decision log.

A case that is not clear is an error. A recorded call is asked from its record alone, and from what was read before it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from crashgate.audit.reader import LogReader
from crashgate.audit.record import DecisionRecord, Purpose
from crashgate.cli.session import OWN_AGENTS
from crashgate.cli.tool_question import explained
from crashgate.errors import ConfigurationError, InvalidArgumentsError
from crashgate.gate.plan import authorise_offline, offline_call
from crashgate.gate.verdict import Verdict
from crashgate.model.catalogue import Catalogue
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import (
    APP,
    ENVIRONMENT,
    ORGANIZATION,
    PLATFORM,
    PROJECT,
    Dimension,
)
from crashgate.model.untrusted import shows_untrusted
from crashgate.policy.decide import decide
from crashgate.policy.decision import Place, Question, Reason
from crashgate.policy.limits import after_reading
from crashgate.policy.policy import Policy, PolicySet
from crashgate.policy.review.explain import explain
from crashgate.policy.toml_positions import survey
from crashgate.policy.wording import unknown, word

OUTCOMES: Final = ("allow", "deny", "depends", "approve")
_KEYS: Final = ("agent", "tool", "operation", "args", "after_untrusted", "expect", "reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """``call`` is a tool or an operation; ``reason`` is None where any will do.

    ``tainted``: the call comes right after one that asked for text which outsiders can write.
    """

    file: Path
    line: int
    agent: str
    call: str
    arguments: Mapping[str, Any]
    expect: str
    reason: str | None
    tainted: bool = False

    @property
    def spot(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def words(self) -> str:
        """The call as ``policy explain`` takes it."""
        return " ".join([self.agent, self.call, *(f"{name}={value}" for name, value in self.arguments.items())])


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """What the policies say to a case."""

    outcome: str
    reason: str
    sentence: str

    def fits(self, case: Case) -> bool:
        """Whether it is what was expected."""
        return self.outcome == case.expect and case.reason in {None, self.reason}

    def against(self, case: Case) -> str:
        """What was expected, and what came."""
        wanted = case.expect + (f" ({case.reason})" if case.reason else "")
        return f"expected {wanted}, got {self.outcome} ({self.reason}). {self.sentence}"


def read(file: Path) -> tuple[Case, ...]:
    """The cases of a file. Raises ConfigurationError with the line of what is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}", remedy="Write [[case]] in TOML.") from error
    lines = survey(text.replace("\r\n", "\n"))
    entries: object = data.get("case")
    if set(data) != {"case"} or not isinstance(entries, list):
        raise _wrong(file, 1, "a file of cases holds [[case]] and nothing else")
    found = cast("list[object]", entries)
    return tuple(_case(file, lines.line(("case", number)), each) for number, each in enumerate(found))


def judge(case: Case, policies: PolicySet, connections: Mapping[str, str], catalogue: Catalogue) -> CaseResult:
    """What the policies say. Raises ConfigurationError for a call that nobody could make."""
    try:
        found = explained(
            policies.get(case.agent),
            agent=case.agent,
            tool=case.call,
            given=case.arguments,
            connections=connections,
            catalogue=catalogue,
            tainted=case.tainted,
        )
    except InvalidArgumentsError as problem:
        raise _wrong(case.file, case.line, f"{problem.what} {problem.remedy}".strip()) from problem
    return CaseResult(outcome=found.outcome, reason=found.decision.reason.value, sentence=found.sentence)


def _case(file: Path, line: int, value: object) -> Case:
    if not isinstance(value, dict):
        raise _wrong(file, line, "a case is a table: write [[case]] and its keys below it")
    data = cast("dict[str, object]", value)
    for problem in _problems(data):
        raise _wrong(file, line, problem)
    return Case(
        file=file,
        line=line,
        agent=str(data["agent"]),
        call=str(data.get("tool", data.get("operation"))),
        arguments=cast("dict[str, Any]", data.get("args", {})),
        expect=str(data["expect"]),
        reason=None if "reason" not in data else str(data["reason"]),
        tainted=data.get("after_untrusted") is True,
    )


def _problems(data: Mapping[str, object]) -> Iterator[str]:
    for key in data:
        if key not in _KEYS:
            yield unknown("key", key, _KEYS)
    for key in _KEYS:
        if key not in {"args", "after_untrusted"} and not isinstance(data.get(key, ""), str):
            yield f"`{key}` is not text"
    if not isinstance(data.get("after_untrusted", False), bool):
        yield "`after_untrusted` is neither true nor false"
    if not isinstance(data.get("args", {}), dict):
        yield 'args is not a table; write args = { project_id = "checkout-ios" }'
    if "agent" not in data or ("tool" in data) is ("operation" in data):
        yield "a case names an agent, and either a tool or an operation"
    if data.get("expect") not in OUTCOMES:
        yield unknown("expectation", word(str(data.get("expect", ""))), OUTCOMES)
    if "reason" in data and data["reason"] not in set(Reason):
        yield unknown("reason", word(str(data["reason"])), Reason)


def _wrong(file: Path, line: int, what: str) -> ConfigurationError:
    return ConfigurationError(f"{file}:{line}: {what}", remedy="Correct the case and run it again.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """A call with what was decided then and what would be now: ``allow``, ``approve`` or ``deny``.

    ``now`` is None where that depends on what the record does not show: a place, or a parameter whose value it may not.
    """

    agent: str
    operation: str
    where: str
    then: str
    now: str | None
    sentence: str

    @property
    def differs(self) -> bool:
        """Whether the answer is another one."""
        return self.now not in {self.then, None}

    @property
    def words(self) -> str:
        """``triage-agent bugsnag.errors.fix in checkout-ios: allow then, deny now``."""
        place = f" in {self.where}" if self.where else ""
        return f"{self.agent} {self.operation}{place}: {self.then} then, {self.now} now"


def replay(log: LogReader, policies: PolicySet, catalogue: Catalogue) -> Iterator[Replayed]:
    """Each call that a policy decided, newest first; what our own commands asked had one of its own and is left out.

    A change that a person has to agree to after certain reading comes once it is known what was read before it. Raises
    LogUnavailableError and what the reader raises.
    """
    open_: dict[str, list[_Change]] = {}
    for entry in log.entries():
        record = entry.decision.record
        operation = catalogue.operations.get(record.operation or "")
        decided = record.purpose is Purpose.CALL and record.reason in set(Reason)
        if not decided or operation is None or record.agent in OWN_AGENTS:
            continue
        found, policy = _again(record, operation, policies), policies.get(record.agent)
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


def _again(record: DecisionRecord, operation: AnyOperation, policies: PolicySet) -> Replayed:
    policy = policies.get(record.agent)
    question = Question(
        agent=record.agent,
        connection=record.connection or operation.provider,
        operation=operation.id,
        resource=operation.resource,
        access=record.access or operation.access,
        dimension=operation.scope.dimension,
        parameters=frozenset(record.arguments) & frozenset(operation.params.model_fields),
        places=_places(record),
    )
    then = "approve" if record.approval else record.effect.value
    calls = [offline_call(operation, each, record.arguments) for each in _asked(policy, operation, question)]
    verdicts = [authorise_offline(policy, each) for each in calls]
    possible = {_answer(each) for each in verdicts}
    now = possible.pop() if len(possible) == 1 else None
    if now is None and policy and policy.hash == record.policy_hash and then in possible:
        now = then
    decision = verdicts[0].decision or decide(policy, question)
    where = record.project_slug or record.project or record.app or record.environment or record.organization_slug or ""
    return Replayed(
        agent=record.agent,
        operation=operation.id,
        where=where,
        then=then,
        now=now,
        sentence=explain(decision, question),
    )


def _asked(policy: Policy | None, operation: AnyOperation, question: Question) -> Iterator[Question]:
    """What may have been asked: with and without each parameter that is switched off now and that no record shows."""
    yield question
    off = policy.off.parameters_of(operation.id) if policy else frozenset[str]()
    for field in operation.fields:
        if field.name in off and field.logged is None:
            yield replace(question, parameters=question.parameters | {field.name})


def _answer(verdict: Verdict) -> str | None:
    """``allow``, ``approve`` or ``deny``; None where it depends on a place that is not known."""
    if verdict.depends:
        return None
    return "approve" if verdict.allowed and verdict.needs_approval else verdict.effect.value


def _places(record: DecisionRecord) -> dict[Dimension, Place]:
    """The places of the record; what it does not name stays unknown."""
    named = {
        ORGANIZATION: (record.organization, record.organization_slug),
        PROJECT: (record.project, record.project_slug),
        ENVIRONMENT: (record.environment,),
        PLATFORM: (record.platform,),
        APP: (record.app,),
    }
    return {kind: Place(names=frozenset(name for name in names if name)) for kind, names in named.items() if any(names)}
