"""The sessions that are there from the start. Rule: each is a function of its place, so that a million cost nothing.

Place 0 is the newest. Ids and times can be turned back into places, so nothing is kept but which places belong to an
environment. The first places hold what is awkward: ids with slashes, question marks, percent signs and other scripts,
a session of a thousand traces, and one whose traces are gone.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from crashgate_sandbox.browserstack.conversations import replayed_turn, turn
from crashgate_sandbox.browserstack.records import Session, Trace, whole_milliseconds

AWKWARD_IDS = (
    "tenant/acme/chat/42",
    "order?id=7&page=2#top",
    "returns%2F2026",
    "100% wool",
    "café ☕ 訪問/日本",
    " two  spaces ",
    "../traces",
    "order-\u202efdp.exe",
    "a+b;c=d,e",
    "s" * 200,
)
"""Ids that an application chose itself; they are at the places from 1 on."""
HUGE_ID = "nightly-replay-2026-11-19"
HUGE_TRACES = 1000
EMPTY_ID = "all-traces-deleted"

ENVIRONMENTS = ("production", "staging", "default", "development", "qa-eu", "canary_2")
_NAMED = dict(enumerate((*AWKWARD_IDS, HUGE_ID, EMPTY_ID), start=1))
_PLACES_OF_NAMED = {session_id: place for place, session_id in _NAMED.items()}
_ROTA = (0, 0, 1, 0, 2, 0, 0, 3, 0, 1, 0, 4, 0, 0, 1, 0, 5, 2, 0, 1)
"""Environments of twenty places: eleven in production, and each of the others at least once."""

_FACTOR, _OFFSET, _NUMBERS = 0x9E3779B1, 0x5BD1E995, 2**32
_BACK = pow(_FACTOR, -1, _NUMBERS)
_DAYS = 14
_MOST_TURNS = 6
_TRACE_ID = 32


class DrawnSessions:
    """``count`` sessions of the fourteen days before ``now``, newest first."""

    def __init__(self, count: int, now: datetime) -> None:
        self.now = whole_milliseconds(now)
        self._count = min(count, _NUMBERS)
        self._step = max(1, _DAYS * 86_400_000 // max(1, count))
        self._by_environment: dict[frozenset[str], Sequence[int]] = {}

    def __len__(self) -> int:
        return self._count

    def session(self, place: int) -> Session:
        """The session at a place."""
        return Session(
            id=_NAMED.get(place) or f"chat-{_scrambled(place):08x}",
            created_at=self._created_at(place),
            environment=ENVIRONMENTS[_ROTA[place % len(_ROTA)]],
        )

    def place(self, session_id: str) -> int | None:
        """Where a session is; None when there is none of that id."""
        place = _PLACES_OF_NAMED.get(session_id)
        if place is None:
            place = _unscrambled(session_id.removeprefix("chat-"))
        return place if place < self._count and self.session(place).id == session_id else None

    def places(
        self, environments: frozenset[str] | None, start: datetime | None, end: datetime | None
    ) -> Sequence[int]:
        """The places of sessions made from ``start`` on and before ``end``."""
        places = range(self._count) if environments is None else self._in(environments.intersection(ENVIRONMENTS))
        if start is None and end is None:
            return places
        first = 0 if end is None else self._first_before(places, end)
        last = len(places) if start is None else self._first_before(places, start)
        return places[first : max(first, last)]

    def traces(self, place: int) -> list[Trace]:
        """The traces of the session at a place, oldest first."""
        return [self._trace(place, number) for number in range(self._turns(place))]

    def trace(self, trace_id: str) -> Trace | None:
        """The trace of that id."""
        place = _unscrambled(trace_id[:8])
        if len(trace_id) != _TRACE_ID or place >= self._count:
            return None
        number = _number(trace_id[8:12])
        found = self._trace(place, number) if number < self._turns(place) else None
        return found if found is not None and found.id == trace_id else None

    def _trace(self, place: int, number: int) -> Trace:
        session = self.session(place)
        first = _scrambled(place)
        trace_id = f"{first:08x}{number:04x}{_scrambled(first ^ number):08x}{_scrambled(number):08x}{place % 16**4:04x}"
        if session.id == HUGE_ID:
            return replayed_turn(session, number, trace_id)
        return turn(session, place, number, trace_id, self.now)

    def _turns(self, place: int) -> int:
        named = _NAMED.get(place)
        if named == HUGE_ID:
            return HUGE_TRACES
        return 0 if named == EMPTY_ID else 1 + _scrambled(place) % _MOST_TURNS

    def _first_before(self, places: Sequence[int], moment: datetime) -> int:
        """How many of the places are from ``moment`` or later; times fall as places rise."""
        return bisect_right(places, -moment.timestamp(), key=lambda place: -self._created_at(place).timestamp())

    def _created_at(self, place: int) -> datetime:
        within = _scrambled(place) * self._step // _NUMBERS
        return self.now - timedelta(milliseconds=place * self._step + within + 1)

    def _in(self, environments: frozenset[str]) -> Sequence[int]:
        if environments not in self._by_environment:
            rota = [place for place, one in enumerate(_ROTA) if ENVIRONMENTS[one] in environments]
            rounds = range(0, self._count, len(_ROTA))
            found = [start + place for start in rounds for place in rota if start + place < self._count]
            self._by_environment[environments] = found
        return self._by_environment[environments]


def _scrambled(number: int) -> int:
    return (number * _FACTOR + _OFFSET) % _NUMBERS


def _unscrambled(digits: str) -> int:
    """The place behind eight hexadecimal digits; beyond all places for anything else."""
    number = _number(digits)
    return (number - _OFFSET) * _BACK % _NUMBERS if number < _NUMBERS else _NUMBERS


def _number(digits: str) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        return _NUMBERS
