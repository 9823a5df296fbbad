"""Trends: events counted in stretches of time. Rule: ``/trend``, in the singular; the plural is no route.

Source: docs/upstreams/bugsnag.md#trends. The stretch begins one second before the first event (C).
"""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer
from crashgate_sandbox.bugsnag.call import Call, Route, seconds_time
from crashgate_sandbox.bugsnag.filters import filter_time
from crashgate_sandbox.bugsnag.search import find

_RESOLUTIONS = {"1m": 60, "5m": 300, "30m": 1800, "2h": 7200, "12h": 43_200}
_MOST_BUCKETS = 50
_MOST_POINTS = 2000


def get_error_trend(call: Call) -> Response:
    """``GET /projects/{project_id}/errors/{error_id}/trend``."""
    error = call.error()
    return _trend(call, [one.at for found in find(call, call.project(), [error]) for one in found.occurrences])


def get_project_trend(call: Call) -> Response:
    """``GET /projects/{project_id}/trend``."""
    return _trend(call, [one.at for found in find(call, call.project()) for one in found.occurrences])


def _trend(call: Call, moments: list[datetime]) -> Response:
    count, resolution = call.first("buckets_count"), call.first("resolution")
    if count is not None:
        if not (count.isascii() and count.isdigit() and 1 <= int(count) <= _MOST_BUCKETS):
            raise RefusedError(400, f"Buckets count must be between 1 and {_MOST_BUCKETS}")
    elif resolution is None:
        raise RefusedError(400, f"Buckets count must be between 1 and {_MOST_BUCKETS}")
    elif resolution not in _RESOLUTIONS:
        raise RefusedError(400, "Resolution is not included in the list")
    if not moments:
        return json_answer([])
    moments.sort()
    end = _edge(call, "event.before") or call.world.now
    start = _edge(call, "event.since") or moments[0] - timedelta(seconds=1)
    if count is not None:
        width = max(1, -int(-(end - start).total_seconds() // int(count)))
        return json_answer(_buckets(moments, int(start.timestamp()), width, int(count)))
    width = _RESOLUTIONS[resolution or ""]
    first = int(start.timestamp()) // width * width
    number = max(1, -(-int(end.timestamp() - first) // width))
    if number > _MOST_POINTS:
        raise RefusedError(400, "Too many data points requested. Please use a narrower time range or lower resolution.")
    return json_answer(_buckets(moments, first, width, number))


def _buckets(moments: list[datetime], first: int, width: int, number: int) -> list[JsonObject]:
    """``number`` stretches of ``width`` seconds from ``first``, seconds since 1970."""
    edges = [datetime.fromtimestamp(first + width * place, UTC) for place in range(number + 1)]
    places = [bisect_left(moments, edge) for edge in edges]
    return [
        {
            "from": seconds_time(edges[place]),
            "to": seconds_time(edges[place + 1]),
            "events_count": places[place + 1] - places[place],
        }
        for place in range(number)
    ]


def _edge(call: Call, field: str) -> datetime | None:
    """The time that a filter sets as the end of the stretch."""
    text = call.first(f"filters[{field}][][value]")
    return filter_time(text, call.world.now) if text is not None and call.filtering else None


ROUTES = (
    Route(method="GET", path="/projects/{project_id}/errors/{error_id}/trend", handler=get_error_trend),
    Route(method="GET", path="/projects/{project_id}/trend", handler=get_project_trend),
)
