"""Who has asked for text that outsiders can write, and lately. Rule: noted before it is asked for, whatever comes back.

THREATS row 5: such text may tell an agent what to do, so a policy can want a person between it and every change
(``after_untrusted_minutes``). Noted of an agent, for all its connections and processes together; under a policy without
that key nothing is noted and nobody is asked. Look-ups of the gate are none of the agent's reading.
"""

from crashgate.catalogue.untrusted import shows_untrusted
from crashgate.clock import Clock
from crashgate.gateway.case import Case
from crashgate.gateway.limiter import Counter
from crashgate.policy.approval import spoken_minutes


class Taint:
    """Notes what agents ask for, and says why a change then needs a person's approval."""

    def __init__(self, *, counter: Counter, clock: Clock) -> None:
        self._counter = counter
        self._clock = clock

    async def note(self, case: Case) -> None:
        """Note a call whose answer may hold such text, and which is about to be made. Raises StateUnavailableError."""
        operation, policy = case.ask.operation, case.policy
        if operation is None or policy is None or policy.approval.after_untrusted_minutes is None:
            return
        if shows_untrusted(operation):
            await self._counter.note_untrusted(case.ask.principal.agent, now=self._clock.now())

    async def why(self, case: Case) -> str:
        """The clause that says why a person has to agree to this change; empty where nobody has to.

        Raises StateUnavailableError.
        """
        minutes = case.policy.approval.after_untrusted(case.access) if case.policy else None
        if minutes is None:
            return ""
        since = await self._counter.since_untrusted(case.ask.principal.agent, now=self._clock.now())
        if since is None or since >= minutes * 60:
            return ""
        return f"text that outsiders can write was asked for less than {spoken_minutes(minutes)} ago"
