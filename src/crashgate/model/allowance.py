"""How much one call of a composite tool may send upstream."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from crashgate.errors import LimitError


class AllowanceError(LimitError):
    """The call of a composite tool has sent all that it may; nothing was sent for this part of it."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"One call may send {most} requests upstream, and this part would take more.",
            because="the call of a composite tool has sent all that it may",
            remedy="Ask for this part in a call of its own.",
        )


@dataclass(kw_only=True, slots=True)
class Allowance:
    """The requests that one call may send, the gate's look-ups and what is sent again included."""

    most: int
    spent: int = 0

    @property
    def left(self) -> int:
        """The requests that may still be sent."""
        return max(0, self.most - self.spent)

    def take(self) -> None:
        """Count a request that is about to leave. Raises AllowanceError where there is no room for it."""
        # check: a composite tool sends a bounded number of requests
        if self.spent >= self.most:
            raise AllowanceError(self.most)
        self.spent += 1


@contextmanager
def counting(allowance: Allowance, requests: Callable[[], int]) -> Generator[None]:
    """Take one request out of the allowance, and afterwards those that were sent again.

    ``requests`` counts what was sent. An answer that is shared with another agent takes one too: what is left of an
    allowance says nothing of others. Raises AllowanceError.
    """
    before = requests()
    allowance.take()
    try:
        yield
    finally:
        allowance.spent += max(0, requests() - before - 1)
