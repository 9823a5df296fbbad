"""One call for each operation of BugSnag. Rule: each change has an error of its own."""

from collections.abc import Mapping
from typing import Any

from tests.system.performance_samples import PERFORMANCE
from tests.system.sample import TRACKED, Arguments, Here, Sample


def _in_project(here: Here) -> dict[str, Any]:
    return {"project_id": here.slug}


def _one_day(here: Here) -> dict[str, Any]:
    return {"project_id": here.slug, "filters": {"event.since": "1h"}}


def _on_error(number: int, **more: object) -> Arguments:
    return lambda here: {"project_id": here.slug, "error_id": here.error(number), **more}


def _change(number: int, operation: str, **more: object) -> Sample:
    return Sample(
        tool="update_error",
        arguments=lambda here: {
            "project_id": here.slug,
            "error_ids": [here.error(number)],
            "operation": operation,
            **more,
        },
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="errors",
    )


def _change_many(first: int, operation: str, **more: object) -> Sample:
    return Sample(
        tool="update_error",
        arguments=lambda here: {
            "project_id": here.slug,
            "error_ids": here.errors(first),
            "operation": operation,
            **more,
        },
        method="PATCH",
        path="/projects/{project}/errors",
        holds="errors",
    )


def _on_comment(error: int, **more: object) -> Arguments:
    return lambda here: {
        "project_id": here.slug,
        "error_id": here.error(error),
        "comment_id": here.comment(error),
        **more,
    }


