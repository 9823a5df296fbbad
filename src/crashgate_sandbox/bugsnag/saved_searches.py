"""Saved searches. Rule: only the list stands under a project; everything else names the search alone, or a body does.

Source: docs/upstreams/bugsnag.md#saved-searches. ``type``, ``additional_filtersets`` and ``advanced_filters`` are in
live answers and not in the document (L).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content, not_found
from crashgate_sandbox.bugsnag.body import flag_field, object_field, text_field, word_field
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time
from crashgate_sandbox.bugsnag.filters import TYPES, broken
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.saved_searches import Filters, SavedSearch

_SORTS = ("first_seen", "users", "events", "last_seen")
_STATUSES = ("new", "open", "for_review", "snoozed", "fixed", "ignored")
_NOT_ABOUT_ERRORS = frozenset({"error.status", "event.since", "event.before"})


def list_saved_searches(call: Call) -> Response:
    """``GET /projects/{project_id}/saved_searches``, by name, those of others only when they are shared."""
    project = call.project()
    _require_feature(call)
    shared = call.first("shared")
    rows = [
        one
        for one in call.world.searches.of(project.id)
        if _visible(call, one) and (shared not in {"true", "false"} or one.shared is (shared == "true"))
    ]
    return json_answer([_search_json(one) for one in rows])


def create_saved_search(call: Call) -> Response:
    """``POST /saved_searches``: 201; the project stands in the body."""
    _require_feature(call)
    body = call.json()
    project = call.named_project(text_field(body, "project_id"))
    call.require_write(project)
    made = SavedSearch(
        id=call.world.searches.new_id(),
        project_id=project.id,
        owner_id=call.person.id,
        name=text_field(body, "name"),
        filters=_filters(body),
        sort=word_field(body, "sort", _SORTS) if body.get("sort") is not None else "last_seen",
        shared=body.get("shared") is not None and flag_field(body, "shared"),
        default=flag_field(body, "project_default"),
        updated_by_id=call.person.id,
        created_at=call.world.now,
        updated_at=call.world.now,
    )
    return json_answer(_search_json(call.world.searches.keep(made)), status=201)


def get_saved_search(call: Call) -> Response:
    """``GET /saved_searches/{saved_search_id}``."""
    one, _ = _search(call)
    return json_answer(_search_json(one))


def update_saved_search(call: Call) -> Response:
    """``PATCH /saved_searches/{saved_search_id}``: 201 (O)."""
    one, project = _search(call)
    call.require_write(project)
    body = call.json()
    changed = replace(one, updated_by_id=call.person.id, updated_at=call.world.now)
    if "name" in body:
        changed = replace(changed, name=text_field(body, "name"))
    if "filters" in body:
        changed = replace(changed, filters=_filters(body))
    if "sort" in body:
        changed = replace(changed, sort=word_field(body, "sort", _SORTS))
    if "shared" in body:
        changed = replace(changed, shared=flag_field(body, "shared"))
    if "project_default" in body:
        changed = replace(changed, default=flag_field(body, "project_default"))
    return json_answer(_search_json(call.world.searches.keep(changed)), status=201)


def delete_saved_search(call: Call) -> Response:
    """``DELETE /saved_searches/{saved_search_id}``."""
    one, project = _search(call)
    call.require_write(project)
    call.world.searches.remove(one)
    return no_content()


def _require_feature(call: Call) -> None:
    if not call.manners.saved_searches:
        raise RefusedError(403, "Organization requires the performance-comparisons feature")


def _visible(call: Call, one: SavedSearch) -> bool:
    return one.shared or one.owner_id == call.person.id


def _search(call: Call) -> tuple[SavedSearch, Project]:
    """The search in the path and its project, if the caller sees both."""
    _require_feature(call)
    found = call.world.searches.find(call.params["saved_search_id"])
    if found is None or not call.sees_project(found.project_id) or not _visible(call, found):
        raise not_found("Saved Search")
    return found, call.world.projects[found.project_id]


def _filters(body: JsonObject) -> Filters:
    """The comparisons of a body, by field: the same pairs as in a query, as JSON."""
    given = object_field(body, "filters")
    for field, comparisons in given.items():
        if not isinstance(comparisons, list) or not comparisons:
            raise broken(field)
        if not all(_is_comparison(one) for one in cast("list[object]", comparisons)):
            raise broken(field)
    return cast("Filters", given)


def _is_comparison(given: object) -> bool:
    if not isinstance(given, dict):
        return False
    comparison = cast("Mapping[str, object]", given)
    return comparison.get("type") in TYPES and isinstance(comparison.get("value"), str | bool)


def _search_json(one: SavedSearch) -> JsonObject:
    """The search as the vendor shows it; how much of each status it covers follows from its filters (G)."""
    assigned = [comparison["value"] for comparison in one.filters.get("error.assigned_to", ())]
    return {
        "id": one.id,
        "user_id": one.owner_id,
        "project_id": one.project_id,
        "name": one.name,
        "filters": one.filters,
        "sort": one.sort,
        "type": "errors",
        "shared": one.shared,
        "project_default": one.default,
        "updated_by_id": one.updated_by_id,
        "created_at": millis_time(one.created_at),
        "updated_at": millis_time(one.updated_at),
        "has_assigned_to_me": "me" in assigned,
        "has_assigned_to": bool(assigned),
        "has_created_issue_filter": "error.has_issue" in one.filters,
        "has_status_filter": "error.status" in one.filters,
        **{f"{status}_error_inclusion": _inclusion(one.filters, status) for status in _STATUSES},
        "additional_filtersets": [],
        "advanced_filters": None,
    }


def _inclusion(filters: Filters, status: str) -> str:
    comparisons = filters.get("error.status", ())
    wanted, unwanted = _values(comparisons, "eq"), _values(comparisons, "ne")
    if status not in wanted if wanted else status in unwanted:
        return "none"
    return "some" if filters.keys() - _NOT_ABOUT_ERRORS else "all"


def _values(comparisons: Sequence[Mapping[str, object]], kind: str) -> set[object]:
    return {one["value"] for one in comparisons if one["type"] == kind}


_ONE = "/saved_searches/{saved_search_id}"

ROUTES = (
    Route(method="GET", path="/projects/{project_id}/saved_searches", handler=list_saved_searches),
    Route(method="POST", path="/saved_searches", handler=create_saved_search),
    Route(method="GET", path=_ONE, handler=get_saved_search),
    Route(method="PATCH", path=_ONE, handler=update_saved_search),
    Route(method="DELETE", path=_ONE, handler=delete_saved_search),
)
