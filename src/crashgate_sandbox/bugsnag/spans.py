"""Span groups, their spans, traces, trace fields and the grouping of requests.

Source: docs/upstreams/bugsnag.md#performance. What stands there as a guess is one here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time
from crashgate_sandbox.bugsnag.filters import filter_time
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page, plain_offset
from crashgate_sandbox.bugsnag.span_filters import CUSTOM, FIELDS, TIMES, filtered
from crashgate_sandbox.world.draw import object_id
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.spans import KEPT_DAYS, SAMPLED, Span

_GROUP_ID = re.compile(r"\d+\.([a-z_]+)\.(.+)", re.DOTALL)
_CATEGORIES = (
    "app_start", "view_load", "page_load", "route_change", "full_page_load", "network", "custom", "navigation",
    "inbound_http", "outbound_http", "inbound_rpc", "outbound_rpc", "custom_server", "frozen_frame",
)  # fmt: skip
_PERCENTILES = (50, 75, 90, 95, 99)
_MOST, _SPANS_A_PAGE = 100, 20
_BUCKETS = 20
_HOURLY = timedelta(days=2)
_STARRED, _WARNING, _CRITICAL = "app_start", 1000, 2000


def list_span_groups(call: Call) -> Response:
    """``GET /projects/{project_id}/span_groups``: those that have a span which the filters leave (G)."""
    project = call.project()
    groups = [_group_json(project, one, spans) for one, spans in _grouped(_filtered(call, project)).items()]
    if call.flag("starred_only"):
        groups = [one for one in groups if one["is_starred"]]
    sort, direction = call.first("sort") or "total_spans", call.first("direction") or "desc"
    if sort not in _SORTS or direction not in {"asc", "desc"}:
        raise RefusedError(400, "Sort is not included in the list")
    groups.sort(key=lambda one: (_measure(one, sort), str(one["id"])), reverse=direction == "desc")
    size, start = per_page(call, most=_MOST), plain_offset(call)
    following = link(call, {"offset": str(start + size)}) if start + size < len(groups) else None
    headers = {"X-Total-Count": str(len(groups)), **link_header(next=following)}
    return json_answer(groups[start : start + size], headers=headers)


def get_span_group(call: Call) -> Response:
    """``GET …/span_groups/{id}``: a group without spans has empty statistics (O)."""
    project = call.project()
    return json_answer(_group_json(project, call.params["span_group_id"], _of_group(call, project)))


def get_timeline(call: Call) -> Response:
    """``GET …/span_groups/{id}/timeline``: hours of up to two days, days of more (G)."""
    spans = _of_group(call, call.project())
    end, start = _edge(call, "span.before", 0), _edge(call, "span.since", KEPT_DAYS)
    width = timedelta(hours=1) if end - start <= _HOURLY else timedelta(days=1)
    points: list[JsonObject] = []
    while start < end:
        within = [one for one in spans if start <= one.trace.at < start + width]
        point: JsonObject = {"bucket_start": _stamp(start), "bucket_end": _stamp(start + width)}
        points.append(point | ({"statistics": _statistics(within)} if within else {}))
        start += width
    return json_answer(points)


def get_distribution(call: Call) -> Response:
    """``GET …/span_groups/{id}/distribution``: equal steps up to the slowest span (G)."""
    durations = [one.duration for one in _of_group(call, call.project())]
    width = max(1, -(-int(max(durations, default=0) + 1) // _BUCKETS))
    counts = [0] * _BUCKETS
    for duration in durations:
        counts[int(duration // width)] += 1
    return json_answer(
        [
            {"bucket_min": place * width, "bucket_max": (place + 1) * width, "total_spans": count}
            for place, count in enumerate(counts)
            if durations
        ]
    )


def list_spans_of_group(call: Call) -> Response:
    """``GET …/span_groups/{id}/spans``; how the next page is asked for is not documented (G)."""
    project = call.project()
    spans = _of_group(call, project)
    sort, direction = call.first("sort") or "timestamp", call.first("direction") or "desc"
    if sort not in {"duration", "timestamp", "http_response_code"} or direction not in {"asc", "desc"}:
        raise RefusedError(400, "Sort is not included in the list")
    numbers = {
        one.id: {"duration": one.duration, "timestamp": one.at.timestamp(), "http_response_code": one.code or 0}
        for one in spans
    }
    spans.sort(key=lambda one: numbers[one.id][sort], reverse=direction == "desc")
    return _page(call, project, spans)


def list_spans_of_trace(call: Call) -> Response:
    """``GET /projects/{project_id}/traces/{trace_id}/spans``: the target and its children come first (O)."""
    project = call.project()
    since, until = call.moment("from"), call.moment("to")
    if since is None or until is None:
        raise RefusedError(400, "from and to must be supplied")
    spans = [
        one
        for one in call.world.spans(project)
        if one.trace.id == call.params["trace_id"] and since <= one.trace.at <= until
    ]
    target = call.first("target_span_id")
    spans.sort(key=lambda one: (target not in {one.id, one.parent}, one.at))
    return _page(call, project, spans)


def list_trace_fields(call: Call) -> Response:
    """``GET /projects/{project_id}/trace_fields``: one page with all of them."""
    call.project()
    return json_answer([_field_json(name) for name in (*TIMES, *FIELDS)])


def get_network_grouping(call: Call) -> Response:
    """``GET /projects/{project_id}/network_endpoint_grouping``."""
    project = call.project()
    return json_answer({"project_id": project.id, "endpoints": list(call.world.network_patterns(project))})


def replace_network_grouping(call: Call) -> Response:
    """``PUT /projects/{project_id}/network_endpoint_grouping``: spans that are there keep their groups (D)."""
    project = call.project()
    call.require_write(project)
    endpoints = call.json().get("endpoints")
    items = cast("list[object]", endpoints) if isinstance(endpoints, list) else [None]
    if not all(isinstance(each, str) for each in items):
        raise RefusedError(400, "Endpoints must contain an array of values")
    wrong = [each for each in cast("list[str]", items) if "/" not in each]
    if wrong:
        raise RefusedError(400, f"Bad request: {wrong[0]} has no path")
    call.world.network_grouping[project.id] = tuple(cast("list[str]", items))
    return get_network_grouping(call)


def _filtered(call: Call, project: Project) -> list[Span]:
    return filtered(call, call.world.spans(project))


def _of_group(call: Call, project: Project) -> list[Span]:
    """The spans of the group in the path that the filters leave."""
    wanted = call.params["span_group_id"]
    match = _GROUP_ID.fullmatch(wanted)
    if match is None or match[1] not in _CATEGORIES:
        raise RefusedError(400, "invalid span group id")
    return [one for one in _filtered(call, project) if one.timed is not None and one.timed.id == wanted]


def _grouped(spans: Iterable[Span]) -> Mapping[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for one in spans:
        if one.timed is not None:
            found.setdefault(one.timed.id, []).append(one)
    return found


def _group_json(project: Project, group_id: str, spans: Sequence[Span]) -> JsonObject:
    match = _GROUP_ID.fullmatch(group_id)
    category, name = (match[1], match[2]) if match else ("custom", group_id)
    timed = spans[0].timed if spans else None
    body: JsonObject = {
        "id": group_id,
        "category": category,
        "name": name,
        "display_name": timed.display_name if timed else name,
        "is_starred": category == _STARRED,
        "statistics": _statistics(spans) if spans else {},
    }
    if category == _STARRED:
        body["performance_target"] = {
            "id": object_id(0, "performance target", project.id),
            "project_id": project.id,
            "type": "span_group",
            "span_group": {"category": category, "id": group_id, "display_name": body["display_name"]},
            "config": {
                "state": "enabled",
                "warning_performance": {"duration": _WARNING},
                "critical_performance": {"duration": _CRITICAL},
            },
        }
    return body


def _statistics(spans: Sequence[Span]) -> JsonObject:
    durations = sorted(one.duration for one in spans)
    codes = [one.code // 100 for one in spans if one.code is not None]
    body: JsonObject = {
        "duration_statistics": {f"p{part}": _percentile(durations, part) for part in _PERCENTILES},
        "total_spans": len(spans),
        "estimated_spans": len(spans) * SAMPLED,
        "last_seen": _stamp(max(one.trace.at for one in spans)),
    }
    if codes:
        hundreds = {f"codes_{part}xx": codes.count(part) for part in range(1, 6)}
        body["http_statistics"] = {"response_codes": {"total_spans": len(codes), **hundreds}}
    return body


def _percentile(ordered: Sequence[float], part: int) -> int:
    return round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)])


_SORTS = ("total_spans", "last_seen", "name", "display_name", *(f"duration_p{part}" for part in _PERCENTILES),
          "http_response_4xx_percentage", "http_response_5xx_percentage")  # fmt: skip


def _measure(group: JsonObject, sort: str) -> float | str:
    statistics = cast("dict[str, dict[str, float]]", group["statistics"])
    if sort in {"name", "display_name"}:
        return str(group[sort])
    if sort.startswith("duration_"):
        return statistics["duration_statistics"][sort.removeprefix("duration_")]
    if sort.startswith("http_"):
        codes = cast("dict[str, dict[str, float]]", statistics.get("http_statistics", {})).get("response_codes", {})
        return codes.get(f"codes_{sort[14:17]}", 0) / codes["total_spans"] if codes else 0.0
    return cast("float | str", statistics[sort])


def _page(call: Call, project: Project, spans: Sequence[Span]) -> Response:
    size, start = per_page(call, usual=_SPANS_A_PAGE, most=_MOST), plain_offset(call)
    following = link(call, {"offset": str(start + size)}) if start + size < len(spans) else None
    rows = [_span_json(project, one) for one in spans[start : start + size]]
    return json_answer(rows, headers=link_header(next=following))


def _span_json(project: Project, one: Span) -> JsonObject:
    trace = one.trace
    body: JsonObject = {
        "id": one.id,
        "trace_id": trace.id,
        "category": one.timed.category if one.timed else "custom",
        "name": one.name,
        "display_name": one.timed.display_name if one.timed else one.name,
        "duration": one.duration,
        "timestamp": millis_time(one.at),
        "time_adjustment_type": "unadjusted",
        "start_time": millis_time(one.at),
        "is_first_class": one.timed is not None,
        "build_id": trace.release.id,
        "project_id": project.id,
        "metadata": _metadata(one),
    }
    if one.parent is not None:
        body["parent_span_id"] = one.parent
    if one.timed is not None:
        body["span_group_id"] = one.timed.id
    if one.code is not None:
        body["statistics"] = {"http_statistics": {"response_code": one.code}}
    return body


def _metadata(one: Span) -> list[JsonObject]:
    """Upstream documents one pair; that there is a list of them is a guess (G)."""
    trace = one.trace
    of_resource = {
        "service.version": trace.release.version,
        "deployment.environment": trace.release.stage,
        "os.name": trace.device.os_name,
        "os.version": trace.os_version,
        "device.model.identifier": trace.device.model,
    }
    of_span = {"net.host.connection.type": trace.connection, "user.id": trace.customer.id}
    return [
        {"key": key, "value": value, "level": level}
        for level, pairs in (("resource", of_resource), ("span", of_span))
        for key, value in pairs.items()
    ]


def _field_json(name: str) -> JsonObject:
    title = name.replace(".", " ").replace("_", " ").capitalize()
    options: JsonObject = {
        "name": title,
        "description": f"Spans by {title.lower()}",
        "match_types": ["eq"] if name in TIMES else ["eq", "ne", "empty"],
        "searchable": name not in TIMES,
    }
    body: JsonObject = {"display_id": name, "custom": name in CUSTOM, "filter_options": options}
    if name in CUSTOM:
        body |= {"metadata_key": name, "metadata_location": "span_attribute", "field_type": "string"}
    if name == "span_group.category":
        options["values"] = [{"id": each, "name": each.replace("_", " ")} for each in _CATEGORIES]
    return body


def _edge(call: Call, field: str, days: int) -> datetime:
    """The end of the time that is asked for; without a filter it lies so many days back."""
    text = call.first(f"filters[{field}][][value]")
    found = filter_time(text, call.world.now) if text is not None else None
    return found or call.world.now - timedelta(days=days)


def _stamp(moment: datetime) -> str:
    """``2022-10-17 15:30:00 +0000``, the form of the document's examples (O)."""
    return moment.strftime("%Y-%m-%d %H:%M:%S +0000")


_GROUP = "/projects/{project_id}/span_groups/{span_group_id}"
ROUTES = (
    Route(method="GET", path="/projects/{project_id}/span_groups", handler=list_span_groups),
    Route(method="GET", path=_GROUP, handler=get_span_group),
    Route(method="GET", path=f"{_GROUP}/timeline", handler=get_timeline),
    Route(method="GET", path=f"{_GROUP}/distribution", handler=get_distribution),
    Route(method="GET", path=f"{_GROUP}/spans", handler=list_spans_of_group),
    Route(method="GET", path="/projects/{project_id}/traces/{trace_id}/spans", handler=list_spans_of_trace),
    Route(method="GET", path="/projects/{project_id}/trace_fields", handler=list_trace_fields),
    Route(method="GET", path="/projects/{project_id}/network_endpoint_grouping", handler=get_network_grouping),
    Route(method="PUT", path="/projects/{project_id}/network_endpoint_grouping", handler=replace_network_grouping),
)
