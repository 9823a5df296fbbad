"""A call as it arrives at the door, and what comes back. Rule: arguments are raw until the gate has read them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crashgate.errors import CrashgateError, InvalidArgumentsError
from crashgate.gate.approval_requests import AskUser
from crashgate.gate.export_access import ExportAccess
from crashgate.identity import Principal
from crashgate.model.allowance import Allowance
from crashgate.model.operation import AnyOperation
from crashgate.model.result import Page
from crashgate.model.tool import Reply

OwnAnswer = Callable[[], Awaitable[Page[Any]]]
Kept = Callable[[], Awaitable[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One attempt.

    ``operation`` is None for a tool that does not exist. ``fault`` is what the caller already got wrong (a cursor
    that is not ours, say): it is told only to an agent that may use the operation. ``mark`` asks for a later page;
    ``resumed`` says that the call goes on with a reading that an earlier call began.
    ``answer`` answers an operation of crashgate's own. ``choices`` are the connections that are open to the agent where
    it named none of several. ``ask_user`` asks the person at the agent's client for an approval, where that can be.
    ``to_file`` says that the answer is kept in a file; ``holding`` is what the file holds already that is read, or goes
    on; ``kept`` counts the agent's other files where a new one is made.
    ``shown`` names the parameters that the agent is shown, for the words about one that is none of them.
    ``bounds`` are put in once the call is permitted, and may only narrow it: an approval is for what the caller gave.
    """

    principal: Principal
    tool: str | None
    operation: AnyOperation | None
    connection: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    mark: str | None = None
    resumed: bool = False
    fault: InvalidArgumentsError | None = None
    answer: OwnAnswer | None = None
    to_file: bool = False
    holding: ExportAccess | None = None
    kept: Kept | None = None
    choices: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ask_user: AskUser | None = field(default=None, repr=False)
    me: str | None = field(default=None, repr=False)
    """The e-mail address of who asks: of the verified person, otherwise of the connection's own account if known."""
    fields: frozenset[str] | None = None
    """What is shown of an answer's rows; None for all that there is."""
    allowance: Allowance | None = None
    """What the composite tool's call that this is a step of may still send; the step's look-ups count too."""

    @property
    def continued(self) -> bool:
        """Whether it asks for what follows an earlier answer."""
        return self.resumed or self.mark is not None


@dataclass(kw_only=True, slots=True)
class Change:
    """One of several changes made together, in words: ``resolved 3 errors``. Without a reply it is not known as done.

    ``problem`` is what went wrong with it; without one it was not sent.
    """

    words: str
    reply: Reply | None = None
    problem: CrashgateError | None = None
