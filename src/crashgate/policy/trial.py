"""What trial mode lets through although the policy refuses it. Rule: never a delete, and never a fault of the gate."""

from crashgate.catalogue.access import Access
from crashgate.policy.decision import Decision, Effect, Reason
from crashgate.policy.mode import Mode
from crashgate.policy.policy import Policy
from crashgate.policy.question import Question

_TRIED = frozenset({Reason.SWITCHED_OFF, Reason.LEVEL_TOO_LOW, Reason.OUTSIDE_SCOPE, Reason.NO_GRANT})


def lets_through(policy: Policy | None, question: Question, decision: Decision) -> bool:
    """True when ``decision`` is a denial that is to be recorded as such and not obeyed (``mode = "observe"``).

    ``question.access`` is what the call takes with the parameters that were given, so one costly parameter is enough
    to make it a delete.
    """
    return (
        policy is not None
        and policy.mode is Mode.OBSERVE
        and question.access is not Access.DELETE
        and decision.effect is Effect.DENY
        and decision.reason in _TRIED
    )
