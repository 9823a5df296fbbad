"""All sessions and traces, drawn and ingested. Rule: what is ingested is queued first, and newer than all drawn.

A trace with a session id makes the session. An event id counts once; the id in an event's body says which trace it
changes, and fields that it leaves out stay. Source: docs/upstreams/browserstack.md#ingestion.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from crashgate.clock import Clock
from crashgate_sandbox.browserstack.drawn import DrawnSessions
from crashgate_sandbox.browserstack.query import ListQuery, read_moment
from crashgate_sandbox.browserstack.records import Session, Trace, whole_milliseconds

_FIELDS = {
    "name": "name",
    "userId": "user_id",
    "input": "input",
    "output": "output",
    "sessionId": "session_id",
    "release": "release",
    "version": "version",
    "metadata": "metadata",
    "environment": "environment",
    "public": "public",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Queued:
    """What an event says of a trace, until it can be read at ``due`` on the monotonic clock."""

    due: float
    arrived: datetime
    trace_id: str
    body: Mapping[str, object]


class EvalStore:
    """What one project holds. Something ingested can be read ``delay`` seconds later."""

    def __init__(self, drawn: DrawnSessions, clock: Clock, delay: float) -> None:
        self._drawn = drawn
        self._clock = clock
        self._delay = delay
        self._all_drawn: tuple[Trace, ...] | None = None
        self._events: set[str] = set()
        self._queue: deque[_Queued] = deque()
        self._sessions: dict[str, Session] = {}
        self._traces: dict[str, Trace] = {}

    def ingest(self, event_id: str, trace_id: str, body: Mapping[str, object]) -> None:
        """Queue what a valid event says of a trace. A second event of the same id changes nothing."""
        if event_id in self._events:
            return
        self._events.add(event_id)
        now = max(whole_milliseconds(self._clock.now()), self._drawn.now)
        due = self._clock.monotonic() + self._delay
        self._queue.append(_Queued(due=due, arrived=now, trace_id=trace_id, body=body))

    def reset(self) -> None:
        """Forget all that was ingested."""
        self._events.clear()
        self._queue.clear()
        self._sessions.clear()
        self._traces.clear()

    def sessions(self, query: ListQuery, *, inclusive: bool) -> tuple[list[Session], int]:
        """One page of sessions, newest first, and how many there are. ``inclusive``: the end of the time belongs."""
        self._settle()
        environments, start, until = query.environments, query.from_timestamp, query.before(inclusive=inclusive)
        added = [
            one
            for one in sorted(self._sessions.values(), key=lambda one: one.created_at, reverse=True)
            if (environments is None or one.environment in environments)
            and (start is None or one.created_at >= start)
            and (until is None or one.created_at < until)
        ]
        places = self._drawn.places(environments, start, until)
        offset = (query.page - 1) * query.limit
        rows = added[offset : offset + query.limit]
        first = max(0, offset - len(added))
        rows += [self._drawn.session(place) for place in places[first : first + query.limit - len(rows)]]
        return rows, len(added) + len(places)

    def session(self, session_id: str) -> Session | None:
        """The session of that id."""
        self._settle()
        place = self._drawn.place(session_id)
        return self._sessions.get(session_id) if place is None else self._drawn.session(place)

    def traces_of(self, session_id: str) -> list[Trace]:
        """All traces of a session, oldest first (G)."""
        self._settle()
        place = self._drawn.place(session_id)
        drawn = [] if place is None else self._drawn.traces(place)
        found = [one for one in drawn if one.id not in self._traces]
        found += [one for one in self._traces.values() if one.session_id == session_id]
        return sorted(found, key=lambda one: one.timestamp)

    def traces(self) -> Sequence[Trace]:
        """All traces of all sessions, in no order. The drawn ones are made once, so this is for small sandboxes."""
        self._settle()
        if self._all_drawn is None:
            self._all_drawn = tuple(one for place in range(len(self._drawn)) for one in self._drawn.traces(place))
        return [*(one for one in self._all_drawn if one.id not in self._traces), *self._traces.values()]

    def trace(self, trace_id: str) -> Trace | None:
        """The trace of that id."""
        self._settle()
        return self._traces.get(trace_id) or self._drawn.trace(trace_id)

    def _settle(self) -> None:
        while self._queue and self._queue[0].due <= self._clock.monotonic():
            self._keep(self._queue.popleft())

    def _keep(self, event: _Queued) -> None:
        now = event.arrived
        known = self._traces.get(event.trace_id) or self._drawn.trace(event.trace_id)
        known = known or Trace(id=event.trace_id, timestamp=now, created_at=now, updated_at=now)
        trace = replace(_changed(known, event.body), updated_at=now)
        self._traces[trace.id] = trace
        name = trace.session_id
        if name and name not in self._sessions and self._drawn.place(name) is None:
            self._sessions[name] = Session(id=name, created_at=now, environment=trace.environment)


def _changed(trace: Trace, body: Mapping[str, object]) -> Trace:
    given = {ours: body[theirs] for theirs, ours in _FIELDS.items() if body.get(theirs) is not None}
    moment = read_moment(body.get("timestamp"))
    if moment is not None:
        given["timestamp"] = moment
    tags = body.get("tags")
    if isinstance(tags, list):
        # Tags of several events are put together (G).
        given["tags"] = tuple(sorted({*trace.tags, *cast("list[str]", tags)}))
    # Each field's type was checked when the event arrived.
    return replace(trace, **cast("dict[str, Any]", given))
