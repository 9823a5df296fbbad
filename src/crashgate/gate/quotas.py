"""How much an agent may do. Rule: counted before anything is sent, for all its connections and processes together.

THREATS row 23. A call counts among the ``calls`` as soon as the policy could allow it and its arguments are in order:
before the first look-up, so that nobody makes the gate ask upstream without end. It counts among the ``writes`` or
``deletes`` when it is about to be sent. What is refused before that does not count, and nor do look-ups of the gate. Of
several calls that race for one approval all count, and one is made.

Who has asked for text that outsiders can write, and lately. Rule: noted before it is asked for, whatever comes back.

THREATS row 5: such text may tell an agent what to do, so a policy can want a person between it and every change
(``after_untrusted_minutes``). Noted of an agent, for all its connections and processes together; under a policy without
that key nothing is noted and nobody is asked. Look-ups of the gate are none of the agent's reading.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crashgate.clock import Clock
from crashgate.errors import LimitError, RowLimitError
from crashgate.gate.case import CallState
from crashgate.model.untrusted import shows_untrusted
from crashgate.policy.limits import Counted, Rate, spoken_minutes
from crashgate.policy.policy import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Full:
    """The rate that is used up, and in how many seconds it lets one more through."""

    rate: Rate
    wait: float


class Counter(Protocol):
    """The counts, for all processes that share a state folder."""

    async def take(self, agent: str, rates: Sequence[Rate], *, now: datetime) -> Full | None:
        """Count one more of the agent in each of ``rates``, or in none where one of them is used up.

        Where several are, the one with the longest wait. Raises StateUnavailableError when it cannot count.
        """
        ...

    async def note_untrusted(self, agent: str, *, now: datetime) -> None:
        """Keep that the agent asks for text that outsiders can write; the last time is kept.

        Raises StateUnavailableError when it cannot be kept.
        """
        ...

    async def since_untrusted(self, agent: str, *, now: datetime) -> float | None:
        """How many seconds ago the agent last did so; None where it never did. Raises StateUnavailableError."""
        ...


class Limiter:
    """Counts calls against the limits of a policy. Without limits nothing is counted."""

    def __init__(self, *, counter: Counter, clock: Clock) -> None:
        self._counter = counter
        self._clock = clock

    async def call(self, case: CallState) -> None:
        """Count a call, once. Raises LimitError, StateUnavailableError."""
        if case.counted:
            return
        await self._take(case, calls=True)
        # check: a call counts once
        case.counted = True

    async def change(self, case: CallState) -> None:
        """Count what the call changes. Raises LimitError, StateUnavailableError."""
        await self._take(case, calls=False)

    async def _take(self, case: CallState, *, calls: bool) -> None:
        """Count against the limits of calls, or against those of changes."""
        if case.policy is None or case.access is None or not case.policy.limits.rates:
            return
        on_it = case.policy.limits.on(case.access)
        rates = tuple(rate for rate in on_it if (rate.counted is Counted.CALLS) is calls)
        if not rates:
            return
        full = await self._counter.take(case.ask.principal.agent, rates, now=self._clock.now())
        # check: a rate that is used up refuses
        if full is not None:
            raise _too_many(full)


def check_rows(policy: Policy | None, rows: int) -> None:
    """Raises RowLimitError where one export may not hold so many rows."""
    most = policy.limits.rows_per_export if policy else None
    if most is not None and rows > most:
        raise RowLimitError(
            f"The export has more than {most} rows.",
            why=f"The policy lets one export hold {most} at most.",
            remedy="Ask for less, with filters or a shorter time, or ask the policy's owner for more.",
        )


def _too_many(full: Full) -> LimitError:
    wait = max(1, math.ceil(full.wait))
    return LimitError(
        f"The limit of {full.rate.spoken} is reached.",
        because=f"the limit of {full.rate.spoken} is reached; the next call is possible in {wait} s",
        why="The policy sets it for all connections and sessions of the agent together.",
        remedy=f"Try again in {wait} seconds, not sooner. Nothing was sent.",
        retry_after=wait,
    )


class UntrustedExposure:
    """Notes what agents ask for, and says why a change then needs a person's approval."""

    def __init__(self, *, counter: Counter, clock: Clock) -> None:
        self._counter = counter
        self._clock = clock

    async def note(self, case: CallState) -> None:
        """Note a call whose answer may hold such text, and which is about to be made. Raises StateUnavailableError."""
        operation, policy = case.ask.operation, case.policy
        if operation is None or policy is None or policy.approval.after_untrusted_minutes is None or case.together:
            return
        if shows_untrusted(operation):
            await self._counter.note_untrusted(case.ask.principal.agent, now=self._clock.now())

    async def why(self, case: CallState) -> str:
        """The clause that says why a person has to agree to this change; empty where nobody has to.

        Raises StateUnavailableError.
        """
        minutes = case.policy.approval.after_untrusted(case.access) if case.policy else None
        if minutes is None:
            return ""
        since = await self._counter.since_untrusted(case.ask.principal.agent, now=self._clock.now())
        if (
            since is None
            or since
            >= minutes
            # check: the minutes after reading are as many as the policy says
            * 60
        ):
            return ""
        return f"text that outsiders can write was asked for less than {spoken_minutes(minutes)} ago"
