"""Sessions that ended with a crash which BugSnag stored too. Rule: rows like any other, and few enough to be kept.

A ``crash`` as the last event of a session is a guess (G), as is what ``data`` has for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from crashgate_sandbox.bugspulse.moments import iso, milliseconds
from crashgate_sandbox.bugspulse.period import Period
from crashgate_sandbox.bugspulse.written import Format, record
from crashgate_sandbox.world.platform import Crumb
from crashgate_sandbox.world.visits import Visit

_FIRST_REQUEST = 900_001
_HOST = "https://api.shop.example"
_FAILED_BEFORE = 2500
"""Milliseconds before the crash in which a request fails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One more row of an export, by its moment in milliseconds."""

    moment: int
    given: Mapping[str, object]

    def row(self, form: Format) -> str:
        """The row, written."""
        return record(self.given, form)


class Visits:
    """The visits of a world, which are drawn when somebody asks for the first time."""

    def __init__(self, draw: Callable[[], Sequence[Visit]]) -> None:
        self._draw = draw

    def sessions(self, period: Period) -> list[Entry]:
        """The sessions that began in a period, newest first."""
        return [one for one in self._sessions if period.holds(one.moment)]

    def network(self, period: Period) -> list[Entry]:
        """The requests of a period, newest first."""
        return [one for one in self._network if period.holds(one.moment)]

    def events(self, session: str) -> list[Entry] | None:
        """What happened in the session with that id, in order; None when there is none."""
        visit = self._by_id.get(session)
        return None if visit is None else _events(visit)

    @cached_property
    def _by_id(self) -> dict[str, Visit]:
        return {visit.id: visit for visit in self._draw()}

    @cached_property
    def _sessions(self) -> list[Entry]:
        return [_session(visit) for visit in self._by_id.values()]

    @cached_property
    def _network(self) -> list[Entry]:
        made = sorted((each for visit in self._by_id.values() for each in _requests(visit)), key=lambda each: -each[0])
        return [
            Entry(moment=moment, given={"id": f"req_{_FIRST_REQUEST + place}", **given, "timestamp": iso(moment)})
            for place, (moment, given) in enumerate(made)
        ]


def _session(visit: Visit) -> Entry:
    one = visit.occurrence
    started, ended = milliseconds(visit.started), milliseconds(visit.ended)
    return Entry(
        moment=started,
        given={
            "id": visit.id,
            "userId": visit.user,
            "status": "crashed",
            "platform": one.error.project.plan.platform.type,
            "osVersion": one.os_version,
            "appVersion": one.release.version,
            "networkType": "cellular" if one.number % 2 else "wifi",
            "eventCount": len(visit.trail) + 1,
            "hasCrash": True,
            "hasNetworkErrors": True,
            "duration": ended - started,
            "startedAt": iso(started),
            "endedAt": iso(ended),
        },
    )


def _events(visit: Visit) -> list[Entry]:
    error = visit.occurrence.error
    happened = [(milliseconds(at), *_event(crumb)) for at, crumb in visit.trail]
    crash: Mapping[str, object] = {
        "name": error.kind.error_class,
        "message": error.message,
        "screen": error.place.context,
    }
    happened.append((milliseconds(visit.ended), "crash", crash))
    return [
        Entry(
            moment=moment,
            given={
                "id": f"evt_{sequence + 1:03}",
                "type": kind,
                "timestamp": iso(moment),
                "sequenceNumber": sequence,
                "data": data,
            },
        )
        for sequence, (moment, kind, data) in enumerate(happened)
    ]


def _event(crumb: Crumb) -> tuple[str, Mapping[str, object]]:
    if crumb.type == "navigation":
        return "navigate", {"from": None, "to": crumb.name}
    return "custom", {"name": crumb.name, "properties": dict(crumb.data)}


def _requests(visit: Visit) -> list[tuple[int, Mapping[str, object]]]:
    """Three of them; the last one fails, in every other visit without an answer."""
    started, ended = milliseconds(visit.started), milliseconds(visit.ended)
    answered = visit.occurrence.number % 2 == 0
    cart = {"method": "GET", "url": f"{_HOST}/v3/cart", "statusCode": 200, "duration": 182, "error": None}
    order = {"method": "POST", "url": f"{_HOST}/v3/orders", "statusCode": 201, "duration": 611, "error": None}
    payment = {
        "method": "POST",
        "url": f"{_HOST}/v3/payments",
        "statusCode": 503 if answered else None,
        "duration": 4100 if answered else None,
        "error": "Service Unavailable" if answered else "The network connection was lost.",
    }
    times = (started + 1000, (started + ended) // 2, ended - _FAILED_BEFORE)
    calls: tuple[Mapping[str, object], ...] = (cart, order, payment)
    return [(moment, {"sessionId": visit.id, **each}) for moment, each in zip(times, calls, strict=True)]
