"""Pivots: events counted by what they say of a field. Rule: keyed by the field's display id, never by its name.

Source: docs/upstreams/bugsnag.md#pivots. A pivot without values, or of a field that is none, has no values
page (L). The vendor's document has ``list``, ``no_value`` and ``other`` in the pivot itself (O); a client that wrote
down live answers has them inside ``summary`` (T).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, not_found
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time, seconds_time
from crashgate_sandbox.bugsnag.event_fields import BESIDE, VALUELESS, pivot_titles
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page, plain_offset, refuse_depth
from crashgate_sandbox.bugsnag.search import Found, event_values, find
from crashgate_sandbox.world.occurrences import Occurrence

_USUAL_SUMMARY = 10


def list_error_pivots(call: Call) -> Response:
    """``GET /projects/{project_id}/errors/{error_id}/pivots``, in pages."""
    found = find(call, call.project(), [call.error()])
    rows = _pivots(call, found, without={"error"})
    start, size = plain_offset(call), per_page(call, most=100)
    following = link(call, {"offset": str(start + size)}) if start + size < len(rows) else None
    headers = {"X-Total-Count": str(len(rows)), **link_header(next=following)}
    return json_answer(rows[start : start + size], headers=headers)


def list_project_pivots(call: Call) -> Response:
    """``GET /projects/{project_id}/pivots``: one page with all of them."""
    return json_answer(_pivots(call, find(call, call.project())))


def list_error_pivot_values(call: Call) -> Response:
    """``GET /projects/{project_id}/errors/{error_id}/pivots/{event_field_display_id}/values``."""
    return _values(call, find(call, call.project(), [call.error()]))


def list_project_pivot_values(call: Call) -> Response:
    """``GET /projects/{project_id}/pivots/{event_field_display_id}/values``."""
    return _values(call, find(call, call.project()))


@dataclass(kw_only=True, slots=True)
class _Tally:
    """How many events say what of a field."""

    total: int = 0
    empty: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    newest: dict[str, Occurrence] = field(default_factory=dict[str, Occurrence])
    oldest: dict[str, Occurrence] = field(default_factory=dict[str, Occurrence])

    def ranked(self) -> list[tuple[str, int]]:
        """Values and their events, the most frequent first."""
        return sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _tally(name: str, found: Iterable[Found]) -> _Tally:
    tally = _Tally()
    for group in found:
        for one in group.occurrences:
            tally.total += 1
            values = event_values(name, group, one)
            tally.empty += not values
            for value in values:
                tally.counts[value] += 1
                if one.at >= tally.newest.setdefault(value, one).at:
                    tally.newest[value] = one
                if one.at <= tally.oldest.setdefault(value, one).at:
                    tally.oldest[value] = one
    return tally


def _pivots(call: Call, found: list[Found], *, without: set[str] | None = None) -> list[JsonObject]:
    """Those that ``pivots[]`` names, or all; names that are no pivot are passed over, as filters are (G)."""
    if any(name == "pivots" for name, _ in call.query):
        raise RefusedError(400, "pivots must be an array")
    size = _summary_size(call)
    wanted = {value for name, value in call.query if name == "pivots[]"}
    titles = pivot_titles(call.project().plan)
    return [
        _pivot_json(call, name, title, _tally(name, found), size)
        for name, title in titles.items()
        if name not in (without or set()) and (not wanted or name in wanted)
    ]


def _summary_size(call: Call) -> int:
    text = call.first("summary_size")
    if text is None:
        return _USUAL_SUMMARY
    if not (text.isascii() and text.isdigit()):
        raise RefusedError(400, "summary_size must be a number")
    return int(text)


def _pivot_json(call: Call, name: str, title: str, tally: _Tally, size: int) -> JsonObject:
    body: JsonObject = {"event_field_display_id": name, "name": title, "cardinality": len(tally.counts)}
    if name in VALUELESS:
        return {**body, "summary": None}
    ranked = tally.ranked()
    summary: JsonObject = {
        "list": [{"value": value, "events": events} for value, events in ranked[:size]],
        "no_value": tally.empty,
        "other": sum(events for _, events in ranked[size:]),
    }
    return {**body, **summary, "average": None} if call.manners.flat_pivots else {**body, "summary": summary}


def _values(call: Call, found: list[Found]) -> Response:
    """Most events first, or ``sort=unsorted``, which has no depth limit."""
    name = call.params["event_field_display_id"]
    sort = call.first("sort")
    if sort not in {None, "unsorted"}:
        raise RefusedError(400, "Sort is not included in the list")
    known = name in pivot_titles(call.project().plan) and name not in VALUELESS
    tally = _tally(name, found) if known else _Tally()
    if not tally.counts:
        raise not_found("Pivot Value")
    start, size = plain_offset(call), per_page(call, most=100)
    if sort is None:
        refuse_depth(call, start)
    rows = tally.ranked() if sort is None else list(tally.counts.items())
    more = {"base": call.first("base") or seconds_time(call.world.now), "offset": str(start + size)}
    following = link(call, more) if start + size < len(rows) else None
    headers = {"X-Total-Count": str(len(rows)), **link_header(next=following)}
    groups = {group.error.id: group for group in found}
    return json_answer(
        [_value_json(name, value, tally, groups) for value, _ in rows[start : start + size]], headers=headers
    )


def _value_json(name: str, value: str, tally: _Tally, groups: dict[str, Found]) -> JsonObject:
    newest, events = tally.newest[value], tally.counts[value]
    beside = [
        {"id": other, "name": text}
        for other in BESIDE.get(name, ())
        for text in event_values(other, groups[newest.error.id], newest)
    ]
    return {
        "event_field_value": value,
        "events": events,
        "proportion": round(events / tally.total, 6),
        "first_seen": millis_time(tally.oldest[value].at),
        "last_seen": millis_time(newest.at),
        "fields": beside,
    }


_ON_ERROR = "/projects/{project_id}/errors/{error_id}/pivots"
_ON_PROJECT = "/projects/{project_id}/pivots"
_OF_ONE = "/{event_field_display_id}/values"

ROUTES = (
    Route(method="GET", path=_ON_ERROR, handler=list_error_pivots),
    Route(method="GET", path=_ON_ERROR + _OF_ONE, handler=list_error_pivot_values),
    Route(method="GET", path=_ON_PROJECT, handler=list_project_pivots),
    Route(method="GET", path=_ON_PROJECT + _OF_ONE, handler=list_project_pivot_values),
)
