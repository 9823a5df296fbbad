"""The tools over BugSnag. Rule: one tool an action; an agent learns from the words when to use it and what it costs.

Their order is the order in which an agent is shown them: from finding to reading to changing to deleting.
"""

from crashgate.catalogue.bugsnag.error_changes import (
    ASSIGN_ERROR,
    DISCARD_ERROR,
    FIX_ERROR,
    IGNORE_ERROR,
    LINK_ISSUE,
    OPEN_ERROR,
    OVERRIDE_SEVERITY,
    SNOOZE_ERROR,
    UNDISCARD_ERROR,
    UNLINK_ISSUE,
)
from crashgate.catalogue.bugsnag.errors import DELETE_ERROR, GET_ERROR, LIST_ERRORS
from crashgate.catalogue.bugsnag.event_fields import LIST_EVENT_FIELDS
from crashgate.catalogue.bugsnag.events import GET_EVENT, GET_LATEST_EVENT, LIST_ERROR_EVENTS, LIST_PROJECT_EVENTS
from crashgate.catalogue.bugsnag.organizations import LIST_ORGANIZATIONS
from crashgate.catalogue.bugsnag.projects import GET_PROJECT, LIST_PROJECTS
from crashgate.catalogue.bugsnag.releases import GET_RELEASE, LIST_RELEASES
from crashgate.catalogue.bugsnag.stability_trend import GET_STABILITY_TREND
from crashgate.catalogue.bugsnag.trends import GET_ERROR_TREND, GET_PROJECT_TREND
from crashgate.tools.tool import Always, Given, Named, Tool
from crashgate.tools.views import errors, events, releases
from crashgate.tools.views.one import changed, one
from crashgate.tools.views.page import fields, rows

_FILTERS = 'e.g. {"error.status": "open", "event.since": "7d"}; list_event_fields names the keys'
_BASE = frozenset({"base", "offset", "admin", "full_reports"})

