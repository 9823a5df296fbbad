"""What a person has to agree to first. Rule: it narrows what grants give, and gives nothing itself."""

from dataclasses import dataclass

from crashgate.catalogue.access import Access

USUAL_MINUTES = 15
MOST_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """Ids of operations, and for how many minutes a request for approval, or an approval not yet used, holds.

    ``ask_client`` says that the user at the agent's own client may answer; without it only the operator does. Whoever
    holds an agent's token could write a client that answers by itself. ``after_untrusted_minutes``: for so long after
    the agent asked for text that outsiders can write, a person has to agree to every change, whatever its operation
    (THREATS row 5); None where that makes no difference.
    """

    operations: frozenset[str] = frozenset()
    expires_minutes: int = USUAL_MINUTES
    ask_client: bool = True
    after_untrusted_minutes: int | None = None

    def after_untrusted(self, access: Access | None) -> int | None:
        """For how many minutes after such text was asked for a person has to agree to a call that takes ``access``.

        None for a read, and where the policy does not have it.
        """
        return None if access is Access.READ else self.after_untrusted_minutes


def after_reading(minutes: int) -> str:
    """What is said of a change that a person has to agree to for so long."""
    return (
        f"A person has to approve it for {spoken_minutes(minutes)} after text that outsiders can write was asked for."
    )


def spoken_minutes(minutes: int) -> str:
    """``60 minutes``, ``1 minute``."""
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
