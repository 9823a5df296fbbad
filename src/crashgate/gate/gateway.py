"""The one door. Rule: decide, record the decision durably, send, narrow, record the outcome; an error anywhere denies.

Design rules 1, 2 and 4; THREATS rows 5, 14, 15, 20, 21, 22, 23, 28, 31 and 33.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any

import anyio.lowlevel

from crashgate.audit.record import Ending
from crashgate.errors import (
    ApprovalError,
    Code,
    CrashgateError,
    NotAvailableError,
    UpstreamError,
)
from crashgate.gate.approvals import Approvals, all_waiting
from crashgate.gate.authoriser import MOST_CHANGES, Authoriser, defect
from crashgate.gate.call import Ask, Change
from crashgate.gate.case import CallState
from crashgate.gate.paged_reading import Reading, fill_page
from crashgate.gate.places import LookUp, Places
from crashgate.gate.projection import project, redacts
from crashgate.gate.quotas import Limiter, UntrustedExposure, check_rows
from crashgate.gate.recorder import Entry, Ledger, Seen
from crashgate.gate.revocation import Revocation
from crashgate.gate.verdict import LOOK_UP, ObservedCalls
from crashgate.model.allowance import counting
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.params import Params
from crashgate.model.provider import Connection
from crashgate.model.result import Page
from crashgate.model.scope import EnvironmentRows, OrganizationRows, ProjectRows
from crashgate.model.tool import Reply
from crashgate.offload import offload
from crashgate.policy.policy import PolicySource
from crashgate.upstream.client import Call, Trace, Upstream, WithdrawnError, exchange

_REFUSALS = range(400, 500)
"""The upstream's "no". After anything else it is not known what it did."""