BUGSNAG_TOOLS = (
    Tool(
        name="list_organizations",
        title="List organizations",
        description="Find organizations and their ids, to list their projects. Example: {}.",
        choice=Always(operation=LIST_ORGANIZATIONS),
        view=rows("organizations", fields("id", "slug", "name")),
        holds=("organizations", "array"),
        hidden=_BASE,
        pages=True,
    ),
    Tool(
        name="list_projects",
        title="List projects",
        description='Find projects (apps) and their slugs. Example: {"organization_id": "acme"}.',
        choice=Always(operation=LIST_PROJECTS),
        view=rows("projects", fields("id", "slug", "type", "open_error_count", "for_review_error_count", "name")),
        holds=("projects", "array"),
        hidden=_BASE,
        pages=True,
    ),
    Tool(
        name="get_project",
        title="Get a project",
        description='Read one project: type, stages, counts, targets. Example: {"project_id": "checkout-ios"}.',
        choice=Always(operation=GET_PROJECT),
        view=one(
            "project",
            fields(
                "id",
                "slug",
                "type",
                "organization_id",
                "name",
                "release_stages",
                "open_error_count",
                "for_review_error_count",
                "stability_target_type",
                "target_stability",
                "critical_stability",
                "html_url",
            ),
        ),
        holds=("project", "object"),
        detailed=True,
    ),
    Tool(
        name="list_errors",
        title="List errors",
        description=(
            "Start triage here: errors (groups of crashes) of a project, last seen first. Texts and times are cut;"
            ' get_error shows them whole. Example: {"project_id": "checkout-ios", "filters": {"error.status": "open"},'
            ' "sort": "users"}.'
        ),
        choice=Always(operation=LIST_ERRORS),
        view=rows("errors", errors.row),
        holds=("errors", "array"),
        notes={"filters": _FILTERS},
        hidden=_BASE,
        pages=True,
    ),
    Tool(
        name="get_error",
        title="Get an error",
        description="Read one error: status, counts, releases that introduced it, assignee, issues.",
        choice=Always(operation=GET_ERROR),
        view=one("error", fields(*errors.SUMMARY)),
        holds=("error", "object"),
        hidden=frozenset({"filters"}),
        detailed=True,
    ),
    Tool(
        name="list_events",
        title="List events",
        description=(
            "List single crashes, newest first, of one error or, without error_id, of the project. In summary;"
            " get_event shows one."
        ),
        choice=Given(argument="error_id", present=LIST_ERROR_EVENTS, absent=LIST_PROJECT_EVENTS),
        view=rows("events", events.row),
        holds=("events", "array"),
        hidden=_BASE,
        pages=True,
    ),
    Tool(
        name="get_event",
        title="Get an event",
        description="Read one crash: stack (in-app frames first), last breadcrumbs, device. detail=full can be long.",
        choice=Always(operation=GET_EVENT),
        view=one("event", events.summary, events.full),
        holds=("event", "object"),
        detailed=True,
    ),
    Tool(
        name="get_latest_event",
        title="Get the latest event",
        description="Read an error's newest crash: the usual way to its stack and breadcrumbs.",
        choice=Always(operation=GET_LATEST_EVENT),
        view=one("event", events.summary, events.full),
        holds=("event", "object"),
        detailed=True,
    ),
    Tool(
        name="get_trend",
        title="Get a trend",
        description=(
            "Event counts over time, of one error or, without error_id, of the project. Give buckets_count or"
            " resolution."
        ),
        choice=Given(argument="error_id", present=GET_ERROR_TREND, absent=GET_PROJECT_TREND),
        view=rows("buckets", fields("from_", "to", "events_count")),
        holds=("buckets", "array"),
    ),
    Tool(
        name="list_releases",
        title="List releases",
        description="Releases, newest first, with errors introduced and session stability.",
        choice=Always(operation=LIST_RELEASES),
        view=rows("releases", releases.release),
        holds=("releases", "array"),
        hidden=_BASE,
        pages=True,
    ),
    Tool(
        name="get_release",
        title="Get a release",
        description="Read one release: version, source control, errors, sessions.",
        choice=Always(operation=GET_RELEASE),
        view=one("release", releases.release),
        holds=("release", "object"),
        detailed=True,
    ),
    Tool(
        name="get_stability_trend",
        title="Get the stability trend",
        description="Daily sessions and crash-free share, 30 days, of the primary release stage.",
        choice=Always(operation=GET_STABILITY_TREND),
        view=one("stability_trend", releases.trend),
        holds=("stability_trend", "object"),
    ),
    Tool(
        name="list_event_fields",
        title="List event fields",
        description="The keys that filters take in this project. An unknown key is refused.",
        choice=Always(operation=LIST_EVENT_FIELDS),
        view=rows("event_fields", releases.event_field),
        holds=("event_fields", "array"),
        detailed=True,
    ),
    Tool(
        name="resolve_error",
        title="Resolve an error",
        description="Mark an error as fixed, when its fix is released. It reopens if it happens again.",
        choice=Always(operation=FIX_ERROR),
        view=changed("Resolved"),
        holds=("error", "object"),
    ),
    Tool(
        name="update_error",
        title="Update an error",
        description=(
            "Change an error's status otherwise; `operation` says how. open also ends a snooze. snooze needs"
            ' reopen_rules, e.g. {"reopen_if": "occurs_after", "seconds": 86400}; assign an assignee id (null:'
            " nobody); override_severity severity; link_issue issue_url."
        ),
        choice=Named(
            argument="operation",
            choices={
                "open": OPEN_ERROR,
                "ignore": IGNORE_ERROR,
                "snooze": SNOOZE_ERROR,
                "assign": ASSIGN_ERROR,
                "override_severity": OVERRIDE_SEVERITY,
                "link_issue": LINK_ISSUE,
                "unlink_issue": UNLINK_ISSUE,
                "undiscard": UNDISCARD_ERROR,
            },
        ),
        view=changed("Updated"),
        holds=("error", "object"),
    ),
    Tool(
        name="discard_error",
        title="Discard an error",
        description="Throw away all future events of an error: data is lost until update_error undiscards it.",
        choice=Always(operation=DISCARD_ERROR),
        view=changed("Future events are discarded"),
        holds=("error", "object"),
    ),
    Tool(
        name="delete_error",
        title="Delete an error",
        description="Delete an error and all of its events. Cannot be undone.",
        choice=Always(operation=DELETE_ERROR),
        view=changed("Deleted"),
        holds=("error", "object"),
    ),
)
