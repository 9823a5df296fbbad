"""Deciding one call, with what must be looked up first.

Rule: nothing is looked up, and no fault is told, for an agent that no grant could allow.
"""

from typing import assert_never

from crashgate.catalogue.bugsnag.filters import ALWAYS_KNOWN
from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.scope import (
    Anywhere,
    OrganizationNamed,
    OrganizationRows,
    OrganizationToCome,
    ProjectNamed,
    ProjectOfObject,
    ProjectRows,
    ProjectToCome,
    Scope,
)
from crashgate.errors import InvalidArgumentsError
from crashgate.gateway import arguments
from crashgate.gateway.case import Case
from crashgate.gateway.places import LookUp, Places
from crashgate.gateway.ruling import Reason, Ruling, by_policy, refused
from crashgate.policy.decide import decide
from crashgate.policy.decision import Decision, Effect
from crashgate.policy.pattern import STRANGER
from crashgate.policy.question import Place

TO_COME = Place(names=frozenset({STRANGER}))
"""The place of what is not there yet: only a grant on all places (``*``) matches it."""


class Judge:
    """Puts the policy's decision together with what the look-ups found."""

    def __init__(self, places: Places) -> None:
        self._places = places

    async def rule(self, case: Case, look_up: LookUp) -> Ruling:
        """The ruling on a case with an operation.

        Raises InvalidArgumentsError, only to an agent that might be allowed; UpstreamError from a look-up.
        """
        operation = case.ask.operation
        if operation is None:
            raise ValueError("a tool that does not exist is refused before")
        fault = self._read(case, operation)
        decision = decide(case.policy, case.question())
        if decision.effect is Effect.DENY:
            return by_policy(decision)
        if fault is not None:
            raise fault
        ruling = await self._placed(case, operation.scope, decision, look_up)
        if ruling.allowed:
            case.settle()
            await self._filters_known(case, look_up)
        return ruling

    async def _placed(  # noqa: PLR0911 - one for each kind of scope
        self, case: Case, scope: Scope, decision: Decision, look_up: LookUp
    ) -> Ruling:
        """The ruling once the gate knows where the call belongs."""
        match scope:
            case Anywhere() | OrganizationRows():
                return by_policy(decision)
            case OrganizationToCome():
                return _settled(decide(case.policy, case.question(organization=TO_COME)))
            case ProjectToCome(organization=name):
                return await self._in_organization(case, name, look_up, project=TO_COME)
            case ProjectRows(organization=name):
                return await self._in_organization(case, name, look_up, rows_decide=True)
            case OrganizationNamed(organization=name):
                ruling = await self._in_organization(case, name, look_up)
                return (await self._keep(case, scope, look_up) or ruling) if ruling.allowed else ruling
            case ProjectNamed(project=name):
                return await self._in_project(case, name, look_up)
            case ProjectOfObject(project=name):
                ruling = await self._in_project(case, name, look_up)
                return (await self._holds(case, scope, look_up) or ruling) if ruling.allowed else ruling
            case _:
                assert_never(scope)

    @staticmethod
    def _read(case: Case, operation: AnyOperation) -> InvalidArgumentsError | None:
        """Read the arguments into the case, also for the record of a refusal; what is wrong with them, if anything."""
        try:
            case.params = arguments.read(operation.params, case.ask.arguments)
        except InvalidArgumentsError as problem:
            return case.ask.fault or problem
        return case.ask.fault

    def allows_row(self, case: Case, place: Place) -> bool:
        """Whether the policy allows the case's operation in the place that a row names."""
        operation = case.ask.operation
        if operation is None:
            return False
        rows_are_projects = isinstance(operation.scope, ProjectRows)
        question = case.question(project=place) if rows_are_projects else case.question(organization=place)
        return decide(case.policy, question).effect is Effect.ALLOW

    async def _in_project(self, case: Case, name: str, look_up: LookUp) -> Ruling:
        ref = str(getattr(case.params, name))
        case.project = await self._places.project(case.connection, ref, look_up)
        if case.project is None:
            return refused(Reason.NO_SUCH_PROJECT, f"there is no project {ref}")
        decision = decide(case.policy, case.question())
        if decision.effect is Effect.DEPENDS and case.project.organization is not None:
            case.organization = await self._places.organization(case.connection, case.project.organization, look_up)
            decision = decide(case.policy, case.question())
        return _settled(decision)

    async def _in_organization(
        self, case: Case, name: str, look_up: LookUp, *, rows_decide: bool = False, project: Place | None = None
    ) -> Ruling:
        ref = str(getattr(case.params, name))
        case.organization = await self._places.organization(case.connection, ref, look_up)
        if case.organization is None:
            return refused(Reason.NO_SUCH_ORGANIZATION, f"there is no organization {ref}")
        decision = decide(case.policy, case.question(project=project))
        return by_policy(decision) if rows_decide else _settled(decision)

    async def _holds(self, case: Case, scope: ProjectOfObject, look_up: LookUp) -> Ruling | None:
        """The refusal when the object is not in the project that the policy allowed: the caller's word is no proof."""
        case.settle()
        if case.params is not None and await self._places.has_object(case.connection, scope, case.params, look_up):
            return None
        return refused(Reason.NO_SUCH_OBJECT, "there is no such object in that project")

    async def _keep(self, case: Case, scope: OrganizationNamed, look_up: LookUp) -> Ruling | None:
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
        known = await self._places.fields(case.connection, case.home, look_up)
        if unknown := sorted(given - known):
            raise arguments.unknown_filters(unknown)


def _settled(decision: Decision) -> Ruling:
    """A decision that still depends on something, when there is nothing more to learn, is a refusal."""
    ruling = by_policy(decision)
    if decision.effect is Effect.DEPENDS:
        return Ruling(allowed=False, reason=ruling.reason, because=ruling.because, rule=ruling.rule)
    return ruling
