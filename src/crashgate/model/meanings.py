"""What the parameters mean. Rule: one name, one meaning; a parameter without one cannot be declared.

Short, since every agent pays for each word in every conversation: the form, the unit, the default, where an id is from.
"""

from collections.abc import Mapping

_IN_PLACE = "replaces the whole list"

MEANINGS: Mapping[str, str] = {
    # Places and objects
    "project_id": "slug or id from list_projects",
    "organization_id": "slug or id from list_organizations",
    "error_id": "id from list_errors",
    "error_ids": "1 to 100 ids from list_errors",
    "event_id": "id from list_events",
    "release_id": "version, or id from list_releases",
    "baseline": "the same; default: the one before it",
    "release_group_id": "id from list_release_groups",
    "comment_id": "id from list_comments",
    "collaborator_id": "id from list_collaborators",
    "saved_search_id": "id from list_saved_searches",
    "event_field_display_id": "display_id, e.g. os.version",
    "export_id": "id from list_exports",
    "part": "number of the part, from 0",
    "session_id": "id from list_sessions",
    "recording_id": "of a mobile session: one of its recording_ids in get_session",
    "tab_id": "of a web session: one of its tab_ids in get_session",
    "app_id": "the app's own id, e.g. com.acme.checkout",
    "platform": "that the app ran on",
    "environment": "e.g. production",
    # Lists
    "per_page": "rows a page",
    "filters": (
        'e.g. {"event.since": "7d", "monday" or UTC time, "os.version": {"type": "ne", "value": "17.1"}}; keys:'
        " list_event_fields, search"
    ),
    "span_group_id": "id from list_span_groups",
    "span_filters": (
        'e.g. {"span.since": "24h", "span_group.category": "view_load"}; keys: list_span_groups with show=trace_fields'
    ),
    "trace_id": "from list_spans",
    "endpoints": 'e.g. ["*.example.com/users/{id}"]; replaces all',
    "sort": "what comes first",
    "direction": "of sort",
    "projects": "several at once",
    "new_since": "first seen since",
    "query": "text to search for",
    "status": "default open",
    "release": "release of the app",
    "histogram": "with the events of each day",
    "base": "only what came before: UTC time, 24h, monday",
    "offset": "rows to skip",
    "q": "part of a name or e-mail address",
    "since": "UTC date, zoned time or 24h",
    "until": "the same; a date counts as a whole",
    "at": "when the crash came: UTC time or 2h",
    "hours": "how long before the crash a session may have begun; 6 unless given",
    "around": "time of an event: what was minutes before and after it",
    "minutes": "default 5; with around",
    "failed_only": "status 400 or more, or no answer",
    "sort_by": 'e.g. ["created_at:desc"]',
    "full_reports": "whole events",
    "admin": "only those that the account administers",
    # Errors
    "reopen_rules": (
        'for snooze: {"reopen_if": "occurs_after", "seconds": 3600}, or n_occurrences_in_m_hours (occurrences, hours),'
        " n_additional_occurrences (additional_occurrences), n_additional_users (additional_users)"
    ),
    "assigned_collaborator_id": "for assign: id, e-mail, name or me; null: nobody",
    "assigned_team_id": "for assign; null: nobody",
    "severity": "for override_severity",
    "issue_url": "for link_issue",
    "verify_issue_url": "look the ticket up first",
    "issue_title": "for create_issue",
    "notification_id": "id of the tracker's integration",
    "message": "text of the comment",
    # Trends and pivots
    "buckets_count": "default 10; not with resolution",
    "resolution": "length of a bucket",
    "pivots": 'event fields, e.g. ["os.name"]',
    "summary_size": "top values of each",
    # Releases
    "release_stage": "only this one, e.g. production",
    "release_stage_name": "e.g. production",
    "top_only": "only the top ones",
    "visible_only": "only those shown in the dashboard",
    "visible": "shown in the dashboard",
    # Projects, organizations and saved searches
    "name": "name to give it",
    "type": "platform: android, ios, js, react, node, rails, django, other, …",
    "global_grouping": f"exception classes grouped wherever they occur; {_IN_PLACE}",
    "location_grouping": f"exception classes grouped by where they occur; {_IN_PLACE}",
    "url_whitelist": f"sites whose events are kept; {_IN_PLACE}",
    "ignore_old_browsers": "throw away events of old browsers",
    "ignored_browser_versions": 'browsers whose events are thrown away, up to a version, e.g. {"ie": "10"}',
    "resolve_on_deploy": "a new release resolves all errors",
    "discarded_app_versions": f"versions whose events are thrown away; {_IN_PLACE}",
    "discarded_errors": f"exception classes whose events are thrown away; {_IN_PLACE}",
    "collaborator_ids": "all members: whoever is not in it loses access",
    "auto_upgrade": "move to a dearer plan when the quota is used up",
    "billing_emails": f"where bills go; {_IN_PLACE}",
    "invoice_address": "postal address on bills",
    "shared": "with the whole project",
    "project_default": "what everybody sees first",
    # Sessions
    "is_crash": "true: with a crash; false: without",
    "is_anr": "true: with a hang; false: without",
    "has_exception_occurred": "true: with an exception; false: without",
    "rage_tap": "true: with taps in anger; false: without",
    "is_anonymous": "true: of users without a name; false: of the others",
    "app_version": 'any of them, e.g. ["4.18.0"]',
    "os_version": 'any of them, e.g. ["17.1"]',
    "manufacturer": 'any of them, e.g. ["Samsung"]',
    "device_model": 'any of them, e.g. ["Pixel 8"]',
    "network_type": 'any of them, e.g. ["wifi"]',
    "rev_user": "ids of users, any of them",
    "rev_org": "ids of customers' organizations, any of them",
    "include_replay_data": "with the replay, which is large",
    "user_id": "the app's id of its user",
    "input": "what went into the turn",
    "output": "what came out of it",
    "metadata": "anything else about it",
    "tags": 'labels, e.g. ["nightly"]',
    "version": "version of the trace",
    "app": "version and releaseStage decide where the sessions count",
    "device": "what they ran on",
    "session_counts": "one for each minute; startedAt in UTC",
    "sent_at": "UTC time of sending",
}
"""Of parameters by name, whichever operation takes them."""

OF_RESOURCE: Mapping[tuple[str, str], str] = {
    ("saved_search", "filters"): "as in list_errors",
    ("event", "filters"): "as in list_errors",
    ("trend", "filters"): "as in list_errors",
    ("pivot", "filters"): "as in list_errors",
    ("session", "name"): "of the trace, e.g. chat-turn",
    ("error", "sort"): "default last_seen",
    ("error", "release"): "version that introduced them, e.g. 4.18.*",
    ("span", "since"): "with trace_id; default 90d",
    ("span", "until"): "with trace_id; default now",
    ("release", "sort"): "default timestamp",
}
"""Where a resource gives a name another meaning, or can say it shorter."""

IN_WORDS = frozenset({"reopen_rules"})
"""Objects whose meaning shows their form, so that the schema need not repeat it."""


def meaning(resource: str, name: str) -> str:
    """What the parameter means. Raises ValueError where nobody has said."""
    found = OF_RESOURCE.get((resource, name)) or MEANINGS.get(name)
    if found is None:
        raise ValueError(f"parameter {name} has no meaning: write one into catalogue/meanings.py")
    return found
