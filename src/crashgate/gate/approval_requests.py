"""A request for a person's approval, and the port behind which requests are kept. Rule: an approval is for one call.

It is bound to the agent, to exactly what would be sent and to the policy version; it is used once, and it expires
(THREATS row 22). It is answered by the operator, or by the person at the agent's client; no tool answers one.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol

from crashgate.audit.record import Value
from crashgate.model.access import Access


@unique
class Standing(StrEnum):
    """How far a request is."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    USED = "used"


@unique
class Way(StrEnum):
    """How a person answered: at the operator's command line or console, or in the agent's client."""

    CLI = "cli"
    CLIENT = "client"
    CONSOLE = "console"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRequest:
    """One request, with the answer where there is one.

    ``id`` is random. ``digest`` covers operation, connection and every argument as it would be sent. ``what`` says in
    words of our own what would be done; ``arguments`` are those that a log may show, ``hidden`` the names of the
    others, and ``texts`` what they hold, for the eyes of whoever answers: cleaned, whole, without what is too long,
    gone with the answer, and shown no more once the request has expired. ``call`` is the call that asked first.
    ``expires`` is when the request, or the approval, stops to hold; an answer holds for ``minutes`` again. ``why`` is
    the clause that says why the call needs an approval, where its operation alone does not. ``answered_by`` is who
    answered and ``used_by`` the call that used it up.
    """

    id: str
    agent: str
    tool: str | None
    operation: str
    access: Access
    connection: str
    target: str
    what: str
    digest: str
    policy_hash: str
    call: str
    asked: datetime
    expires: datetime
    minutes: int
    arguments: Mapping[str, Value] = field(default_factory=dict[str, Value])
    hidden: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    why: str = ""
    standing: Standing = Standing.PENDING
    answered: datetime | None = None
    answered_by: str | None = None
    way: Way | None = None
    used_by: str | None = None

    def expired(self, now: datetime) -> bool:
        """Whether it holds no longer; what was used up does not expire."""
        return self.standing is not Standing.USED and self.expires <= now

    @property
    def because(self) -> str:
        """``why`` as a sentence before others; empty where there is none."""
        return f"{self.why[0].upper()}{self.why[1:]}. " if self.why else ""


AskUser = Callable[[ApprovalRequest], Awaitable[bool | None]]
"""Asks the person at the agent's client: True for yes, False for no, None where no answer can be had now."""


class ApprovalStore(Protocol):
    """Where requests are kept, for all processes that share a state folder.

    Every method raises StateUnavailableError when that is not possible.
    """

    async def request(self, wanted: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Store ``wanted``, and give it back; or give the one that holds already for the same call.

        The same call: equal agent, digest and policy. What was rejected holds too, until it expires. None, and nothing
        is stored, where the agent has ``most`` that wait for an answer already.
        """
        ...

    async def held(self, wanted: ApprovalRequest) -> ApprovalRequest | None:
        """The request that holds already for the call of ``wanted``."""
        ...

    async def answer(
        self, identifier: str, *, approved: bool, by: str, way: Way, now: datetime
    ) -> ApprovalRequest | None:
        """Answer a request that waits; give it as it stands then, changed or not. None where there is no such one."""
        ...

    async def use(self, wanted: ApprovalRequest, *, now: datetime) -> bool:
        """Use an approval up for the call of ``wanted``; of several at once exactly one is told True."""
        ...

    async def find(self, identifier: str) -> ApprovalRequest | None:
        """The request with this id."""
        ...

    async def all(self) -> Sequence[ApprovalRequest]:
        """All that are kept, oldest first."""
        ...
