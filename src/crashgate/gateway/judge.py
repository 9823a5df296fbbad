"""Deciding one call, with what must be looked up first.

Rule: nothing is looked up, and no fault is told, for an agent that no grant could allow.
"""

from typing import assert_never

from crashgate.catalogue.bugsnag.filters import ALWAYS_KNOWN
from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.scope import (
    Anywhere,
    OrganizationInPath,
    OrganizationRows,
    ProjectInPath,
    ProjectOfError,
    ProjectRows,
)
from crashgate.errors import InvalidArgumentsError
from crashgate.gateway import arguments
from crashgate.gateway.case import Case
from crashgate.gateway.places import LookUp, Places
from crashgate.gateway.ruling import Reason, Ruling, by_policy, refused
from crashgate.policy.decide import decide
from crashgate.policy.decision import Decision, Effect
from crashgate.policy.question import Place


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
        match operation.scope:
            case Anywhere() | OrganizationRows():
                ruling = by_policy(decision)
            case ProjectRows(organization=name):
                ruling = await self._in_organization(case, name, look_up, rows_decide=True)
            case OrganizationInPath(organization=name):
                ruling = await self._in_organization(case, name, look_up, rows_decide=False)
            case ProjectInPath(project=name):
                ruling = await self._in_project(case, name, look_up)
            case ProjectOfError(project=name, error=error):
                ruling = await self._in_project(case, name, look_up)
                ruling = await self._of_error(case, error, look_up) if ruling.allowed else ruling
            case _:
                assert_never(operation.scope)
        if ruling.allowed:
            case.settle()
            await self._filters_known(case, look_up)
        return ruling

    @staticmethod
    def _read(case: Case, operation: AnyOperation) -> InvalidArgumentsError | None:
        """Read the arguments into the case, also for the record of a refusal; what is wrong with them, if anything."""
        try:
            case.params = arguments.read(operation, case.ask.arguments)
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

    async def _in_organization(self, case: Case, name: str, look_up: LookUp, *, rows_decide: bool) -> Ruling:
        ref = str(getattr(case.params, name))
        case.organization = await self._places.organization(case.connection, ref, look_up)
        if case.organization is None:
            return refused(Reason.NO_SUCH_ORGANIZATION, f"there is no organization {ref}")
        decision = decide(case.policy, case.question())
        return by_policy(decision) if rows_decide else _settled(decision)

    async def _of_error(self, case: Case, name: str, look_up: LookUp) -> Ruling:
        """The error is read below the project that the policy allowed: where it is, is never the caller's word."""
        error, home = str(getattr(case.params, name)), case.home
        if home is None or not await self._places.has_error(case.connection, home, error, look_up):
            return refused(Reason.NO_SUCH_ERROR, f"there is no error {error} in that project")
        return _settled(decide(case.policy, case.question()))

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
