"""Deciding one call, with what must be looked up first.

Rule: nothing is looked up, and no fault is told, for an agent that no grant could allow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never, cast

from crashgate.errors import InvalidArgumentsError
from crashgate.gate import arguments
from crashgate.gate.argument_defaults import nearest, offered, settled
from crashgate.gate.case import Case
from crashgate.gate.export_access import Holding, check_room, goes_on, still_given, taken_out
from crashgate.gate.narrowing import NOWHERE, hidden_fault
from crashgate.gate.places import LookUp, Places
from crashgate.gate.quotas import Limiter
from crashgate.gate.verdict import Reason, Verdict, by_policy, refused
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import (
    Anywhere,
    AppNamed,
    AppOfObject,
    EnvironmentNamed,
    EnvironmentRows,
    OrganizationNamed,
    OrganizationRows,
    OrganizationToCome,
    ProjectNamed,
    ProjectOfObject,
    ProjectRows,
    ProjectToCome,
    Scope,
)
from crashgate.policy.decide import decide, lets_through
from crashgate.policy.decision import Effect
from crashgate.policy.grants import STRANGER
from crashgate.policy.question import Place
from crashgate.providers.bugsnag.field_reads import ALWAYS_KNOWN

TO_COME = NOWHERE
_MOST_FIXED = 10_000


class Judge:
    """Puts the policy's decision together with what the look-ups found."""

    def __init__(self, places: Places, limiter: Limiter) -> None:
        self._places = places
        self._limiter = limiter
        self._fixed: dict[tuple[str, str, str, str], Mapping[str, Any]] = {}

    async def rule(self, case: Case, look_up: LookUp) -> Verdict:
        """The ruling on a case with an operation.

        Raises InvalidArgumentsError and NotNowError (of a limit, or where a file cannot go on), only to an agent that
        might be allowed; UpstreamError from a look-up.
        """
        operation = case.ask.operation
        if operation is None:
            raise ValueError("a tool that does not exist is refused before")
        fault = self._read(case, operation)
        ruling = _judged(case)
        if ruling.denied:
            return ruling
        if fault is not None:
            # Told only where some call is open: of this tool there may be none, whatever the arguments (row 21).
            closed = by_policy(decide(case.policy, nearest(case.policy, case.question(), operation)))
            if closed.denied and not case.observed:
                return closed
            raise fault
        await self._limiter.call(case)
        ruling = await self._placed(case, operation.scope, ruling, look_up)
        if not ruling.denied:
            case.settle()
            if case.policy is not None and case.params is not None:
                # What the gate puts in itself nobody asks by.
                given = {name: getattr(case.params, name) for name in case.question().parameters}
                if (hidden := hidden_fault(operation, given, case.policy.redaction)) is not None:
                    raise hidden
            await self._filters_known(case, look_up)
        if ruling.depends:
            ruling = replace(ruling, effect=Effect.ALLOW, filters_rows=True)
        return await _with_file(case, operation, ruling) if not ruling.denied else ruling

    async def _placed(  # noqa: C901, PLR0911 - one for each kind of scope
        self, case: Case, scope: Scope, ruling: Verdict, look_up: LookUp
    ) -> Verdict:
        """The ruling once the gate knows where the call belongs."""
        match scope:
            case Anywhere() | OrganizationRows():
                return ruling
            case OrganizationToCome():
                return _settled(_judged(case, organization=TO_COME))
            case ProjectToCome(organization=name):
                return await self._in_organization(case, name, look_up, project=TO_COME)
            case ProjectRows(organization=name):
                return await self._in_organization(case, name, look_up, rows_decide=True)
            case OrganizationNamed(organization=name):
                ruling = await self._in_organization(case, name, look_up)
                return (await self._keep(case, scope, look_up) or ruling) if not ruling.denied else ruling
            case ProjectNamed(project=name):
                return await self._in_project(case, name, look_up)
            case ProjectOfObject(project=name):
                ruling = await self._in_project(case, name, look_up)
                return (await self._holds(case, scope, look_up) or ruling) if not ruling.denied else ruling
            case EnvironmentRows(environment=name):
                return self._in_environments(case, () if name is None else _listed(getattr(case.params, name)), ruling)
            case EnvironmentNamed(environment=name):
                case.environment = str(getattr(case.params, name))
                ruling = _settled(_judged(case))
                return (await self._adds_to(case, scope, look_up) or ruling) if not ruling.denied else ruling
            case AppNamed(app=app, platform=platform) | AppOfObject(app=app, platform=platform):
                case.app, case.platform = str(getattr(case.params, app)), str(getattr(case.params, platform))
                ruling = _settled(_judged(case))
                if isinstance(scope, AppNamed) or ruling.denied:
                    return ruling
                return await self._on_platform(case, scope, look_up) or ruling
            case _:
                assert_never(scope)

    def _read(self, case: Case, operation: AnyOperation) -> InvalidArgumentsError | None:
        """Read the arguments into the case, also for the record of a refusal; what is wrong with them, if anything."""
        try:
            taken = arguments.taken(operation.params, case.ask.arguments, shown=case.ask.shown)
            # The policy is asked about these: what means "not given" is not given to it either.
            case.ask = replace(case.ask, arguments=taken)
            case.params = arguments.validated(operation.params, {**self._put_in(case, operation), **taken})
        except InvalidArgumentsError as problem:
            return case.ask.fault or problem
        return case.ask.fault

    def _put_in(self, case: Case, operation: AnyOperation) -> Mapping[str, Any]:
        """The arguments that the policy leaves no choice about; worked out once for a policy version."""
        if case.policy is None:
            return {}
        key = (case.policy.agent, case.policy.hash, case.connection, operation.id)
        found = self._fixed.get(key)
        if found is None:
            if len(self._fixed) >= _MOST_FIXED:
                self._fixed.clear()
            question = replace(case.question(), parameters=frozenset())
            found = self._fixed[key] = settled(operation.params, offered(case.policy, question, operation))
        return found

    def allows_row(self, case: Case, place: Place) -> bool:
        """Whether the policy allows the case's operation in the place that a row names.

        Where trial mode lets the call itself through, it lets its rows through too.
        """
        operation = case.ask.operation
        if operation is None:
            return False
        question = case.question(**{operation.scope.dimension.noun: place})
        decision = decide(case.policy, question)
        return decision.effect is Effect.ALLOW or (case.observed and lets_through(case.policy, question, decision))

    @staticmethod
    def _in_environments(case: Case, names: Sequence[str], ruling: Verdict) -> Verdict:
        """The ruling on environments that were asked for by name: all must be open. Else the rows decide."""
        observed: Verdict | None = None
        for name in names:
            case.environment = name
            ruling = _settled(_judged(case))
            if ruling.denied:
                return ruling
            observed = observed or (ruling if ruling.observed else None)
        case.environment = names[0] if len(names) == 1 else None
        case.observed = case.observed or observed is not None
        return observed or ruling

    async def _adds_to(self, case: Case, scope: EnvironmentNamed, look_up: LookUp) -> Verdict | None:
        """The refusal when what the call adds to is there already, in an environment that is not open."""
        if case.params is None:
            return None
        if self.allows_row(case, NOWHERE):
            return None  # open wherever it may be; a key that can only write could not look
        there = await self._places.find(scope, case.params, look_up)
        if there is None or self.allows_row(case, Place(names=frozenset({there.environment or STRANGER}))):
            return None
        return refused(Reason.NO_SUCH_OBJECT, "what it would be added to is in another environment")

    async def _on_platform(self, case: Case, scope: AppOfObject, look_up: LookUp) -> Verdict | None:
        """The refusal when the object is not there on the platform that the policy allowed."""
        there = None if case.params is None else await self._places.find(scope, case.params, look_up)
        if there is not None and there.platform == case.platform:
            return None
        return refused(Reason.NO_SUCH_OBJECT, "there is no such object in that app, on that platform")

    async def _in_project(self, case: Case, name: str, look_up: LookUp) -> Verdict:
        ref = str(getattr(case.params, name))
        # Asked for together, so that a project costs the same whether it is there or not (row 40).
        named = _judged(case, project=Place(names=frozenset({ref})))
        case.project = await self._places.project(case.asker, ref, look_up, with_organization=named.depends)
        if case.project is None:
            return refused(Reason.NO_SUCH_PROJECT, f"there is no project {ref}")
        case.organization = case.project.inside
        ruling = _judged(case)
        if ruling.depends and case.organization is None and case.project.organization is not None:
            case.organization = await self._places.organization(case.asker, case.project.organization, look_up)
            ruling = _judged(case)
        return _settled(ruling)

    async def _in_organization(
        self, case: Case, name: str, look_up: LookUp, *, rows_decide: bool = False, project: Place | None = None
    ) -> Verdict:
        ref = str(getattr(case.params, name))
        case.organization = await self._places.organization(case.asker, ref, look_up)
        if case.organization is None:
            return refused(Reason.NO_SUCH_ORGANIZATION, f"there is no organization {ref}")
        ruling = _judged(case, project=project)
        return ruling if rows_decide else _settled(ruling)

    async def _holds(self, case: Case, scope: ProjectOfObject, look_up: LookUp) -> Verdict | None:
        """The refusal when the object is not in the project that the policy allowed: the caller's word is no proof."""
        case.settle()
        if case.params is not None and await self._places.has_object(case.asker, scope, case.params, look_up):
            return None
        return refused(Reason.NO_SUCH_OBJECT, "there is no such object in that project")

    async def _keep(self, case: Case, scope: OrganizationNamed, look_up: LookUp) -> Verdict | None:
        """Put in what upstream demands and the caller did not give, as it is now; the refusal when it is gone."""
        if case.params is None or case.organization is None:
            return None
        missing = [name for name in scope.kept if getattr(case.params, name) is None]
        if not missing:
            return None
        values = await self._places.values(case.organization.id, missing, look_up)
        if values is None or None in values.values():
            return refused(Reason.NO_SUCH_ORGANIZATION, "the organization's present settings cannot be read")
        case.params = case.params.model_copy(update=dict(values))
        case.kept = frozenset(missing)
        return None

    async def _filters_known(self, case: Case, look_up: LookUp) -> None:
        given = set[str](getattr(case.params, "filters", None) or ()) - ALWAYS_KNOWN
        if not given or case.home is None:
            return
        known = await self._places.fields(case.asker, case.home, look_up)
        if unknown := sorted(given - known):
            raise arguments.unknown_filters(unknown)


