"""Right arguments for every tool at every provider, in any place. Rule: a tool without an entry fails a test."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.gate.gate import IOS, Site
from tests.tools.played import HERE, WEB, Spot

SPAN_GROUP = "1.view_load.UIKit/CartViewController"
Ask = Callable[[Site], Mapping[str, Any]]
SpotAsk = Callable[[Spot], Mapping[str, Any]]


def _nothing(_: object) -> dict[str, Any]:
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
    "locate_error": _error,
    "check_feature_flags": _error,
    "list_errors": _project,
    "get_error": _error,
    "resolve_error": _error,
    "update_error": lambda site: {"project_id": site.id, "error_ids": [site.error], "operation": "fix"},
    "discard_error": _error,
    "delete_error": _error,
    "list_events": _project,
    "get_event": lambda site: {"project_id": site.id, "event_id": site.event},
    "delete_event": lambda site: {"project_id": site.id, "event_id": site.event},
    "get_trend": _project,
    "list_pivots": lambda site: {**_project(site), "pivots": ["os.name"]},
    "list_pivot_values": lambda site: {"project_id": site.id, "event_field_display_id": "os.version"},
    "list_releases": _project,
    "get_release": lambda site: {"project_id": site.id, "release_id": site.release},
    "list_release_groups": lambda site: {"project_id": site.id, "release_stage_name": "production"},
    "get_release_group": _release_group,
    "update_release_group": lambda site: {**_release_group(site), "visible": True},
    "get_stability_trend": _project,
    "list_projects": _organization,
    "get_project": _project,
    "export_errors": _project,
    "export_events": _project,
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
    "list_span_groups": _project,
    "replace_network_grouping": lambda site: {"project_id": site.id, "endpoints": ["api.acme.example/v2/{id}"]},
    "list_spans": lambda site: {"project_id": site.id, "span_group_id": SPAN_GROUP},
    "list_saved_searches": _project,
    "get_saved_search": lambda site: {"project_id": site.id, "saved_search_id": site.saved_search},
    "create_saved_search": lambda site: {
        "project_id": site.id,
        "name": "Open",
        "filters": {"event.unhandled": "true"},
        "project_default": False,
    },
    "whats_new": lambda site: {"project_id": site.id, "since": "90d"},
    "compare_releases": lambda site: {
        "project_id": site.id,
        "release": site.release,
    },
    "report_sessions": lambda _: {
        "app": {"version": "4.18.0"},
        "session_counts": [{"startedAt": "2026-11-20T15:18Z", "sessionsStarted": 12}],
    },
}

OTHER_ASKS: Mapping[str, Ask] = {"list_collaborators": _organization}
"""The same for the tools that have a second operation over another kind of place."""


def _chat(spot: Spot) -> dict[str, Any]:
    return {"session_id": spot.chat}


def _app(spot: Spot) -> dict[str, Any]:
    return {"app_id": spot.app, "platform": spot.platform}


def _run(spot: Spot) -> dict[str, Any]:
    return {**_app(spot), "session_id": spot.run}


def _one(_: Spot) -> dict[str, Any]:
    return {"session_id": "sess_1"}


SESSION_ASKS: Mapping[str, Mapping[str, SpotAsk]] = {
    "bugspulse": {
        "list_sessions": _nothing,
        "find_sessions": lambda _: {"at": "2026-11-20T10:00:00Z", "user_id": "user_1"},
        "list_session_events": _one,
        "list_network_logs": _nothing,
        "list_crashes": _nothing,
        "export_sessions": _nothing,
        "export_crashes": _nothing,
        "export_session_events": _one,
        "export_network_logs": _nothing,
    },
    "browserstack": {
        "list_sessions": lambda spot: {"environment": [spot.environment]},
        "get_session": _chat,
        "create_session": lambda spot: {
            "session_id": f"new-{spot.environment}",
            "name": "turn",
            "environment": spot.environment,
        },
        "export_sessions": lambda spot: {"environment": [spot.environment]},
    },
    "devrev": {
        "list_sessions": _app,
        "get_session": _run,
        "list_session_events": lambda spot: {**_run(spot), "recording_id": "rec-1"},
        "list_network_logs": lambda spot: {**_run(spot), "tab_id": "tab-1"},
        "export_sessions": _app,
    },
}
"""The tools over sessions, by provider: one tool has one operation at each."""

OWN_ASKS: Mapping[str, SpotAsk] = {"list_exports": _nothing}
"""What crashgate answers itself where exports are configured."""

REPORTING = frozenset({"report_sessions"})


def _right() -> dict[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {
        ("bugsnag-sessions" if tool in REPORTING else "bugsnag", tool): ask(IOS) for tool, ask in ASKS.items()
    }
    found |= {("crashgate", tool): ask(HERE) for tool, ask in OWN_ASKS.items()}
    for provider, asks in SESSION_ASKS.items():
        # Only the web has tabs.
        found |= {(provider, tool): ask(_spot(provider, tool)) for tool, ask in asks.items()}
    return found


def _spot(provider: str, tool: str) -> Spot:
    return WEB if (provider, tool) == ("devrev", "list_network_logs") else HERE


RIGHT: Mapping[tuple[str, str], Mapping[str, Any]] = _right()
"""One right call of every tool at every provider that it asks."""
