"""A decision together with its outcome. An allowed call without an outcome is "unknown", never left out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard, cast

from crashgate.audit.record import AsideRecord, DecisionRecord, Effect, OutcomeRecord, Record, Stored, agent_of
from crashgate.sanitise import clean

_LIMIT = 2_000
"""More than any sentence of ours; it bounds what somebody else put into the store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One call, as people read it."""

    decision: Stored[DecisionRecord]
    outcome: Stored[OutcomeRecord] | None

    @property
    def at(self) -> str:
        """When it was decided."""
        return self.decision.record.at

    @property
    def agent(self) -> str:
        """Whose call it is."""
        return self.decision.record.agent

    @property
    def unknown(self) -> bool:
        """True for an allowed call whose outcome is not in the log: it still runs, or was cut short."""
        return self.outcome is None and self.decision.record.effect is Effect.ALLOW

    @property
    def sentence(self) -> str:
        """All of it in one line, cleaned again: the store may have been altered."""
        told = self.decision.record.sentence if self.outcome is None else self.outcome.record.sentence
        return clean(f"{told} Outcome unknown." if self.unknown else told, limit=_LIMIT, lines=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """A record that is not of a call, as people read it."""

    stored: Stored[AsideRecord]

    @property
    def at(self) -> str:
        """When it was, or began."""
        return self.stored.record.at

    @property
    def agent(self) -> str | None:
        """Who it was, where that is known."""
        return agent_of(self.stored.record) or None

    @property
    def sentence(self) -> str:
        """Cleaned again: the store may have been altered."""
        return clean(self.stored.record.sentence, limit=_LIMIT, lines=False)


def pair(newest_first: Iterable[Stored[Record]]) -> Iterator[Entry]:
    """Entries, newest decision first, from records in the opposite order to that in which they were stored."""
    return (each for each in tell(newest_first) if isinstance(each, Entry))


def tell(newest_first: Iterable[Stored[Record]]) -> Iterator[Entry | Aside]:
    """Entries and what is not of a call, newest first, from records in the opposite order to that of the store.

    Read backwards, an outcome always comes before its decision, so only calls in flight are held in memory.
    """
    outcomes: dict[str, Stored[OutcomeRecord]] = {}
    for stored in newest_first:
        if _is_outcome(stored):
            outcomes[stored.record.call] = stored
        elif _is_decision(stored):
            yield Entry(decision=stored, outcome=outcomes.pop(stored.record.call, None))
        else:
            yield Aside(stored=cast("Stored[AsideRecord]", stored))


def _is_outcome(stored: Stored[Record]) -> TypeGuard[Stored[OutcomeRecord]]:
    return isinstance(stored.record, OutcomeRecord)


def _is_decision(stored: Stored[Record]) -> TypeGuard[Stored[DecisionRecord]]:
    return isinstance(stored.record, DecisionRecord)
