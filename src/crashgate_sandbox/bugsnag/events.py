"""Events: lists of short ones, and single full reports. Rule: events of one second stay on one page.

Source: docs/upstreams/bugsnag.md#events and #paging. The link names the second that goes on and how many
rows came before it (C: 63 rows on a page of 30).
"""

from datetime import datetime

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content, not_found
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time, parse_time, seconds_time
from crashgate_sandbox.bugsnag.event_report import report_json
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page, refuse_depth
from crashgate_sandbox.bugsnag.search import Found, find
from crashgate_sandbox.world.occurrences import Occurrence

_MOST = 30


def list_error_events(call: Call) -> Response:
    """``GET /projects/{project_id}/errors/{error_id}/events``."""
    error = call.error()
    return _page(call, find(call, call.project(), [error]))


def list_project_events(call: Call) -> Response:
    """``GET /projects/{project_id}/events``."""
    return _page(call, find(call, call.project()))


def _page(call: Call, found: list[Found]) -> Response:
    newest_first = call.first("direction") != "asc"
    rows = [one for group in found for one in group.occurrences]
    rows.sort(key=lambda one: (one.at, one.id), reverse=newest_first)
    position, before = _position(call)
    refuse_depth(call, before)
    rest = [one for one in rows if position is None or (one.at <= position if newest_first else one.at >= position)]
    end = min(per_page(call, most=_MOST), len(rest))
    while 0 < end < len(rest) and rest[end].at == rest[end - 1].at:
        end += 1
    following = None
    if end < len(rest):
        more = {
            "base": call.first("base") or seconds_time(call.world.now),
            "offset[count]": str(before + end),
            "offset[timestamp]": seconds_time(rest[end].at),
            "offset[total_count]": str(len(rows)),
        }
        following = link(call, more, without=["offset"])
    write = report_json if call.flag("full_reports") else summary_json
    headers = {"X-Total-Count": str(len(rows)), **link_header(next=following)}
    return json_answer([write(call, one) for one in rest[:end]], headers=headers)


def _position(call: Call) -> tuple[datetime | None, int]:
    """Where a followed link goes on, and how many rows came before; a plain ``offset=N`` is ignored (G)."""
    text = call.first("offset[timestamp]")
    if text is None:
        return None, 0
    moment, count = parse_time(text), call.first("offset[count]") or "0"
    if moment is None or not (count.isascii() and count.isdigit()):
        raise RefusedError(400, "Pagination Offset is invalid")
    return moment, int(count)


def get_event(call: Call) -> Response:
    """``GET /projects/{project_id}/events/{event_id}``."""
    return json_answer(report_json(call, _event(call)))


def delete_event(call: Call) -> Response:
    """``DELETE /projects/{project_id}/events/{event_id}``; the role that it needs is not documented (G)."""
    found = _event(call)
    call.require_write(call.project())
    call.world.delete_event(found)
    return no_content()


def _event(call: Call) -> Occurrence:
    """The event in the path, if it is in the project in the path."""
    project = call.project()
    found = call.world.occurrence(call.params["event_id"])
    if found is None or found.error.project.id != project.id:
        raise not_found("Event")
    return found


def get_latest_event(call: Call) -> Response:
    """``GET /errors/{error_id}/latest_event``: no project in the path, so only the caller's reach limits it."""
    return json_answer(report_json(call, call.world.occurrences(call.error())[0]))


def summary_json(call: Call, one: Occurrence) -> JsonObject:
    """The short form of lists."""
    error, state = one.error, call.world.state(one.error)
    received = "receivedAt" if call.manners.old_spellings else "received_at"
    return {
        "id": one.id,
        "url": call.url(f"/events/{one.id}"),
        "project_url": call.url(f"/projects/{error.project.id}"),
        "is_full_report": False,
        "error_id": error.id,
        received: millis_time(one.at),
        "exceptions": [{"errorClass": error.kind.error_class, "message": error.message}],
        "error_class": error.kind.error_class,
        "message": error.message,
        "severity": state.overridden_severity or error.kind.severity,
        "context": error.place.context,
        "unhandled": error.kind.unhandled,
        "app": {"releaseStage": one.release.stage, "type": error.project.plan.platform.app_type},
    }


ROUTES = (
    Route(method="GET", path="/projects/{project_id}/errors/{error_id}/events", handler=list_error_events),
    Route(method="GET", path="/projects/{project_id}/events", handler=list_project_events),
    Route(method="GET", path="/projects/{project_id}/events/{event_id}", handler=get_event),
    Route(method="DELETE", path="/projects/{project_id}/events/{event_id}", handler=delete_event),
    Route(method="GET", path="/errors/{error_id}/latest_event", handler=get_latest_event),
)
