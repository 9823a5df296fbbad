"""Asking the user of an agent's client for an approval. Rule: only a plain yes to this very request is a yes.

If the client announced that it can ask (the elicitation capability, in form mode), its user is shown one sentence of
ours and one box to tick. In the older era the server asks while the call waits. In the modern era (2026-07-28) the call
ends with the question and a sealed state, and the client makes the call again with the answer and the state; an answer
that does not fit is refused and recorded (THREATS rows 3 and 22). In that era a call asks one question. Whatever else
of it needs an approval waits for the operator, as does what the user was asked a few times and did not answer. If the
user and the operator both answer, the first answer counts. A state that comes with a call that needs nobody's approval
is ignored.

What this cannot do: no server sees who answers in a client. The question goes to the client and not to its model, and
no tool answers one; but a client that is told to answer by itself, or that lets its model do so, says yes to itself.
An operator who does not trust an agent's clients that far must not let them be asked.
"""

import json
from collections import Counter
from typing import Any, Protocol

import anyio
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from crashgate.audit.record import Value
from crashgate.clock import Clock, timestamp
from crashgate.errors import ApprovalError, Code
from crashgate.gate.approval_requests import ApprovalRequest
from crashgate.identity import Principal
from crashgate.sanitise import clean
from crashgate.tools.approval_state import ApprovalStates
from crashgate.tools.call_result import Answer

ANSWER_SECONDS = 120.0
"""For the user's answer while a call of the older era waits for it."""

MOST_ASKED = 3
"""Times that one request is put to the user: more would only tire them. The operator can always answer it."""

QUESTION = "approval"
"""The name of our question in the modern era, and so of its answer."""

_FIELD = "approve"
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        _FIELD: {
            "type": "boolean",
            "title": "Approve",
            "description": "Whether this one call may be made, exactly as described.",
            "default": False,
        }
    },
    "required": [_FIELD],
}
_LONGEST_SENTENCE = 1_000
_LONGEST_QUOTE = 2_000
"""Characters of one text that would be sent; how many more there are is said."""

_MOST_NAMED = 5
_MOST_KEPT = 10_000
"""Requests whose questions are counted."""

Context = ServerRequestContext[dict[str, Any], Any]


class Question(Protocol):
    """The one question that a call may put to the user."""

    async def ask(self, request: ApprovalRequest) -> bool | None:
        """An ``AskUser``. Raises ApprovalError for an answer that is good for nothing here."""
        ...

    def instead_of(self, answer: Answer) -> InputRequiredResult | None:
        """What the client gets in place of ``answer`` where it has to ask its user first."""
        ...


