"""The one door. Rule: decide, record the decision durably, send, narrow, record the outcome; an error anywhere denies.

Design rules 1, 2 and 4; THREATS rows 14, 15, 21, 28 and 33.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio
import anyio.lowlevel

from crashgate.catalogue.operation import AnyOperation, Shape
from crashgate.catalogue.params import Params
from crashgate.catalogue.result import Page
from crashgate.catalogue.scope import OrganizationRows, ProjectRows
from crashgate.decisions.record import Ending
from crashgate.errors import (
    Code,
    CrashgateError,
    InvalidArgumentsError,
    LogUnavailableError,
    NotAvailableError,
    UpstreamError,
)
from crashgate.gateway.ask import Ask, Reply
from crashgate.gateway.case import Case
from crashgate.gateway.judge import Judge
from crashgate.gateway.ledger import Entry, Ledger, Outcome
from crashgate.gateway.narrow import narrow
from crashgate.gateway.places import LookUp, Places
from crashgate.gateway.ruling import LOOK_UP, Reason, Ruling, refused
from crashgate.policy.policy import Policy
from crashgate.policy.port import PolicySource
from crashgate.upstream.exchange import Call, Trace, Upstream, exchange

_REFUSALS = range(400, 500)
"""The upstream's "no". After anything else it is not known what it did."""


_USUAL_PAGE = 30
_MOST_PAGES = 10
"""Upstream pages for one page of rows that the policy picks from."""


class Gateway:
    """Runs every call. Nothing else holds a transport."""

    def __init__(
        self, *, policies: PolicySource, ledger: Ledger, places: Places, upstreams: Mapping[str, Upstream]
    ) -> None:
        self._policies = policies
        self._ledger = ledger
        self._judge = Judge(places)
        self._upstreams = upstreams

    def policy_of(self, agent: str) -> Policy | None:
        """The policy in force for an agent."""
        return self._policies.current().get(agent)

    async def run(self, ask: Ask) -> Reply:
        """Decide, record, send, narrow, record.

        Raises NotAvailableError when it is refused or does not exist, InvalidArgumentsError, UpstreamError,
        LogUnavailableError when no record can be stored, and CrashgateError for a defect of ours.
        """
        case = Case(ask=ask, policy=None)
        page = await self._carried_out(case, await self._admitted(case))
        if page.dropped and ask.operation is not None and ask.operation.shape is Shape.ONE:
            raise NotAvailableError("Withheld.")
        if case.params is None:
            raise CrashgateError("A call was carried out without parameters.", remedy="Report this defect.")
        project = case.project.shown if case.project else case.home
        return Reply(page=page, params=case.params, connection=case.connection, project=project)

    async def _admitted(self, case: Case) -> Entry:
        """The stored decision that allows the case; what goes wrong before is stored as a refusal, then told."""
        try:
            ruling = await self._rule(case)
        except LogUnavailableError:
            raise
        except InvalidArgumentsError:
            await self._ledger.decided(case, refused(Reason.INVALID_ARGUMENTS, "the arguments break a rule"))
            raise
        except UpstreamError:
            await self._ledger.decided(case, refused(Reason.UNDECIDED, "the look-up that decides got no answer"))
            raise
        except Exception as problem:
            await self._ledger.decided(case, refused(Reason.INTERNAL, "the gate itself failed"))
            raise _defect() from problem
        entry = await self._ledger.decided(case, ruling)
        if not ruling.allowed:
            raise NotAvailableError("Refused.")
        return entry

    async def _rule(self, case: Case) -> Ruling:
        case.policy = self.policy_of(case.ask.principal.agent)
        if case.ask.operation is None:
            return refused(Reason.UNKNOWN_TOOL, "there is no such tool")
        known = self._upstreams.get(case.connection)
        if case.ask.operation.method is not None and (
            known is None or known.connection.provider is not case.ask.operation.provider
        ):
            return refused(Reason.UNKNOWN_CONNECTION, "there is no such connection for it")
        return await self._judge.rule(case, self._look_up_for(case))

    def _look_up_for(self, case: Case) -> LookUp:
        """How the judge looks something up: recorded like a call, and sent through the same exchange."""

        async def look_up(operation: AnyOperation, params: Params, words: str) -> Page[Any] | None:
            inner = case.look_up(operation, params, words)
            entry = await self._ledger.decided(inner, LOOK_UP)
            try:
                return await self._carried_out(inner, entry)
            except NotAvailableError:
                return None

        return look_up

    async def _carried_out(self, case: Case, entry: Entry) -> Page[Any]:
        """Send, narrow, and store the outcome, also of a failure and of a call that was given up."""
        trace = Trace()
        try:
            await anyio.lowlevel.checkpoint()
            page = await self._answer(case, trace)
        except UpstreamError as problem:
            ending = Ending.REFUSED if problem.status in _REFUSALS else Ending.FAILED
            await entry.close(Outcome(ending=ending, error=problem.code), trace)
            if problem.code is Code.NOT_AVAILABLE:
                raise NotAvailableError("Upstream has no such thing.") from problem
            raise
        except anyio.get_cancelled_exc_class():
            await entry.close(Outcome(ending=Ending.CANCELLED), trace)
            raise
        except Exception as problem:
            await entry.close(Outcome(ending=Ending.FAILED, error=Code.INTERNAL), trace)
            raise _defect() from problem
        ending = Ending.WITHHELD if page.dropped and not page.rows else Ending.ANSWERED
        await entry.close(Outcome(ending=ending, rows=len(page.rows), dropped=page.dropped), trace)
        return page

    async def _answer(self, case: Case, trace: Trace) -> Page[Any]:
        operation, params = case.ask.operation, case.params
        if case.ask.answer is not None:
            return case.ask.answer()
        if operation is None or params is None:
            raise ValueError("only a decided operation is sent")
        call = Call(operation=operation, params=params, next_query=case.ask.next_query)
        page = await exchange(self._upstreams[case.connection], call, trace)
        if case.parent is not None:
            return page
        page = self._narrowed(case, page)
        if not isinstance(operation.scope, ProjectRows | OrganizationRows):
            return page
        # Pages that the policy empties would tell how many places there are beside the agent's own (row 20).
        wanted = getattr(params, "per_page", None) or _USUAL_PAGE
        for _ in range(_MOST_PAGES - 1):
            if page.next_query is None or len(page.rows) >= wanted:
                break
            further = replace(call, next_query=page.next_query)
            more = self._narrowed(case, await exchange(self._upstreams[case.connection], further, trace))
            page = replace(more, rows=page.rows + more.rows, dropped=page.dropped + more.dropped)
        return page

    def _narrowed(self, case: Case, page: Page[Any]) -> Page[Any]:
        """The page without what is out of the agent's scope."""
        operation, params = case.ask.operation, case.params
        if operation is None or params is None:
            raise ValueError("only a decided operation is answered")
        return narrow(
            operation, page, params=params, home=case.home, allowed=lambda place: self._judge.allows_row(case, place)
        )


def _defect() -> CrashgateError:
    return CrashgateError("crashgate itself failed.", remedy="Try again; if it stays, tell the operator of crashgate.")
