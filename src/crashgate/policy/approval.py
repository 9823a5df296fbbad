"""What a person has to agree to first. Rule: it narrows what grants give, and gives nothing itself."""

from dataclasses import dataclass

USUAL_MINUTES = 15
MOST_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """Ids of operations, and for how many minutes a request for approval, or an approval not yet used, holds.

    ``ask_client`` says that the user at the agent's own client may answer; without it only the operator does. Whoever
    holds an agent's token could write a client that answers by itself.
    """

    operations: frozenset[str] = frozenset()
    expires_minutes: int = USUAL_MINUTES
    ask_client: bool = True
