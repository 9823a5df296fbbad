"""One request from path to answer. Rule: no such route, then no such key, then no budget, then the parameters.

``GET /export/…`` and the documented part of ``POST /ingest/…``, below ``prefix``. Only exports have a budget.
Source: docs/upstreams/bugspulse.md#access and #ingestion; which check comes first is a guess (G).
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from crashgate.clock import Clock
from crashgate_sandbox.bugspulse import crashes as crashes_export
from crashgate_sandbox.bugspulse import events as events_export
from crashgate_sandbox.bugspulse import network as network_export
from crashgate_sandbox.bugspulse import sessions as sessions_export
from crashgate_sandbox.bugspulse.answers import RefusedError, json_answer
from crashgate_sandbox.bugspulse.budget import Meter
from crashgate_sandbox.bugspulse.ingestion import Ingestion
from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY, require_key
from crashgate_sandbox.bugspulse.manners import Manners
from crashgate_sandbox.bugspulse.moments import milliseconds
from crashgate_sandbox.bugspulse.paging import Page, Paging, read_format, read_paging
from crashgate_sandbox.bugspulse.period import read_period
from crashgate_sandbox.bugspulse.timeline import within
from crashgate_sandbox.bugspulse.visits import Entry, Visits
from crashgate_sandbox.bugspulse.written import Format
from crashgate_sandbox.parts import Part
from crashgate_sandbox.world.visits import Visit
from crashgate_sandbox.world.world import World

Query = Mapping[str, str]
_REQUESTS_PER_MINUTE = 60
"""What the vendor documents."""


class BugsPulse:
    """One project's Export API. ``key`` None takes any; ``requests_per_minute`` None sets no limit.

    ``sessions`` (at most 16,777,216), ``crashes`` and ``network_logs`` are numbers of rows; their times go back from
    ``now``; ``visits`` are sessions beside them. Raises ValueError for more sessions.
    """

    def __init__(  # noqa: PLR0913 - the parts of a project, each with a usable default
        self,
        *,
        prefix: str = "",
        key: str | None = BUGSPULSE_KEY,
        requests_per_minute: int | None = _REQUESTS_PER_MINUTE,
        sessions: int = 240,
        crashes: int = 38,
        network_logs: int = 890,
        visits: Callable[[], Sequence[Visit]] = tuple,
        now: datetime,
        clock: Clock,
        manners: Manners | None = None,
    ) -> None:
        self._prefix = prefix
        self._key = key
        self._manners = manners or Manners()
        self._meter = Meter(requests_per_minute, manners=self._manners, clock=clock)
        moment = milliseconds(now)
        self._sessions = sessions_export.Sessions(count=sessions, network_logs=network_logs, now=moment)
        self._ingestion = Ingestion(known=lambda session: self._sessions.number(session) is not None)
        self._crashes = crashes_export.Crashes(count=crashes, now=moment)
        self._network = network_export.NetworkLogs(self._sessions, count=network_logs)
        self._events = events_export.Events(self._sessions)
        self._visits = Visits(visits)
        self._ingests: Mapping[str, Callable[[bytes], Response]] = {
            "/ingest/session": self._start_session,
            "/ingest/session/end": self._end_session,
        }
        self._exports: Mapping[str, Callable[[Query, Format], Page]] = {
            "/export/sessions": self._export_sessions,
            "/export/crashes": self._export_crashes,
            "/export/events": self._export_events,
            "/export/network": self._export_network,
        }

    def answer(self, request: Request, body: bytes) -> Response:
        """The answer to one request whose body has been read."""
        try:
            return self._answer(request, body)
        except RefusedError as refused:
            return refused.answer()

    def reset(self) -> None:
        """Forget what was ingested and every spent budget."""
        self._ingestion.clear()
        self._meter.reset()

    def _answer(self, request: Request, body: bytes) -> Response:
        path: str = request.scope["path"].removeprefix(self._prefix)
        ingest, export = self._ingests.get(path), self._exports.get(path)
        if ingest is not None:
            _require_method(request, "POST")
            require_key(request.headers.get("authorization"), self._key)
            return ingest(body)
        if export is not None:
            _require_method(request, "GET")
            self._meter.take(require_key(request.headers.get("authorization"), self._key))
            query = _first_of_each(request.url.query)
            return export(query, read_format(query)).answer()
        raise RefusedError(404, "Not found")

    def _export_sessions(self, query: Query, form: Format) -> Page:
        period = read_period(query, self._manners)
        paging = read_paging(query, self._manners)
        seeded = within(self._sessions.count, self._sessions.started, period)
        reported = [Entry(moment=one.started, given=one.given) for one in self._ingestion.within(period)]
        more = sorted([*reported, *self._visits.sessions(period)], key=lambda one: -one.moment)
        rows, total = _joined(seeded, self._sessions.started, self._sessions.rows, more, paging=paging, form=form)
        return Page(name="sessions", columns=sessions_export.COLUMNS, form=form, rows=rows, total=total, paging=paging)

    def _export_crashes(self, query: Query, form: Format) -> Page:
        paging = read_paging(query, self._manners)
        total = self._crashes.count
        rows = self._crashes.rows(paging.places(total), form)
        return Page(name="crashes", columns=crashes_export.COLUMNS, form=form, rows=rows, total=total, paging=paging)

    def _export_network(self, query: Query, form: Format) -> Page:
        period = read_period(query, self._manners)
        paging = read_paging(query, self._manners)
        seeded = within(self._network.count, self._network.moment, period)
        more = self._visits.network(period)
        rows, total = _joined(seeded, self._network.moment, self._network.rows, more, paging=paging, form=form)
        return Page(name="network", columns=network_export.COLUMNS, form=form, rows=rows, total=total, paging=paging)

    def _export_events(self, query: Query, form: Format) -> Page:
        """The whole session at once, so that ``limit`` is the total; an unknown session has no events (G)."""
        session = query.get("sessionId", "")
        if not session:
            raise RefusedError(400, "sessionId is required")
        number = self._sessions.number(session)
        visited = self._visits.events(session) or []
        total = len(visited) if number is None else self._events.count(number)
        paging = read_paging(query, self._manners) if self._manners.pages_events else Paging(page=1, limit=total)
        places = paging.places(total)
        if number is None:
            rows = [one.row(form) for one in visited[places.start : places.stop]]
        else:
            rows = self._events.rows(number, places, form)
        return Page(name="events", columns=events_export.COLUMNS, form=form, rows=rows, total=total, paging=paging)

    def _start_session(self, body: bytes) -> Response:
        self._ingestion.start(body)
        return json_answer(b'{"ok":true}', status=201)

    def _end_session(self, body: bytes) -> Response:
        self._ingestion.end(body)
        return json_answer(b'{"ok":true}')


def _require_method(request: Request, method: str) -> None:
    if request.method != method:
        raise RefusedError(405, "Method not allowed", headers={"Allow": method})


def _joined(  # noqa: PLR0913 - two kinds of rows, and which of them are wanted
    seeded: range,
    moment: Callable[[int], int],
    write: Callable[[range, Format], list[str]],
    more: Sequence[Entry],
    *,
    paging: Paging,
    form: Format,
) -> tuple[list[str], int]:
    """One page of the seeded rows and ``more`` together, both newest first, and how many rows there are."""
    # The place of each of ``more`` among all: after the seeded ones that are newer, and those of ``more`` before it.
    places = [
        bisect_left(seeded, -one.moment, key=lambda number: -moment(number)) + before for before, one in enumerate(more)
    ]
    total = len(seeded) + len(more)
    page = paging.places(total)
    first, end = bisect_left(places, page.start), bisect_left(places, page.stop)
    rows = write(seeded[page.start - first : page.stop - end], form)
    for place, one in zip(places[first:end], more[first:end], strict=True):
        rows.insert(place - page.start, one.row(form))
    return rows, total


def _first_of_each(query: str) -> Query:
    """The query's parameters; of a repeated one the first (G)."""
    return dict(reversed(parse_qsl(query, keep_blank_values=True)))


def _open(world: World, clock: Clock, limits: int | None) -> BugsPulse:
    allowed = None if limits is None else _REQUESTS_PER_MINUTE * limits
    return BugsPulse(prefix=PART.prefix, requests_per_minute=allowed, visits=world.visits, now=world.now, clock=clock)


PART = Part(provider="bugspulse", prefix="/bugspulse", credential=BUGSPULSE_KEY, open=_open)
