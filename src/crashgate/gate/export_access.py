"""What a file holds, and whether the policy in force gives it. Rule: a file outlives its policy, and no right does.

THREATS row 31. Rows that a policy picked from those of several places belong to that one policy: nobody can tell
afterwards which of them another would have picked.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, cast

from crashgate.errors import Code, CrashgateError, LimitError, NotNowError, StateUnavailableError
from crashgate.gate.narrowing import NOWHERE
from crashgate.gate.verdict import Reason, Verdict, by_policy, refused
from crashgate.model.field_table import read_fields
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import naming
from crashgate.policy.decide import decide, lets_through
from crashgate.policy.decision import Decision, Effect, Place, Question
from crashgate.policy.policy import Policy
from crashgate.policy.redaction import beyond
from crashgate.policy.wording import word


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportAccess:
    """Rows that an agent has in a file.

    ``operation`` gave them on ``connection`` for ``query``; it is None where there is no such operation any more.
    ``redacted`` are the paths that they are without, ``policies`` the hashes of the policies that gave them.
    """

    operation: AnyOperation | None
    connection: str
    query: Mapping[str, Any]
    redacted: tuple[str, ...]
    policies: frozenset[str]


def taken_out(policy: Policy, operation: AnyOperation) -> tuple[str, ...]:
    """The paths that the policy takes out of each row of the operation, sorted."""
    return policy.redaction.taken_out(operation.resource, read_fields(operation.result))


def still_given(policy: Policy | None, agent: str, holding: ExportAccess) -> Verdict:
    """Whether the policy lets the agent have what is in the file: each place of it, and each field."""
    if holding.operation is None or policy is None:
        return _changed("it is no longer known what the file holds")
    given: Verdict | None = None
    for question in _questions(agent, holding.operation, holding):
        decision = decide(policy, question)
        ruling = by_policy(decision)
        if lets_through(policy, question, decision):
            ruling = replace(ruling, effect=Effect.ALLOW, observed=True)
        # check: rows that another policy picked are not read
        elif policy.hash not in holding.policies and not _wherever(policy, question, decision):
            return _changed("an earlier policy chose the rows in the file")
        if ruling.denied:
            return ruling
        given = ruling if given is None or ruling.observed else given
    shown = beyond(taken_out(policy, holding.operation), holding.redacted)
    if (
        shown  # check: a file that holds what is redacted now is not read
        or given is None
    ):
        return _changed(f"the policy redacts {word(', '.join(shown))}, which the file holds")
    return given


def goes_on(policy: Policy | None, agent: str, holding: ExportAccess) -> Verdict:
    """Whether the policy lets the file have more rows. Raises NotNowError where it is one of another policy.

    That is so where less is redacted, too: of one file it can be said in one way only what is missing from its rows.
    """
    ruling = still_given(policy, agent, holding)
    if not ruling.denied and policy is not None and holding.operation is not None:
        shown = beyond(holding.redacted, taken_out(policy, holding.operation))
        if not shown:
            return ruling
        ruling = _changed(f"the policy no longer redacts {word(', '.join(shown))}, and the file does not contain it")
    if ruling.reason != Reason.POLICY_CHANGED:
        return ruling
    raise NotNowError(
        "The export cannot continue under the policy now in force.",
        because=ruling.because,
        why=f"{ruling.because[0].upper()}{ruling.because[1:]}.",
        remedy="Start a new export, without resume. Nothing was sent.",
        code=Code.POLICY_CHANGED,
    )


async def check_room(policy: Policy, kept: Callable[[], Awaitable[int]] | None) -> None:
    """Raises LimitError where as many files are ``kept`` as the policy lets the agent keep.

    Raises StateUnavailableError where they cannot be counted.
    """
    most = policy.limits.exports_kept
    if most is None or kept is None:
        return
    try:
        count = await kept()
    # check: an export does not begin where those that are kept cannot be counted
    except CrashgateError as problem:
        raise StateUnavailableError(
            "The exports that are kept cannot be counted.",
            because="the exports that are kept cannot be counted",
            why=problem.what,
            remedy="Tell the operator of crashgate. Nothing was sent.",
        ) from problem
    # check: exports that are kept are counted before another begins
    if count >= most:
        exports = "1 export is" if most == 1 else f"{most} exports are"
        raise LimitError(
            f"{exports} kept for this agent already, as many as its policy allows.",
            because=f"{exports} kept already, as many as the policy allows",
            why="Finished and interrupted ones count until the operator removes them.",
            remedy="Ask the operator to run `crashgate exports prune`. Nothing was sent.",
        )


def _changed(because: str) -> Verdict:
    return refused(Reason.POLICY_CHANGED, because)


def _wherever(policy: Policy, question: Question, decision: Decision) -> bool:
    """Whether the decision holds for every row: for one of a place that nobody named, and switched off in none."""
    if decision.effect is not Effect.DEPENDS:
        return True
    anywhere = decide(policy, question.at({question.dimension: NOWHERE}))
    return (
        anywhere.effect is Effect.ALLOW
        # check: rows of an environment that is switched off now are not read
        and not decision.buckets.may_switch_off
    )


def _questions(agent: str, operation: AnyOperation, holding: ExportAccess) -> Iterator[Question]:
    """One for each place that the query names. A switch on a parameter is about what is asked, and not about rows."""
    question = Question(
        agent=agent,
        connection=holding.connection,
        operation=operation.id,
        resource=operation.resource,
        access=operation.access,
        dimension=operation.scope.dimension,
    )
    named = naming(operation.scope)
    for names in product(*(_listed(holding.query.get(parameter)) for parameter in named)):
        places = (None if name is None else Place(names=frozenset({name})) for name in names)
        yield question.at(dict(zip(named.values(), places, strict=True)))


def _listed(given: object) -> Sequence[str | None]:
    """The names that a query gives, one or many; None where it gives none."""
    if isinstance(given, list | tuple):
        return [str(name) for name in cast("Sequence[object]", given)] or [None]
    return [None if given is None else str(given)]
