"""Right arguments for every tool, in any project of the played upstream. Rule: a tool without an entry fails a test."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.gateway.gate import Site

Ask = Callable[[Site], Mapping[str, Any]]


def _nothing(_: Site) -> dict[str, Any]:
    return {}


def _project(site: Site) -> dict[str, Any]:
    return {"project_id": site.id}


def _error(site: Site) -> dict[str, Any]:
    return {"project_id": site.id, "error_id": site.error}


ASKS: Mapping[str, Ask] = {
    "my_access": _nothing,
    "list_organizations": _nothing,
    "list_projects": lambda site: {"organization_id": site.organization_id},
    "get_project": _project,
    "list_errors": _project,
    "get_error": _error,
    "list_events": _project,
    "get_event": lambda site: {"project_id": site.id, "event_id": site.event},
    "get_latest_event": _error,
    "get_trend": _project,
    "list_releases": _project,
    "get_release": lambda site: {"project_id": site.id, "release_id": site.release},
    "get_stability_trend": _project,
    "list_event_fields": _project,
    "resolve_error": _error,
    "update_error": lambda site: {**_error(site), "operation": "open"},
    "discard_error": _error,
    "delete_error": _error,
}