BUGSNAG: Mapping[str, Sample] = {
    "bugsnag.organizations.list": Sample(
        tool="list_organizations", arguments=lambda _: {}, path="/user/organizations", holds="organizations"
    ),
    "bugsnag.organizations.get": Sample(
        tool="get_organization",
        arguments=lambda here: {"organization_id": here.organization},
        path="/organizations/{organization}",
        holds="organization",
    ),
    "bugsnag.organizations.create": Sample(
        tool="create_organization",
        arguments=lambda _: {"name": "Initech"},
        method="POST",
        path="/organizations",
        holds="organization",
    ),
    "bugsnag.organizations.update": Sample(
        tool="update_organization",
        arguments=lambda here: {"organization_id": here.organization, "name": "Acme"},
        method="PATCH",
        path="/organizations/{organization}",
        holds="organization",
    ),
    "bugsnag.projects.list": Sample(
        tool="list_projects",
        arguments=lambda here: {"organization_id": here.organization},
        path="/organizations/{organization}/projects",
        holds="projects",
    ),
    "bugsnag.projects.get": Sample(
        tool="get_project", arguments=_in_project, path="/projects/{project}", holds="project"
    ),
    "bugsnag.projects.create": Sample(
        tool="create_project",
        arguments=lambda here: {"organization_id": here.organization, "name": "Checkout TV", "type": "tvos"},
        method="POST",
        path="/organizations/{organization}/projects",
        holds="project",
    ),
    "bugsnag.projects.update": Sample(
        tool="update_project",
        arguments=lambda here: {"project_id": here.slug, "resolve_on_deploy": True},
        method="PATCH",
        path="/projects/{project}",
        holds="project",
    ),
    "bugsnag.errors.list": Sample(
        tool="list_errors", arguments=_in_project, path="/projects/{project}/errors", holds="errors"
    ),
    "bugsnag.errors.get": Sample(
        tool="get_error", arguments=_on_error(0), path="/projects/{project}/errors/{error}", holds="error"
    ),
    "bugsnag.errors.delete": Sample(
        tool="delete_error",
        arguments=_on_error(1),
        method="DELETE",
        path="/projects/{project}/errors/{error}",
        holds="error",
    ),
    "bugsnag.errors.fix": Sample(
        tool="resolve_error",
        arguments=_on_error(2),
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="error",
    ),
    "bugsnag.errors.open": _change(3, "open"),
    "bugsnag.errors.ignore": _change(4, "ignore"),
    "bugsnag.errors.snooze": _change(5, "snooze", reopen_rules={"reopen_if": "occurs_after", "seconds": 3600}),
    "bugsnag.errors.assign": Sample(
        tool="update_error",
        arguments=lambda here: {
            "project_id": here.slug,
            "error_ids": [here.error(6)],
            "operation": "assign",
            "assigned_collaborator_id": here.person(),
        },
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="errors",
    ),
    "bugsnag.errors.override_severity": _change(7, "override_severity", severity="info"),
    "bugsnag.errors.link_issue": _change(8, "link_issue", issue_url="https://tracker.example/browse/CHE-1"),
    "bugsnag.errors.unlink_issue": _change(9, "unlink_issue"),
    "bugsnag.errors.undiscard": _change(10, "undiscard"),
    "bugsnag.errors.create_issue": Sample(
        tool="update_error",
        arguments=lambda here: {
            "project_id": TRACKED,
            "error_ids": [Here(world=here.world, slug=TRACKED).error(0)],
            "operation": "create_issue",
            "issue_title": "Crash in the cart",
        },
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="errors",
    ),
    "bugsnag.errors.fix_many": _change_many(20, "fix"),
    "bugsnag.errors.open_many": _change_many(20, "open"),
    "bugsnag.errors.ignore_many": _change_many(20, "ignore"),
    "bugsnag.errors.snooze_many": _change_many(
        23, "snooze", reopen_rules={"reopen_if": "occurs_after", "seconds": 3600}
    ),
    "bugsnag.errors.assign_many": _change_many(23, "assign", assigned_collaborator_id=None),
    "bugsnag.errors.override_severity_many": _change_many(23, "override_severity", severity="info"),
    "bugsnag.errors.create_issue_many": Sample(
        tool="update_error",
        arguments=lambda here: {
            "project_id": TRACKED,
            "error_ids": Here(world=here.world, slug=TRACKED).errors(1),
            "operation": "create_issue",
        },
        method="PATCH",
        path="/projects/{project}/errors",
        holds="errors",
    ),
    "bugsnag.errors.link_issue_many": _change_many(29, "link_issue", issue_url="https://tracker.example/browse/CHE-2"),
    "bugsnag.errors.unlink_issue_many": _change_many(29, "unlink_issue"),
    "bugsnag.errors.discard_many": _change_many(32, "discard"),
    "bugsnag.errors.undiscard_many": _change_many(32, "undiscard"),
    "bugsnag.errors.delete_many": _change_many(35, "delete"),
    "bugsnag.comments.list": Sample(
        tool="list_comments",
        arguments=_on_error(0),
        path="/projects/{project}/errors/{error}/comments",
        holds="comments",
    ),
    "bugsnag.comments.create": Sample(
        tool="create_comment",
        arguments=_on_error(0, message="The fix is in 4.18.1."),
        method="POST",
        path="/projects/{project}/errors/{error}/comments",
        holds="comment",
    ),
    "bugsnag.comments.update": Sample(
        tool="update_comment",
        arguments=_on_comment(16, message="The fix is in 4.18.2."),
        method="PATCH",
        path="/comments/{comment}",
        holds="comment",
    ),
    "bugsnag.comments.delete": Sample(
        tool="delete_comment", arguments=_on_comment(17), method="DELETE", path="/comments/{comment}", holds="comment"
    ),
    "bugsnag.errors.discard": Sample(
        tool="discard_error",
        arguments=_on_error(11),
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="error",
    ),
    "bugsnag.events.list_on_error": Sample(
        tool="list_events", arguments=_on_error(0), path="/projects/{project}/errors/{error}/events", holds="events"
    ),
    "bugsnag.events.list_on_project": Sample(
        tool="list_events", arguments=_in_project, path="/projects/{project}/events", holds="events"
    ),
    "bugsnag.errors.export": Sample(
        tool="export_errors", arguments=_in_project, path="/projects/{project}/errors", holds="export"
    ),
    "bugsnag.events.export": Sample(
        tool="export_events", arguments=_one_day, path="/projects/{project}/events", holds="export"
    ),
    "bugsnag.events.get": Sample(
        tool="get_event",
        arguments=lambda here: {"project_id": here.slug, "event_id": here.event(0)},
        path="/projects/{project}/events/{event}",
        holds="event",
    ),
    "bugsnag.events.get_latest": Sample(
        tool="get_event", arguments=_on_error(0), path="/errors/{error}/latest_event", holds="event"
    ),
    "bugsnag.events.delete": Sample(
        tool="delete_event",
        arguments=lambda here: {"project_id": here.slug, "event_id": here.event(40)},
        method="DELETE",
        path="/projects/{project}/events/{event}",
        holds="event",
    ),
    "bugsnag.pivots.list_on_error": Sample(
        tool="list_pivots",
        arguments=_on_error(0, pivots=["os.name", "device.model"]),
        path="/projects/{project}/errors/{error}/pivots",
        holds="pivots",
    ),
    "bugsnag.pivots.list_on_project": Sample(
        tool="list_pivots", arguments=_in_project, path="/projects/{project}/pivots", holds="pivots"
    ),
    "bugsnag.pivots.list_values_on_error": Sample(
        tool="list_pivot_values",
        arguments=_on_error(0, event_field_display_id="os.version"),
        path="/projects/{project}/errors/{error}/pivots/os.version/values",
        holds="values",
    ),
    "bugsnag.pivots.list_values_on_project": Sample(
        tool="list_pivot_values",
        arguments=lambda here: {"project_id": here.slug, "event_field_display_id": "os.version"},
        path="/projects/{project}/pivots/os.version/values",
        holds="values",
    ),
    "bugsnag.trends.get_on_error": Sample(
        tool="get_trend", arguments=_on_error(0), path="/projects/{project}/errors/{error}/trend", holds="buckets"
    ),
    "bugsnag.trends.get_on_project": Sample(
        tool="get_trend", arguments=_in_project, path="/projects/{project}/trend", holds="buckets"
    ),
    "bugsnag.releases.list": Sample(
        tool="list_releases", arguments=_in_project, path="/projects/{project}/releases", holds="releases"
    ),
    "bugsnag.releases.get": Sample(
        tool="get_release",
        arguments=lambda here: {"project_id": here.slug, "release_id": here.release()},
        path="/projects/{project}/releases/{release}",
        holds="release",
    ),
    "bugsnag.release_groups.list": Sample(
        tool="list_release_groups",
        arguments=lambda here: {"project_id": here.slug, "release_stage_name": "production"},
        path="/projects/{project}/release_groups",
        holds="release_groups",
    ),
    "bugsnag.release_groups.get": Sample(
        tool="get_release_group",
        arguments=lambda here: {"project_id": here.slug, "release_group_id": here.release_group()},
        path="/release_groups/{release_group}",
        holds="release_group",
        looked_up_alike=True,
    ),
    "bugsnag.release_groups.update": Sample(
        tool="update_release_group",
        arguments=lambda here: {"project_id": here.slug, "release_group_id": here.release_group(), "visible": True},
        method="PATCH",
        path="/release_groups/{release_group}",
        holds="release_group",
    ),
    "bugsnag.stability_trend.get": Sample(
        tool="get_stability_trend",
        arguments=_in_project,
        path="/projects/{project}/stability_trend",
        holds="stability_trend",
    ),
    "bugsnag.event_fields.list": Sample(
        tool="list_event_fields", arguments=_in_project, path="/projects/{project}/event_fields", holds="event_fields"
    ),
    "bugsnag.collaborators.list_on_organization": Sample(
        tool="list_collaborators",
        arguments=lambda here: {"organization_id": here.organization},
        path="/organizations/{organization}/collaborators",
        holds="collaborators",
    ),
    "bugsnag.collaborators.get": Sample(
        tool="get_collaborator",
        arguments=lambda here: {"organization_id": here.organization, "collaborator_id": here.person()},
        path="/organizations/{organization}/collaborators/{collaborator}",
        holds="collaborator",
    ),
    "bugsnag.collaborators.list_on_project": Sample(
        tool="list_collaborators",
        arguments=_in_project,
        path="/projects/{project}/collaborators",
        holds="collaborators",
    ),
    "bugsnag.saved_searches.list": Sample(
        tool="list_saved_searches",
        arguments=_in_project,
        path="/projects/{project}/saved_searches",
        holds="saved_searches",
    ),
    "bugsnag.saved_searches.get": Sample(
        tool="get_saved_search",
        arguments=lambda here: {"project_id": here.slug, "saved_search_id": here.saved_search()},
        path="/saved_searches/{saved_search}",
        holds="saved_search",
        looked_up_alike=True,
    ),
    "bugsnag.saved_searches.create": Sample(
        tool="create_saved_search",
        arguments=lambda here: {
            "project_id": here.slug,
            "name": "Open crashes",
            "filters": {"error.status": "open"},
            "project_default": False,
        },
        method="POST",
        path="/saved_searches",
        holds="saved_search",
    ),
    **PERFORMANCE,
}

COMPOSED: Mapping[str, tuple[Arguments, str]] = {
    "whats_new": (lambda here: {"project_id": here.slug, "since": "7d"}, "whats_new"),
    "triage_error": (_on_error(0), "triage"),
    "locate_error": (_on_error(0), "location"),
    "check_feature_flags": (_on_error(0), "check"),
    "compare_releases": (
        lambda here: {
            "project_id": here.slug,
            "release": here.release(0),
        },
        "comparison",
    ),
    "find_sessions": (lambda _: {"at": "2026-11-20T10:00:00Z", "user_id": "user_1", "hours": 1}, "search"),
}
"""Tools that ask several operations, each of which has its own sample: their arguments and the key of the answer."""
