"""Whether a call may be made: the plan, what it needs to know, a person's approval, and the limits.

What goes wrong before the decision is stored as a refusal, then told. Design rules 2 and 4; THREATS rows 5, 22, 23, 28
and 31.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, assert_never

import anyio

from crashgate.errors import (
    CrashgateError,
    InvalidArgumentsError,
    LogUnavailableError,
    NotAvailableError,
    NotNowError,
    RevokedError,
    UpstreamError,
)
from crashgate.gate.approvals import Approvals
from crashgate.gate.arguments import unknown_filters
from crashgate.gate.case import CallState
from crashgate.gate.export_access import check_room
from crashgate.gate.names import choose
from crashgate.gate.needs import ChargeCall, Need, NeedFields, NeedNamed, NeedObject, NeedPlace, NeedValues
from crashgate.gate.places import LookUp, Places
from crashgate.gate.plan import Plan, plan
from crashgate.gate.quotas import Limiter, UntrustedExposure
from crashgate.gate.recorder import Ledger
from crashgate.gate.revocation import Revocation
from crashgate.gate.verdict import Reason, Verdict, refused
from crashgate.model.provider import Provider
from crashgate.model.scope import PROJECT, AppOfObject, EnvironmentNamed, ProjectOfObject
from crashgate.policy.grants import STRANGER
from crashgate.policy.policy import Policy, PolicySource
from crashgate.upstream.client import Upstream

MOST_CHANGES = 10
"""Of the policy, while one call is decided or waits for its turn."""

_REVOKED = refused(Reason.TOKEN_REVOKED, "the token was revoked before it was decided")


class Authoriser:
    """Decides calls by the policy in force. ``look_up_for`` makes the look-ups of a call; the gateway sends them."""

    def __init__(  # noqa: PLR0913 - the parts of the gate, each by its name
        self,
        *,
        policies: PolicySource,
        ledger: Ledger,
        places: Places,
        upstreams: Mapping[str, Upstream],
        limiter: Limiter,
        approvals: Approvals,
        exposure: UntrustedExposure,
        revocation: Revocation,
        look_up_for: Callable[[CallState], LookUp],
    ) -> None:
        self._policies = policies
        self._ledger = ledger
        self._places = places
        self._upstreams = upstreams
        self._limiter = limiter
        self._approvals = approvals
        self._exposure = exposure
        self._revocation = revocation
        self._look_up_for = look_up_for

    def policy_of(self, agent: str) -> Policy | None:
        """The policy in force for an agent."""
        return self._policies.current().get(agent)

    def is_current(self, case: CallState) -> bool:
        """Whether the policy that the case was decided under is the one in force: the same document.

        A look-up of the gate belongs to no policy.
        """
        if case.parent is not None:
            return True
        policy = self.policy_of(case.ask.principal.agent)
        if policy is None or case.policy is None:
            return policy is case.policy
        return policy.hash == case.policy.hash

    async def decide(self, case: CallState, permit: Callable[[CallState, Verdict], Awaitable[Verdict]]) -> Verdict:
        """The verdict, after ``permit``; what goes wrong before is stored as a refusal, then told."""
        principal = case.ask.principal
        try:
            # check: a revoked token decides nothing
            self._revocation.check(principal)
            ruling = await permit(case, await self.judge_now(case))
            case.bound()
        except LogUnavailableError:
            raise
        except anyio.get_cancelled_exc_class():
            # Stored in a shielded scope; the call may have waited for the person at the client.
            given_up = refused(Reason.UNDECIDED, "the call was given up before it was decided")
            await self._ledger.decided(case, given_up if self._revocation.holds(principal) else _REVOKED)
            raise
        except RevokedError:
            await self._ledger.decided(case, _REVOKED)
            raise
        except InvalidArgumentsError as problem:
            # check: wrong arguments are recorded
            await self._ledger.decided(case, refused(Reason.INVALID_ARGUMENTS, problem.because))
            raise
        except NotNowError as problem:
            reason = Reason(problem.code.value)
            ruling = refused(reason, problem.because, approval=problem.approval, answered_by=problem.answered_by)
            # check: a limit or a missing approval is recorded
            await self._ledger.decided(case, ruling)
            raise
        # check: every failure of a look-up reads the same
        except UpstreamError as problem:
            # check: a look-up without an answer denies
            await self._ledger.decided(case, refused(Reason.UNDECIDED, "the look-up that decides got no usable answer"))
            raise NotAvailableError("Undecided.") from problem  # what upstream said of it could tell what is there
        except Exception as problem:
            # check: a defect before the decision is recorded as a denial
            await self._ledger.decided(case, refused(Reason.INTERNAL, "the gate itself failed"))
            raise defect() from problem
        return ruling

    async def permit(self, case: CallState, ruling: Verdict) -> Verdict:
        """The ruling after what the policy asks for beside its grants: a person's approval, and room in its limits.

        An approval is used up last, and only for a call that is made then. What the agent will have asked for is noted
        before anything is sent: no change that it makes meanwhile slips by. Raises NotNowError.
        """
        if not ruling.allowed or case.policy is None:
            return ruling
        why = await self._why_asked(case, case.policy, ruling)
        # check[always]: an approval is asked for before a call
        if not ruling.needs_approval and not why:
            # check: changes are counted
            await self._limiter.change(case)
            # check: reading outsiders' text is noted before it is asked for
            await self._exposure.note(case)
            return ruling
        approval = await self._approvals.granted(case, case.policy, why=why)
        # check: a person's yes is worth nothing to a revoked token
        self._revocation.check(case.ask.principal)
        policy = self.policy_of(case.ask.principal.agent)
        # check: a yes under an older policy comes too late
        if policy is None or policy.hash != approval.policy_hash:
            return refused(Reason.APPROVAL_REQUIRED, "the policy changed while a person was asked")
        # check: a change that a person approved is counted
        await self._limiter.change(case)
        # check: an approved change that answers with outsiders' text is noted
        await self._exposure.note(case)
        # check: an approval is used up
        await self._approvals.use(approval)
        return replace(ruling, approval=approval.id, answered_by=approval.answered_by)

    async def _why_asked(self, case: CallState, policy: Policy, ruling: Verdict) -> str:
        """Why a person has to agree, where the policy does not always ask one; empty where nobody has to."""
        if ruling.needs_approval:
            return ""
        return (
            await self._exposure.why(case)  # check: a change after reading outsiders' text needs a person
            or await self._approvals.still_asked(case, policy)
        )

    async def ask_first(self, case: CallState, ruling: Verdict) -> Verdict:
        """The ruling once a person has agreed where one has to; nothing is used up. Raises NotNowError."""
        if ruling.allowed and case.policy is not None:
            why = await self._why_asked(case, case.policy, ruling)
            # check: of changes made together each has the approval that it needs before one is sent
            if ruling.needs_approval or why:
                await self._approvals.granted(case, case.policy, why=why)
        return ruling

    async def judge_now(self, case: CallState) -> Verdict:
        """The verdict of the policy in force; anew where another came into force while something was looked up.

        Raises InvalidArgumentsError and NotNowError, and UpstreamError from a look-up.
        """
        held, answers = case.holding, list[tuple[Need, Any]]()
        for _ in range(MOST_CHANGES):
            policy, case.holding = self.policy_of(case.ask.principal.agent), held
            case.policy = policy
            verdict = _refuse_unknown(case, self._upstreams) or await self._drive(case, plan(policy, case), answers)
            if verdict.allowed and policy is not None and case.ask.to_file and held is None and not case.ask.holding:
                await check_room(policy, case.ask.kept)
            # check[always]: a policy that changed during a look-up decides nothing
            if self.is_current(case):
                if verdict.fault is not None:
                    raise verdict.fault
                return verdict
        return refused(Reason.UNDECIDED, "the policy changed again and again while it was decided")

    async def _drive(self, case: CallState, asking: Plan, answers: list[tuple[Need, Any]]) -> Verdict:
        """The plan's verdict, with the ``answers`` that there are already and those that are looked up now."""
        found: Any = None
        try:
            while True:
                need = asking.send(found)
                found = None
                if isinstance(need, ChargeCall):
                    # check: calls are counted
                    await self._limiter.call(case)
                    continue
                for asked, known in answers:
                    if asked == need:
                        found = known
                        break
                else:
                    provider = self._upstreams[case.connection].connection.provider
                    found = await _answer(need, case, provider, self._places, self._look_up_for(case))
                    answers.append((need, found))
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict


