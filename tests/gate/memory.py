"""What the gate writes to and counts with, in memory. Rule: as the ports say, and broken when a test wants it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import anyio

from crashgate.audit.call import Entry, pair
from crashgate.audit.port import T
from crashgate.audit.record import DecisionRecord, OutcomeRecord, Record, Stored
from crashgate.errors import LogUnavailableError
from crashgate.gate.approval_requests import ApprovalRequest, Standing, Way
from crashgate.gate.quotas import Full
from crashgate.policy.limits import Rate


class MemoryLog:
    """A decision log in memory; ``refuse`` says of which records it cannot store."""

    def __init__(self) -> None:
        self.stored: list[Stored[Record]] = []
        self.refuse: Callable[[Record], bool] = lambda _: False

    async def append(self, record: T) -> Stored[T]:
        await anyio.lowlevel.checkpoint()
        if self.refuse(record):
            raise LogUnavailableError("The decision log cannot store a record.", why="The disk is full.")
        stored = Stored(chain="main", seq=len(self.stored) + 1, previous="", hash="", record=record)
        self.stored.append(stored)
        return stored

    async def aclose(self) -> None:
        """Nothing to close."""

    @property
    def records(self) -> list[Record]:
        return [each.record for each in self.stored]

    @property
    def decisions(self) -> list[DecisionRecord]:
        return [record for record in self.records if isinstance(record, DecisionRecord)]

    @property
    def outcomes(self) -> list[OutcomeRecord]:
        return [record for record in self.records if isinstance(record, OutcomeRecord)]

    @property
    def entries(self) -> list[Entry]:
        """Oldest first."""
        return list(pair(self.stored[::-1]))[::-1]

    @property
    def sentences(self) -> list[str]:
        return [entry.sentence for entry in self.entries]


class MemoryCounter:
    """A counter in memory: the times of all that was taken. ``broken`` is raised instead of counting."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, str], list[datetime]] = {}
        self.untrusted: dict[str, datetime] = {}
        self.broken: Exception | None = None

    async def take(self, agent: str, rates: Sequence[Rate], *, now: datetime) -> Full | None:
        await anyio.lowlevel.checkpoint()
        if self.broken is not None:
            raise self.broken
        full: list[Full] = []
        for rate in rates:
            since = now - timedelta(seconds=rate.window.seconds)
            within = [at for at in self.taken.get((agent, rate.counted.value), []) if at > since]
            if len(within) >= rate.most:
                full.append(Full(rate=rate, wait=(within[-rate.most] - since).total_seconds()))
        if full:
            return max(full, key=lambda each: each.wait)
        for counted in {rate.counted.value for rate in rates}:
            self.taken.setdefault((agent, counted), []).append(now)
        return None

    async def note_untrusted(self, agent: str, *, now: datetime) -> None:
        await anyio.lowlevel.checkpoint()
        if self.broken is not None:
            raise self.broken
        self.untrusted[agent] = max(now, self.untrusted.get(agent, now))

    async def since_untrusted(self, agent: str, *, now: datetime) -> float | None:
        await anyio.lowlevel.checkpoint()
        if self.broken is not None:
            raise self.broken
        noted = self.untrusted.get(agent)
        return None if noted is None else max(0.0, (now - noted).total_seconds())


class MemoryApprovals:
    """An approval store in memory; ``broken`` is raised instead of everything."""

    def __init__(self) -> None:
        self.kept: dict[str, ApprovalRequest] = {}
        self.broken: Exception | None = None

    async def request(self, wanted: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        await anyio.lowlevel.checkpoint()
        holding = await self.held(wanted)
        if holding is not None:
            return holding
        waiting = [
            each
            for each in self.kept.values()
            if each.agent == wanted.agent and each.standing is Standing.PENDING and not each.expired(wanted.asked)
        ]
        if len(waiting) >= most:
            return None
        self.kept[wanted.id] = wanted
        return wanted

    async def held(self, wanted: ApprovalRequest) -> ApprovalRequest | None:
        if self.broken is not None:
            raise self.broken
        holding = [
            each
            for each in self.kept.values()
            if each.standing is not Standing.USED
            and not each.expired(wanted.asked)
            and (each.agent, each.digest, each.policy_hash) == (wanted.agent, wanted.digest, wanted.policy_hash)
        ]
        return holding[-1] if holding else None

    async def answer(
        self, identifier: str, *, approved: bool, by: str, way: Way, now: datetime
    ) -> ApprovalRequest | None:
        await anyio.lowlevel.checkpoint()
        found = self.kept.get(identifier)
        if found is not None and found.standing is Standing.PENDING and not found.expired(now):
            found = self.kept[identifier] = replace(
                found,
                standing=Standing.APPROVED if approved else Standing.REJECTED,
                answered=now,
                answered_by=by,
                way=way,
                expires=now + timedelta(minutes=found.minutes),
            )
        return found

    async def use(self, wanted: ApprovalRequest, *, now: datetime) -> bool:
        await anyio.lowlevel.checkpoint()
        found = self.kept.get(wanted.id)
        if found is None or found.standing is not Standing.APPROVED or found.expired(now):
            return False
        if (found.agent, found.digest, found.policy_hash) != (wanted.agent, wanted.digest, wanted.policy_hash):
            return False
        self.kept[wanted.id] = replace(found, standing=Standing.USED, used_by=wanted.used_by)
        return True

    async def find(self, identifier: str) -> ApprovalRequest | None:
        return self.kept.get(identifier)

    async def all(self) -> Sequence[ApprovalRequest]:
        return list(self.kept.values())