class Gateway:
    """Runs every call. Nothing else holds a transport."""

    def __init__(  # noqa: PLR0913 - the parts of the gate, each by its name
        self,
        *,
        policies: PolicySource,
        ledger: Ledger,
        places: Places,
        upstreams: Mapping[str, Upstream],
        limiter: Limiter,
        approvals: Approvals,
        taint: UntrustedExposure,
        revocation: Revocation,
    ) -> None:
        self.policies = policies
        self._ledger = ledger
        self._limiter = limiter
        self._approvals = approvals
        self._taint = taint
        self.revocation = revocation
        self._observed_calls = ObservedCalls()
        self._places = places
        self._upstreams = upstreams
        self._authoriser = Authoriser(
            policies=policies,
            ledger=ledger,
            places=places,
            upstreams=upstreams,
            limiter=limiter,
            approvals=approvals,
            exposure=taint,
            revocation=revocation,
            look_up_for=self._look_up_for,
        )
        self.policy_of = self._authoriser.policy_of
        """The policy in force for an agent."""

    def connection(self, name: str | None) -> Connection | None:
        """The connection of that name; None for crashgate itself, and where there is none."""
        upstream = self._upstreams.get(name or "")
        return upstream.connection if upstream is not None else None

    async def run(self, ask: Ask) -> Reply:
        """Decide, record, send, narrow, record.

        Raises NotAvailableError when it is refused or does not exist, InvalidArgumentsError, LimitError, ApprovalError,
        UpstreamError, LogUnavailableError when no record can be stored, StateUnavailableError when it cannot be counted
        or no approval be found, RevokedError, and CrashgateError for a defect of ours.
        """
        case = CallState(ask=ask, policy=None)
        with self.revocation.until_revoked(ask.principal):
            page = await self._carried_out(case, await self._admitted(case), Trace())
        if page.dropped and not page.rows and ask.operation is not None and ask.operation.shape is Shape.ONE:
            # check: an object out of scope is withheld
            raise NotAvailableError("Withheld.")
        return case.reply(page)

    async def run_changes(self, asks: Sequence[Ask]) -> list[Change]:
        """Several changes of one principal, in their order: all are decided before the first is sent.

        Where one is refused, or waits for a person, none is sent, and that is raised as ``run`` raises it. Where one
        fails, those after it are not sent. Raises what went wrong with the first.
        """
        cases = [CallState(ask=each, policy=None, together=True) for each in asks]
        with self.revocation.until_revoked(asks[0].principal):
            await self._check_all(cases)
            changes: list[Change] = []
            async with self._entries(cases) as entries:
                for case in cases:
                    case.together = False
                    # check: what changes made together answer is noted before the first is sent
                    await self._taint.note(case)
                for case in cases:
                    change = Change(words=_words(case))
                    changes.append(change)
                    # check: after a change that failed none is sent
                    if any(each.problem is not None for each in changes):
                        continue
                    try:
                        change.reply = case.reply(await self._carried_out(case, entries.pop(0), Trace()))
                    except CrashgateError as problem:
                        if change is changes[0]:
                            raise
                        change.problem = problem
        return changes

    async def _check_all(self, cases: Sequence[CallState]) -> None:
        """Raises where one of them would be refused, or where a person has to agree to one first.

        Of all that need a person's agreement it is asked for; nothing is used up.
        """
        waiting: list[ApprovalError] = []
        for case in cases:
            try:
                ruling = await self._authoriser.decide(case, self._authoriser.ask_first)
            except ApprovalError as problem:
                waiting.append(problem)
                continue
            # check: changes made together are all decided before one is sent
            if not ruling.allowed:
                await self._ledger.decided(case, ruling)
                raise NotAvailableError("Refused.")
        if waiting:
            raise all_waiting(waiting)

    @asynccontextmanager
    async def _entries(self, cases: Sequence[CallState]) -> AsyncGenerator[list[Entry]]:
        """The stored decisions that allow them; those still in the list at the end are closed as not sent."""
        entries: list[Entry] = []
        try:
            for case in cases:
                entries.append(await self._admitted(case))  # noqa: PERF401 - those before a refusal are closed
            yield entries
        finally:
            for entry in entries:
                await entry.close(Seen().outcome(Ending.CANCELLED), Trace())

    @asynccontextmanager
    async def reading(self, ask: Ask) -> AsyncGenerator[Reading]:
        """One decision for a list that is read page by page; the outcome counts what was read in the block.

        Raises what ``run`` raises, here and while pages are read.
        """
        case = CallState(ask=ask, policy=None)
        with self.revocation.until_revoked(ask.principal):
            async with self._read_on(case) as reading:
                yield reading

    @asynccontextmanager
    async def _read_on(self, case: CallState) -> AsyncGenerator[Reading]:
        entry = await self._admitted(case)
        trace = Trace()
        async with self._closing(case, entry, trace) as seen:
            problem: Exception | None = None
            async with anyio.create_task_group() as group:
                try:
                    yield Reading(
                        reply=case.reply(Page(rows=())),
                        arguments=case.sent,
                        group=group,
                        seen=seen,
                        fetch=lambda mark: self._next_of(case, trace, mark),
                        bound=lambda rows: check_rows(case.policy, rows),
                        same=lambda: self._authoriser.is_current(case),
                    )
                except Exception as stopped:  # noqa: BLE001 - told below, outside the group that would wrap it
                    problem = stopped
                group.cancel_scope.cancel()
            if problem is not None:
                raise problem

    async def _next_of(self, case: CallState, trace: Trace, mark: str | None) -> Page[Any]:
        """One page of a list."""
        # A long export ends long after it began.
        # check: an export of outsiders' text is noted to its end
        await self._taint.note(case)
        return await self._narrowed(case, await self._page(case, trace, mark, bulk=True), bulk=True)

    async def _check_again(self, case: CallState) -> None:
        """Raises RevokedError, and NotAvailableError when the policy has changed and refuses the case now."""
        # check: no request leaves for a token that was revoked
        self.revocation.check(case.ask.principal)
        if self._authoriser.is_current(case):
            return
        observed = case.observed
        ruling = await self._authoriser.judge_now(case)
        # An approval was given under the older policy, and is used up. A call that observe mode lets through must be
        # recorded as such, and this call is recorded already.
        new = (
            ruling.needs_approval  # check: a new policy that asks for approval ends a reading
            # check: what a new policy lets through on trial has no older record
            or (ruling.observed and not observed)
        )
        if (
            not ruling.allowed
            or new
            # check: a new policy that wants a person after reading is asked before a change leaves
            or await self._taint.why(case)
        ):
            raise NotAvailableError("Refused by a policy that came into force meanwhile.")
        # check: an export keeps its end when the policy changes
        case.bound()
        # check: reading under a new policy is noted before it leaves
        await self._taint.note(case)

    async def _admitted(self, case: CallState) -> Entry:
        """The stored decision that allows the case; what goes wrong before is stored as a refusal, then told."""
        ruling = await self._authoriser.decide(case, self._authoriser.permit)
        entry = await self._ledger.decided(case, ruling)
        # check: what the policy refuses is refused
        if not ruling.allowed:
            raise NotAvailableError("Refused.")
        # check: observe mode is told to the operator
        if ruling.observed:
            self._observed_calls.note(case.ask.principal.agent, ruling)
        return entry

    def _look_up_for(self, case: CallState) -> LookUp:
        """How something is looked up for a plan: recorded like a call, and sent through the same exchange."""

        async def look_up(operation: AnyOperation, params: Params, words: str) -> Page[Any] | None:
            inner = case.look_up(operation, params, words)
            entry = await self._ledger.decided(inner, LOOK_UP)
            trace = Trace()
            try:
                return await self._carried_out(inner, entry, trace)
            except NotAvailableError:
                return None
            except UpstreamError as problem:
                # check: what upstream refuses to show is kept as what is not there
                if problem.code is Code.UPSTREAM_FORBIDDEN:
                    return None  # to the gate it is not there, as what is answered with 404
                raise
            finally:
                # check: the refusal of a call that was given up during a look-up says that the look-up was sent
                case.looked_up = (
                    case.looked_up
                    # check[always]: a look-up that was given up before it was sent is not called sent
                    or trace.requests > 0
                )

        return look_up

    async def _carried_out(self, case: CallState, entry: Entry, trace: Trace) -> Page[Any]:
        """Send, narrow, and store the outcome, also of a failure and of a call that was given up."""
        async with self._closing(case, entry, trace) as seen:
            await anyio.lowlevel.checkpoint()
            page = await self._answer(case, trace)
            seen.add(page)
        return page

    @asynccontextmanager
    async def _closing(self, case: CallState, entry: Entry, trace: Trace) -> AsyncGenerator[Seen]:
        """Store the outcome of what is done inside, however it ends; errors leave as those that callers know."""
        seen = Seen()
        try:
            yield seen
        except UpstreamError as problem:
            ending = Ending.REFUSED if problem.status in _REFUSALS else Ending.FAILED
            # check: a failed call has an outcome
            await entry.close(seen.outcome(ending, problem.code), trace)
            if problem.code is Code.NOT_AVAILABLE:
                raise NotAvailableError("Upstream has no such thing.") from problem
            raise
        except anyio.get_cancelled_exc_class():
            revoked = None if self.revocation.holds(case.ask.principal) else Code.TOKEN_REVOKED
            # check: a call that was given up has an outcome
            await entry.close(seen.outcome(Ending.CANCELLED, revoked), trace)
            raise
        except CrashgateError as problem:
            await entry.close(seen.outcome(Ending.FAILED, problem.code), trace)
            raise
        except Exception as problem:
            # check: a defect after the decision is recorded
            await entry.close(seen.outcome(Ending.FAILED, Code.INTERNAL), trace)
            raise defect() from problem
        else:
            # check: an answered call has an outcome
            await entry.close(seen.outcome(seen.ending), trace)

    async def _answer(self, case: CallState, trace: Trace) -> Page[Any]:
        operation, params = case.ask.operation, case.params
        if case.ask.answer is not None:
            await self._check_again(case)
            return await case.ask.answer()
        if operation is None or params is None:
            raise ValueError("only a decided operation is sent")
        page = await self._page(case, trace, case.ask.mark)
        if case.parent is not None:
            return page
        listed = page
        # check: answers are narrowed
        page = await self._narrowed(case, page)
        if isinstance(operation.scope, ProjectRows) and case.ask.fields is None:
            self._places.keep_listed(self._upstreams[case.connection].connection.provider, case.asker, listed, page)
        if not isinstance(operation.scope, ProjectRows | OrganizationRows | EnvironmentRows):
            return page

        async def fetch(mark: str) -> Page[Any]:
            return await self._narrowed(case, await self._page(case, trace, mark))

        return await fill_page(page, getattr(params, "per_page", None), fetch)

    async def _page(self, case: CallState, trace: Trace, mark: str | None, *, bulk: bool = False) -> Page[Any]:
        """One page from upstream, as it is there; no request of it leaves under a policy that is not in force."""
        operation, upstream = case.ask.operation, self._upstreams[case.connection]
        for _ in range(MOST_CHANGES):
            # check: each page is asked for under the policy in force
            await self._check_again(case)
            if operation is None or case.params is None:
                raise ValueError("only a decided operation is sent")
            call = Call(
                operation=operation,
                params=case.params,
                mark=mark,
                agent=case.ask.principal.agent,
                bulk=bulk,
                # check[never]: a look-up shares no answer with another agent's
                alone=case.parent is not None,
                holds=lambda: self.revocation.holds(case.ask.principal) and self._authoriser.is_current(case),
                fields=None if case.parent is not None or redacts(case) else case.ask.fields,
            )
            counted = counting(left, lambda: trace.requests) if (left := case.ask.allowance) else nullcontext()
            with suppress(WithdrawnError), counted:
                return await exchange(upstream, call, trace)
        raise NotAvailableError("The policy changed again and again while it waited for its turn.")

    async def _narrowed(self, case: CallState, page: Page[Any], *, bulk: bool = False) -> Page[Any]:
        """The page without what is out of the agent's scope, and without what its policy redacts of the rest."""
        # The case as it stands: that of an export is decided anew for a later page, perhaps while this one is narrowed.
        return await offload(page.size, project, replace(case), page, bulk=bulk)


def _words(case: CallState) -> str:
    """``resolved 3 errors``."""
    past = case.ask.operation.wording.past if case.ask.operation else "done"
    return f"{past} {case.target}"