def defect() -> CrashgateError:
    """The error for what went wrong in crashgate itself."""
    return CrashgateError(
        "crashgate itself failed.", remedy="Try again; if it fails again, tell the operator of crashgate."
    )


def _refuse_unknown(case: CallState, upstreams: Mapping[str, Upstream]) -> Verdict | None:
    """The refusal where there is no such tool or connection. Raises InvalidArgumentsError."""
    # check: a tool that does not exist is refused
    if case.ask.operation is None:
        return refused(Reason.UNKNOWN_TOOL, "there is no such tool")
    # check: a call with several connections names one
    if case.ask.choices and case.ask.connection is None:
        raise InvalidArgumentsError(
            f"connection is required: one of {', '.join(case.ask.choices)}.",
            because="the argument connection is missing",
            remedy="Nothing was sent.",
        )
    known = upstreams.get(case.connection)
    if case.ask.operation.method is not None and (
        known is None
        # check: an operation goes to its own provider only
        or known.connection.provider.name != case.ask.operation.provider
    ):
        return refused(Reason.UNKNOWN_CONNECTION, "there is no such connection for it")
    return None


async def _answer(
    need: NeedPlace | NeedObject | NeedValues | NeedFields | NeedNamed,
    call: CallState,
    provider: Provider,
    places: Places,
    look_up: LookUp,
) -> Any:  # noqa: ANN401 - each need says of what type its answer is
    """What ``places`` knows or ``look_up`` finds. Raises UpstreamError."""
    match need:
        case NeedPlace(dimension=dimension, name=name) if dimension is PROJECT:
            return await places.project(provider, call.asker, name, look_up, with_organization=need.with_organization)
        case NeedPlace(name=name):
            return await places.organization(provider, call.asker, name, look_up)
        case NeedObject():
            return await _find_object(need, call, provider, places, look_up)
        case NeedValues(organization=organization, names=names):
            return await places.values(provider, organization, names, look_up)
        case NeedNamed():
            rows, complete = await places.rows(need.by, call.asker, need.project, look_up)
            return choose(need, rows, complete=complete)
        case NeedFields():
            return await _find_filter_fault(need, call, provider, places, look_up)
        case _:
            assert_never(need)


async def _find_filter_fault(
    need: NeedFields, call: CallState, provider: Provider, places: Places, look_up: LookUp
) -> InvalidArgumentsError | None:
    listing = provider.filter_fields
    if listing is None or need.names <= listing.always:
        return None
    unknown = need.names - listing.always - await places.fields(listing, call.asker, need.project, look_up)
    if not unknown:
        return None
    by: Mapping[str, str] = call.ask.operation.filtering if call.ask.operation is not None else {}
    params = sorted({name for name, field in by.items() if field in unknown and name in call.ask.arguments})
    return unknown_filters(sorted(unknown), provider, asked_by=params or ["filters"])


async def _find_object(
    need: NeedObject, call: CallState, provider: Provider, places: Places, look_up: LookUp
) -> str | None:
    match need.scope:
        case ProjectOfObject(project=project) as scope:
            there = await places.has_object(provider, call.asker, scope, need.params, look_up)
            return str(getattr(need.params, project)) if there else None
        case EnvironmentNamed() as scope:
            row = await places.find(provider, scope, need.params, look_up)
            return None if row is None else row.environment or STRANGER
        case AppOfObject() as scope:
            row = await places.find(provider, scope, need.params, look_up)
            return None if row is None else row.platform
