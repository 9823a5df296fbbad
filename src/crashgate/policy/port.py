"""Where the policies in force come from, as a port. Rule: whoever decides asks anew for each decision."""

from typing import Protocol

from crashgate.policy.policy import PolicySet


class PolicySource(Protocol):
    """What the gate asks for the policies in force."""

    def current(self) -> PolicySet:
        """The policies in force now: whole, checked, never half of a change. Does no I/O."""
        ...
