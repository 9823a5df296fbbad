"""Asking a person before a call is made. Rule: the agent only ever asks; what it is told names no way to answer itself.

THREATS row 22. A call waits for nobody but the person at its own client: without an answer it is refused, and made
again with the same arguments once the operator has approved it.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from crashgate.audit.chain import arguments_digest
from crashgate.clock import Clock, timestamp
from crashgate.errors import ApprovalError, Code, LimitError
from crashgate.gate.approval_requests import ApprovalRequest, ApprovalStore, Standing, Way
from crashgate.gate.case import CallState
from crashgate.policy.policy import Policy
from crashgate.sanitise import clean

MOST_WAITING = 20
"""Requests of one agent that wait for an answer: more would only tire the person who answers."""

AT_CLIENT = "the user at the agent's client"
_ID_BYTES = 9
_LONGEST_WHAT = 400
_LONGEST_TEXT = 10_000
"""As long as a comment can be."""


class Approvals:
    """Finds, asks for and uses up approvals. ``digest_key`` makes the digest of a call unguessable."""

    def __init__(self, *, store: ApprovalStore, clock: Clock, digest_key: bytes) -> None:
        self._store = store
        self._clock = clock
        self._key = digest_key

    async def granted(self, case: CallState, policy: Policy, *, why: str = "") -> ApprovalRequest:
        """The approval of this very call, still to be used up; ``why`` it needs one, where that is not always so.

        Raises ApprovalError where there is none (then a request waits for its answer) or where it was rejected,
        LimitError where too many requests of the agent wait already, StateUnavailableError.
        """
        wanted = self._wanted(case, policy, why)
        found = await self._store.request(
            wanted,
            # check[huge]: so many requests wait and no more
            most=MOST_WAITING,
        )
        if found is None:
            raise LimitError(
                f"{MOST_WAITING} of your requests for approval are already waiting for an answer.",
                because=f"{MOST_WAITING} requests for approval are already waiting for an answer",
                remedy="Wait until they are answered or expire, then call again. Nothing was sent.",
            )
        if found.standing is Standing.PENDING and case.ask.ask_user is not None and policy.approval.ask_client:
            found = await self._asked(case, found)
        # check: a rejection is told as one
        if found.standing is Standing.REJECTED:
            raise _rejected(found)
        # check: a request that waits is no approval
        if found.standing is not Standing.APPROVED:
            raise _needed(found)
        return replace(wanted, id=found.id, answered_by=found.answered_by, used_by=case.id)

    async def still_asked(self, case: CallState, policy: Policy) -> str:
        """Why a person was asked about this very call, where that request holds still; empty where nobody was.

        A call that somebody was asked about needs their answer, also when it would need none by now: a no is a no.
        Raises StateUnavailableError.
        """
        if policy.approval.after_untrusted(case.access) is None:
            return ""
        found = await self._store.held(self._wanted(case, policy))
        # check[never]: a no holds when nobody would be asked any more
        return found.why if found is not None else ""

    async def use(self, approval: ApprovalRequest) -> None:
        """Use it up. Raises ApprovalError where another call was faster or it has expired, StateUnavailableError."""
        # check: an approval that another call used is none
        if not await self._store.use(approval, now=self._clock.now()):
            raise ApprovalError(
                "The approval of this call has been used or has expired.",
                because=f"approval {approval.id} has been used or has expired",
                approval=approval.id,
                remedy="Call again with the same arguments to ask for a new one. Nothing was sent.",
            )

    async def _asked(self, case: CallState, waiting: ApprovalRequest) -> ApprovalRequest:
        """The request after the person at the client was asked."""
        said = await case.ask.ask_user(waiting) if case.ask.ask_user is not None else None
        if said is None:
            return waiting
        # Nothing but a plain yes is one.
        found = await self._store.answer(
            waiting.id,
            # check[unwrap]: nothing but a plain yes is one
            approved=said is True,
            by=AT_CLIENT,
            way=Way.CLIENT,
            now=self._clock.now(),
        )
        return found or waiting

    def _wanted(self, case: CallState, policy: Policy, why: str = "") -> ApprovalRequest:
        operation = case.ask.operation
        if operation is None or case.access is None:
            raise ValueError("a tool that does not exist needs no approval")
        sent, shown, now = case.sent, case.logged, self._clock.now()
        exactly = {
            # check: an approval is of the operation
            "operation": operation.id,
            # check: an approval is of the connection
            "connection": case.connection,
            # check: an approval is of the arguments
            "arguments": sent,
            # check: an approval is of the page
            "page": case.ask.mark,
        }
        return ApprovalRequest(
            id=secrets.token_hex(_ID_BYTES),
            agent=case.ask.principal.agent,
            tool=case.ask.tool,
            operation=operation.id,
            access=case.access,
            connection=case.connection,
            target=case.target or operation.wording.target,
            what=_what(case),
            digest=arguments_digest(exactly, self._key),
            policy_hash=policy.hash,
            call=case.id,
            asked=now,
            expires=now + timedelta(minutes=policy.approval.expires_minutes),
            minutes=policy.approval.expires_minutes,
            arguments=case.recorded,
            hidden=tuple(name for name in sent if name not in shown),
            texts=readable_texts({name: value for name, value in sent.items() if name not in shown}),
            why=why,
        )


def readable_texts(hidden: Mapping[str, object]) -> Mapping[str, str]:
    """Arguments as the person who answers reads them: whole, or not at all, so that nobody approves half of one."""
    written = {name: each if isinstance(each, str) else json.dumps(each) for name, each in hidden.items()}
    return {
        name: clean(text, limit=_LONGEST_TEXT)
        for name, text in written.items()
        # check: a text that is too long to be read is not kept in part
        if len(text) <= _LONGEST_TEXT
    }


def _what(case: CallState) -> str:
    """``delete error 5f… in checkout-ios (bugsnag)``: words of the catalogue and values that the log may show."""
    verb = case.ask.operation.wording.verb if case.ask.operation else "do"
    where = f" in {case.where}" if case.where else ""
    return clean(f"{verb} {case.target}{where} ({case.connection})", limit=_LONGEST_WHAT, lines=False)


def _needed(found: ApprovalRequest) -> ApprovalError:
    because = f"{found.why}, so a person" if found.why else "a person"
    return ApprovalError(
        f"A person has to approve this first: {found.what}.",
        because=f"{because} has to approve it first, and was asked as {found.id}",
        approval=found.id,
        why=f"{found.because}The request {found.id} waits for an answer until {timestamp(found.expires)}.",
        remedy=(
            f"Ask the operator of crashgate to run `crashgate approvals approve {found.id}`,"
            " then call again with the same arguments. Nothing was sent."
        ),
    )


def all_waiting(problems: Sequence[ApprovalError]) -> ApprovalError:
    """One error for all of them: that somebody said no to, where there is one."""
    rejected = next((each for each in problems if each.code is Code.APPROVAL_REJECTED), None)
    if rejected is not None or len(problems) == 1:
        return rejected or problems[0]
    requests = ", ".join(each.approval for each in problems if each.approval)
    return ApprovalError(
        f"A person has to approve {len(problems)} changes of this call first.",
        because="a person has to approve several changes first",
        approval=problems[0].approval,
        why=f"The requests {requests} wait for an answer.",
        remedy=(
            "Ask the operator of crashgate to run `crashgate approvals approve` for each, then call again with the same"
            " arguments. Nothing was sent."
        ),
    )


def _rejected(found: ApprovalRequest) -> ApprovalError:
    return ApprovalError(
        f"A person was asked to approve this, and said no: {found.what}.",
        because=f"{found.answered_by or 'a person'} was asked to approve it as {found.id}, and said no",
        code=Code.APPROVAL_REJECTED,
        approval=found.id,
        answered_by=found.answered_by,
        remedy="Do not try it in other ways. Nothing was sent.",
    )