async def _with_file(case: Case, operation: AnyOperation, ruling: Verdict) -> Verdict:
    """The ruling where there is a file: it may be read, or go on, as far as the policy gives what is in it."""
    agent, policy = case.ask.principal.agent, case.policy
    holding = case.holding = case.holding or case.ask.holding
    if holding is None:
        if case.ask.to_file and policy is not None:
            await check_room(policy, case.ask.kept)
            case.holding = Holding(
                operation=operation,
                connection=case.connection,
                query=case.sent,
                redacted=taken_out(policy, operation),
                policies=frozenset({policy.hash}),
            )
        return ruling
    found = goes_on(policy, agent, holding) if case.ask.to_file else still_given(policy, agent, holding)
    case.observed = case.observed or found.observed
    if found.denied and not case.ask.to_file:
        # Of the reading itself the policy thinks as before: whoever asks it again must not take this for its answer.
        return replace(found, reason=Reason.POLICY_CHANGED.value)
    return ruling if not found.denied and not found.observed else replace(found, needs_approval=ruling.needs_approval)


def _listed(given: Any) -> Sequence[str]:  # noqa: ANN401 - a parameter that takes one name or several
    """The names that were given, one or many."""
    if given is None:
        return ()
    return [str(name) for name in cast("list[Any]", given)] if isinstance(given, list | tuple) else [str(given)]


def _judged(case: Case, **places: Place | None) -> Verdict:
    """What the policy says in the places known so far or given, and what trial mode makes of it."""
    question = case.question(**places)
    decision = decide(case.policy, question)
    ruling = by_policy(decision)
    case.observed = lets_through(case.policy, question, decision)
    if not case.observed:
        return ruling
    # A person is asked in trial mode too: what needs an approval is nothing to try out.
    asks = case.policy is not None and question.operation in case.policy.approval.operations
    return replace(ruling, effect=Effect.ALLOW, observed=True, needs_approval=asks)


def _settled(ruling: Verdict) -> Verdict:
    """A ruling that still depends on something, when there is nothing more to learn, is a refusal."""
    return replace(ruling, effect=Effect.DENY) if ruling.depends else ruling