class Elicitation:
    """The questions of one server. ``seconds`` is how long a call of the older era waits for its user's answer."""

    def __init__(self, clock: Clock, *, seconds: float = ANSWER_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds
        self._states = ApprovalStates(clock)
        self._asked: Counter[str] = Counter()

    def of(self, context: Context, params: CallToolRequestParams, principal: Principal) -> Question | None:
        """The question of a call; None where the client cannot ask and was not asked."""
        may_ask = _can_ask(context)
        if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            answered = params.request_state is not None or params.input_responses is not None
            return _InRounds(self, params, principal, may_ask=may_ask) if may_ask or answered else None
        return _AtOnce(self, context) if may_ask else None

    def may_ask_again(self, request: ApprovalRequest) -> bool:
        """Whether the user may be bothered with ``request`` now; counts that they are."""
        if len(self._asked) >= _MOST_KEPT:
            self._asked.clear()
        self._asked[request.id] += 1
        return self._asked[request.id] <= MOST_ASKED

    def seconds_for(self, request: ApprovalRequest) -> float:
        """How long an answer to ``request`` is waited for: no longer than it holds."""
        return min(self._seconds, max(0.0, (request.expires - self._clock.now()).total_seconds()))

    def seal(self, request: ApprovalRequest, principal: Principal) -> str:
        """The state that goes with the question about ``request``."""
        return self._states.seal(request, principal)

    def fits(self, state: str | None, request: ApprovalRequest, principal: Principal) -> bool:
        """Whether ``state`` came with the question about this very request."""
        return state is not None and self._states.fits(state, request, principal)


class _AtOnce:
    """The older era: the question goes out on the call's own stream, and the call waits."""

    def __init__(self, elicitation: Elicitation, context: Context) -> None:
        self._elicitation = elicitation
        self._context = context

    async def ask(self, request: ApprovalRequest) -> bool | None:
        if not self._elicitation.may_ask_again(request):
            return None
        with anyio.move_on_after(self._elicitation.seconds_for(request)):
            try:
                said = await self._context.session.elicit_form(
                    sentence(request), _FORM, related_request_id=self._context.request_id
                )
            except (MCPError, ValidationError):
                # The client is gone, refuses to ask, or answers what is no answer.
                return None
            return _meant(said)
        return None

    def instead_of(self, answer: Answer) -> InputRequiredResult | None:
        del answer
        return None


class _InRounds:
    """The modern era: the first round ends with the question, the second brings the answer."""

    def __init__(
        self, elicitation: Elicitation, params: CallToolRequestParams, principal: Principal, *, may_ask: bool
    ) -> None:
        self._elicitation = elicitation
        self._principal = principal
        self._may_ask = may_ask
        self._state = params.request_state
        self._answers = params.input_responses
        self._used = False
        self._open: ApprovalRequest | None = None

    async def ask(self, request: ApprovalRequest) -> bool | None:
        if self._state is None and self._answers is None:
            if self._may_ask and self._open is None and self._elicitation.may_ask_again(request):
                self._open = request
            return None
        if self._used:
            return None
        if not self._elicitation.fits(self._state, request, self._principal):
            raise _not_its_answer(request)
        self._used = True
        return _meant((self._answers or {}).get(QUESTION))

    def instead_of(self, answer: Answer) -> InputRequiredResult | None:
        if self._open is None or answer.error is not Code.APPROVAL_REQUIRED:
            return None
        form = ElicitRequestFormParams(message=sentence(self._open), requested_schema=_FORM)
        return InputRequiredResult(
            input_requests={QUESTION: ElicitRequest(params=form)},
            request_state=self._elicitation.seal(self._open, self._principal),
        )


def sentence(request: ApprovalRequest) -> str:
    """What would be done, for the user: our words, the values that the log may show, and the texts that it may not."""
    named = request.what.split()  # ids that it says already
    told = [
        f"{name} = {_written(value)}"
        for name, value in request.arguments.items()
        if not name.endswith("_id") or value not in named
    ]
    unknown = [name for name in request.hidden if name not in request.texts]
    if unknown:
        told.append(f"{', '.join(unknown)} as given in the call (too long to be shown here)")
    more = f" With {', '.join(told)}." if told else ""
    text = f"May the agent {request.agent} {request.what}, once and by {timestamp(request.expires)}?{more}"
    asked = clean(f"{request.because}{text}", limit=_LONGEST_SENTENCE, lines=False)
    return "\n".join(
        [
            asked,
            # check: the question shows the texts that would be sent
            *(_quoted(name, text) for name, text in request.texts.items()),
        ]
    )


def _quoted(name: str, text: str) -> str:
    """A text that would be sent, on one line, so that nothing in it looks like a line of ours."""
    left = len(text) - _LONGEST_QUOTE
    # check[never]: the question says how much of a text it leaves out
    more = f" and {left} more {'character' if left == 1 else 'characters'}, which are not shown" if left > 0 else ""
    shown = json.dumps(clean(text[:_LONGEST_QUOTE], limit=_LONGEST_QUOTE), ensure_ascii=False)
    return f"{name}: {shown}{more}"


def _written(value: Value) -> str:
    """In full where a person can read it through; the sentence says before what is done to how many."""
    if not isinstance(value, tuple):
        return str(value)
    left = len(value) - _MOST_NAMED
    return f"{', '.join(value[:_MOST_NAMED])} and {left} more" if left > 0 else " and ".join(value)


def _can_ask(context: Context) -> bool:
    """Whether the client said so. Without a mode it means forms, as before there were two."""
    announced = context.session.client_capabilities
    elicitation = announced.elicitation if announced is not None else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _meant(said: object) -> bool | None:
    """Yes, no, or no answer: a form that was dismissed, or one that is not filled in as it was asked."""
    if not isinstance(said, ElicitResult) or said.action == "cancel":
        return None
    if said.action == "decline":
        return False
    ticked = (said.content or {}).get(_FIELD)
    return ticked if isinstance(ticked, bool) else None


def _not_its_answer(request: ApprovalRequest) -> ApprovalError:
    return ApprovalError(
        "The answer that came with this call is not valid for it.",
        because=f"the answer that came with it is not one to {request.id}, for which a person has to approve it",
        approval=request.id,
        why="It was given to another agent or for other arguments, has been used, or came too late.",
        remedy="Call again with the same arguments and without an answer. Nothing was sent.",
    )
