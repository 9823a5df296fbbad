"""What the door decided about one call. Rule: an allow always names the rule that allows it.

What observe mode let through, told to the operator. Rule: loudly at the first, and again at every hundredth.

Each has its own line in the decision log. Rows that a policy drops from a call which it allows stay dropped in trial
mode too: they were never asked for by name, and the outcome counts them.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate.errors import InvalidArgumentsError
from crashgate.policy.decision import Decision, Effect


@unique
class Reason(StrEnum):
    """Why, where the policy was not what decided."""

    UNKNOWN_TOOL = "unknown_tool"
    UNKNOWN_CONNECTION = "unknown_connection"
    INVALID_ARGUMENTS = "invalid_arguments"
    NO_SUCH_PROJECT = "no_such_project"
    NO_SUCH_ORGANIZATION = "no_such_organization"
    NO_SUCH_OBJECT = "no_such_object"
    UNDECIDED = "undecided"
    INTERNAL = "internal"
    RATE_LIMITED = "rate_limited"
    APPROVAL_REQUIRED = "approval_required"
    APPROVAL_REJECTED = "approval_rejected"
    POLICY_CHANGED = "policy_changed"
    STATE_UNAVAILABLE = "state_unavailable"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of a reason
    LOOK_UP = "look_up"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Allow, deny or depends, with the reason as a code, the deciding rule in words, and the clause for the sentence.

    ``decision`` is the policy's own, where the policy decided. ``observed``: the policy refuses the call for this
    reason, and observe mode lets it through. ``filters_rows``: rows of places that are not open are dropped.
    ``needs_approval``: a person has to agree first; ``approval`` is the id of the request, once there is one, and
    ``answered_by`` who answered it. ``fault``: what is wrong with the arguments of a refused call, for the agent.
    """

    effect: Effect
    reason: str
    because: str
    rule: str | None = None
    decision: Decision | None = None
    filters_rows: bool = False
    observed: bool = False
    needs_approval: bool = False
    approval: str | None = None
    answered_by: str | None = None
    fault: InvalidArgumentsError | None = None

    @property
    def allowed(self) -> bool:
        """Whether the call may be made, once a person has agreed where one has to."""
        return self.effect is Effect.ALLOW

    @property
    def denied(self) -> bool:
        """Whether the call is refused, whatever else may be learnt."""
        return self.effect is Effect.DENY

    @property
    def depends(self) -> bool:
        """Whether the call is allowed in some place, and it is not known whether in this one."""
        return self.effect is Effect.DEPENDS


def by_policy(decision: Decision) -> Verdict:
    """The policy's decision as a verdict."""
    return Verdict(
        effect=decision.effect,
        reason=decision.reason.value,
        because=decision.because,
        rule=decision.rule.words() if decision.rule else None,
        decision=decision,
        needs_approval=decision.needs_approval,
    )


def refused(reason: Reason, because: str, *, approval: str | None = None, answered_by: str | None = None) -> Verdict:
    """A refusal that the policy did not have to make."""
    return Verdict(effect=Effect.DENY, reason=reason.value, because=because, approval=approval, answered_by=answered_by)


LOOK_UP = Verdict(
    effect=Effect.ALLOW, reason=Reason.LOOK_UP.value, because="to decide a call", rule="look-up of the gate"
)


_EVERY = 100
_log = logging.getLogger(__name__)


class ObservedCalls:
    """Counts, for each agent, the calls that its policy refuses and observe mode let through, in this process."""

    def __init__(self) -> None:
        self._seen = Counter[str]()

    def note(self, agent: str, verdict: Verdict) -> None:
        """One more call of the agent that observe mode let through."""
        self._seen[agent] += 1
        count = self._seen[agent]
        if count == 1 or count % _EVERY == 0:
            _log.warning(
                "OBSERVE MODE: the policy of %s is not enforced (mode = observe). %d %s let through that it refuses,"
                " the last because %s. `crashgate log search --decision observed --agent %s` shows them all.",
                agent,
                count,
                "call was" if count == 1 else "calls were",
                verdict.because,
                agent,
            )
