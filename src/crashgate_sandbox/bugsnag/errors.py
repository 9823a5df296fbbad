"""Errors: listing, reading and deleting them. Rule: filters change which events count, never what an error is."""

from collections import Counter
from datetime import timedelta

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content, not_found
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time, seconds_time
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page, plain_offset, refuse_depth
from crashgate_sandbox.bugsnag.search import Found, find
from crashgate_sandbox.world.accounts import Role
from crashgate_sandbox.world.errors import Issue

_SORTS = ("last_seen", "first_seen", "users", "events")
_HISTOGRAM_DAYS = {"two_week": 14, "dynamic": 30}
_UNSORTED_POSITION = "offset[unsorted]"


def list_errors(call: Call) -> Response:
    """``GET /projects/{project_id}/errors``."""
    project = call.project()
    sort = call.first("sort") or "last_seen"
    if sort == "unsorted":
        return _list_unsorted(call)
    if sort not in _SORTS:
        raise RefusedError(400, "Sort is not included in the list")
    start, size = plain_offset(call), per_page(call, most=100)
    refuse_depth(call, start)
    rows = find(call, project)
    rows.sort(key=lambda found: (_sort_value(found, sort), found.error.id), reverse=call.first("direction") != "asc")
    pinned = call.first("base") or seconds_time(call.world.now)
    more = {"base": pinned, "offset": str(start + size)}
    following = link(call, more) if start + size < len(rows) else None
    headers = {"X-Total-Count": str(len(rows)), **link_header(next=following)}
    return json_answer([error_json(call, found) for found in rows[start : start + size]], headers=headers)


def _list_unsorted(call: Call) -> Response:
    """Errors as they lie: no depth limit, pages may hold fewer rows than asked for (A C), no plain offset (L).

    How the vendor's own link goes on is not known; ours is a guess.
    """
    project = call.project()
    if call.first("offset") is not None:
        raise RefusedError(400, "Pagination Offset is invalid")
    size = per_page(call, most=100)
    everything = call.world.errors_of(project.id)
    text = call.first(_UNSORTED_POSITION) or "0"
    start = int(text) if text.isascii() and text.isdigit() else 0
    more = {"base": call.first("base") or seconds_time(call.world.now), _UNSORTED_POSITION: str(start + size)}
    following = link(call, more) if start + size < len(everything) else None
    rows = find(call, project, everything[start : start + size])
    headers = {"X-Total-Count": str(len(find(call, project))), **link_header(next=following)}
    return json_answer([error_json(call, found) for found in rows], headers=headers)


def get_error(call: Call) -> Response:
    """``GET /projects/{project_id}/errors/{error_id}``; filters that leave no event leave no error (G)."""
    error = call.error()
    found = find(call, call.project(), [error])
    if not found:
        raise not_found("Error")
    return json_answer(error_json(call, found[0]))


def delete_error(call: Call) -> Response:
    """``DELETE /projects/{project_id}/errors/{error_id}``."""
    error = call.error()
    call.require(error.project, Role.ADMIN)
    call.world.delete_errors([error])
    return no_content()


def delete_all_errors(call: Call) -> Response:
    """``DELETE /projects/{project_id}/errors``: what an empty error id turns a delete into."""
    project = call.project()
    call.require(project, Role.ADMIN)
    call.world.delete_errors(call.world.errors_of(project.id))
    return no_content()


def error_json(call: Call, found: Found) -> JsonObject:
    """The error as the vendor shows it; counts and times are of the events that the request means."""
    error, state = found.error, found.state
    everything = call.world.occurrences(error)
    severity = error.kind.severity
    body: JsonObject = {
        "id": error.id,
        "project_id": error.project.id,
        "error_class": error.kind.error_class,
        "message": error.message,
        "context": error.place.context,
        "severity": state.overridden_severity or severity,
        "original_severity": severity,
        "overridden_severity": state.overridden_severity,
        "events": len(found.occurrences),
        "events_url": call.url(f"/projects/{error.project.id}/errors/{error.id}/events"),
        "unthrottled_occurrence_count": len(everything) + error.throttled,
        "users": found.users,
        "first_seen": millis_time(found.first_seen),
        "last_seen": millis_time(found.last_seen),
        "first_seen_unfiltered": millis_time(everything[-1].at),
        "last_seen_unfiltered": millis_time(everything[0].at),
        "status": state.status,
        "created_issue": issue_json(state.issues[0]) if state.issues else {},
        "linked_issues": [issue_json(issue) for issue in state.issues],
        "reopen_rules": dict(state.reopen_rules) if state.reopen_rules else None,
        "assigned_collaborator_id": state.assigned_collaborator_id,
        "assigned_team_id": state.assigned_team_id,
        "comment_count": len(call.world.comments.on(error.id)),
        "missing_dsyms": _missing_dsyms(found),
        "release_stages": sorted({one.release.stage for one in found.occurrences}),
        "grouping_reason": error.grouping_reason,
        "grouping_fields": {
            "file": error.place.file,
            "lineNumber": error.place.line,
            "errorClass": error.kind.error_class,
        },
        "url": call.url(f"/projects/{error.project.id}/errors/{error.id}"),
        "project_url": call.url(f"/projects/{error.project.id}"),
        "discarded": state.discarded,
        "introduced_in_releases": _introduced(call, found),
    }
    days = _HISTOGRAM_DAYS.get(call.first("histogram") or "")
    if days is not None:
        body["trend"] = _histogram(call, found, days)
    return body


def issue_json(issue: Issue) -> JsonObject:
    """A linked ticket."""
    return {"id": issue.id, "key": issue.key, "number": issue.number, "type": issue.type, "url": issue.url}


def _sort_value(found: Found, sort: str) -> float:
    if sort == "users":
        return found.users
    if sort == "events":
        return len(found.occurrences)
    return (found.first_seen if sort == "first_seen" else found.last_seen).timestamp()


def _introduced(call: Call, found: Found) -> list[JsonObject]:
    """The release of the oldest event on each stage."""
    first = {one.release.stage: one.release for one in call.world.occurrences(found.error)}
    return [
        {"release_stage": stage, "release_id": release.id, "build_label": release.version}
        for stage, release in first.items()
    ]


def _missing_dsyms(found: Found) -> list[str]:
    """Some crashes of the phone's native code could not be put into words for want of a symbol file."""
    native = found.error.project.plan.platform.type == "ios" and found.error.kind.error_class == "SIGABRT"
    return [found.error.id.upper() + "00000000"] if native else []


def _histogram(call: Call, found: Found, days: int) -> list[list[object]]:
    counts = Counter(one.at.date() for one in found.occurrences)
    today = call.world.now.replace(hour=0, minute=0, second=0)
    buckets = [today - timedelta(days=ago) for ago in reversed(range(days))]
    return [[millis_time(bucket), counts[bucket.date()]] for bucket in buckets]


ROUTES = (
    Route(method="GET", path="/projects/{project_id}/errors", handler=list_errors),
    Route(method="DELETE", path="/projects/{project_id}/errors", handler=delete_all_errors),
    Route(method="GET", path="/projects/{project_id}/errors/{error_id}", handler=get_error),
    Route(method="DELETE", path="/projects/{project_id}/errors/{error_id}", handler=delete_error),
)
