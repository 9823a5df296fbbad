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


def _organization(site: Site) -> dict[str, Any]:
    return {"organization_id": site.organization_id}


def _comment(site: Site) -> dict[str, Any]:
    return {**_error(site), "comment_id": site.comment}


def _release_group(site: Site) -> dict[str, Any]:
    return {"project_id": site.id, "release_group_id": site.release_group}


ASKS: Mapping[str, Ask] = {
    "my_access": _nothing,
    "triage_error": _error,
    "list_errors": _project,
    "get_error": _error,
    "resolve_error": _error,
    "update_error": lambda site: {**_error(site), "operation": "open"},
    "update_errors": lambda site: {"project_id": site.id, "error_ids": [site.error], "operation": "fix"},
    "discard_error": _error,
    "delete_error": _error,
    "list_events": _project,
    "get_event": lambda site: {"project_id": site.id, "event_id": site.event},
    "get_latest_event": _error,
    "delete_event": lambda site: {"project_id": site.id, "event_id": site.event},
    "get_trend": _project,
    "list_pivots": _project,
    "list_pivot_values": lambda site: {"project_id": site.id, "event_field_display_id": "os.version"},
    "list_releases": _project,
    "get_release": lambda site: {"project_id": site.id, "release_id": site.release},
    "list_release_groups": lambda site: {"project_id": site.id, "release_stage_name": "production"},
    "get_release_group": _release_group,
    "update_release_group": lambda site: {**_release_group(site), "visible": True},
    "get_stability_trend": _project,
    "list_projects": _organization,
    "get_project": _project,
    "create_project": lambda site: {**_organization(site), "name": "Checkout TV", "type": "tvos"},
    "update_project": lambda site: {"project_id": site.id, "resolve_on_deploy": True},
    "list_organizations": _nothing,
    "get_organization": _organization,
    "create_organization": lambda _: {"name": "Initech"},
    "update_organization": lambda site: {**_organization(site), "name": "Acme"},
    "delete_organization": _organization,
    "list_comments": _error,
    "create_comment": lambda site: {**_error(site), "message": "Seen."},
    "update_comment": lambda site: {**_comment(site), "message": "Seen."},
    "delete_comment": _comment,
    "list_collaborators": _project,
    "get_collaborator": lambda site: {
        "organization_id": site.organization_id,
        "collaborator_id": site.person,
    },
    "list_event_fields": _project,
    "list_saved_searches": _project,
    "get_saved_search": lambda site: {"project_id": site.id, "saved_search_id": site.saved_search},
    "create_saved_search": lambda site: {
        "project_id": site.id,
        "name": "Open",
        "filters": {"event.unhandled": "true"},
        "project_default": False,
    },
    "compare_releases": lambda site: {
        "project_id": site.id,
        "release_id": site.release,
        "baseline_release_id": site.release,
    },
    "report_sessions": lambda _: {
        "app": {"version": "4.18.0"},
        "session_counts": [{"startedAt": "2026-11-20T15:18Z", "sessionsStarted": 12}],
    },
}

OTHER_ASKS: Mapping[str, Ask] = {"list_collaborators": _organization}
"""The same for the tools that have a second operation over another kind of place."""
