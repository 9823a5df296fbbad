"""What the door decided about one call. Rule: an allow always names the rule that allows it."""

from dataclasses import dataclass
from enum import StrEnum, unique

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
    LOOK_UP = "look_up"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """``allowed`` or not, with the reason as a code, the deciding rule in words, and the clause for the sentence."""

    allowed: bool
    reason: str
    because: str
    rule: str | None = None


def by_policy(decision: Decision) -> Ruling:
    """The policy's decision as a ruling; a place that stays unknown allows nothing but rows that prove theirs."""
    return Ruling(
        allowed=decision.effect is not Effect.DENY,
        reason=decision.reason.value,
        because=decision.because,
        rule=decision.rule.words() if decision.rule else None,
    )


def refused(reason: Reason, because: str) -> Ruling:
    """A refusal that the policy did not have to make."""
    return Ruling(allowed=False, reason=reason.value, because=because)


LOOK_UP = Ruling(allowed=True, reason=Reason.LOOK_UP.value, because="to decide a call", rule="look-up of the gate")
