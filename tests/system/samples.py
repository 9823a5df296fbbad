"""One call for each operation of the catalogue. Rule: whoever adds an operation adds its call here, or a test fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from crashgate.sandbox.browserstack.drawn import AWKWARD_IDS
from crashgate.sandbox.bugspulse.sessions import session_id
from crashgate.sandbox.devrev.apps import APPS, Platform
from crashgate.sandbox.devrev.sessions import Session
from crashgate.sandbox.devrev.store import Store
from crashgate.sandbox.world.world import DEFAULT_SEED, World

Arguments = Callable[["Here"], Mapping[str, Any]]
TRACKED = "payments-api"
"""The project with an issue tracker."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """The project in which the samples are, and what is in it."""

    world: World
    slug: str = "checkout-ios"
    organization: str = "acme"

    @property
    def project_id(self) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return found.id

    @property
    def organization_id(self) -> str:
        found = self.world.organization(self.organization)
        assert found is not None
        return found.id

    def error(self, number: int) -> str:
        """The id of an error; each change has one of its own."""
        return self.world.errors_of(self.project_id)[number].id

    def event(self, number: int) -> str:
        return self.world.occurrences(self.world.errors[self.error(number)])[0].id

    def release(self, number: int = 0) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return self.world.releases(found)[number].id

    def person(self) -> str:
        return self.world.people[0].id

    def errors(self, first: int) -> list[str]:
        """Three errors for one change of many."""
        return [self.error(number) for number in range(first, first + 3)]

    def comment(self, error: int) -> str:
        """A comment on an error; where nobody wrote one, it is written now."""
        error_id = self.error(error)
        found = self.world.comments.on(error_id)
        return (found[0] if found else self.world.comments.add(error_id, self.person(), "Seen.", self.world.now)).id

    def release_group(self) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return self.world.release_groups(found)[0].id

    def saved_search(self) -> str:
        return next(each.id for each in self.world.searches.of(self.project_id) if each.shared)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A tool call that carries the operation out, and the request that must then arrive upstream.

    ``holds`` is the key of the answer; ``path`` is None for what crashgate answers itself, as the tester wrote it down
    from the vendor's documents, behind the sandbox's prefix for the provider. ``looked_up_alike`` says that the gate
    asks the very same before, to decide the call.
    """

    tool: str
    arguments: Arguments
    method: str = "GET"
    path: str | None
    holds: str
    looked_up_alike: bool = False


def _in_project(here: Here) -> dict[str, Any]:
    return {"project_id": here.slug}


def _on_error(number: int, **more: object) -> Arguments:
    return lambda here: {"project_id": here.slug, "error_id": here.error(number), **more}


def _change(number: int, operation: str, **more: object) -> Sample:
    return Sample(
        tool="update_error",
        arguments=_on_error(number, operation=operation, **more),
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="error",
    )


def _change_many(first: int, operation: str, **more: object) -> Sample:
    return Sample(
        tool="update_errors",
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


CHAT = AWKWARD_IDS[0]
"""A session at BrowserStack, in production, whose id has slashes."""

_APPS: Mapping[str, tuple[Platform, str]] = {
    "mobile": (Platform.IOS, "com.acme.checkout"),
    "web": (Platform.WEB, "acme-web"),
}


@cache
def run_of(kind: str) -> tuple[Mapping[str, Any], Session]:
    """Where DevRev's newest session of that kind is, and the session; ids are the same on every day."""
    platform, key = _APPS[kind]
    app = next(each for each in APPS if each.version_key == key)
    session = Store(seed=DEFAULT_SEED, sessions=1, now=datetime.now(UTC)).of(app, platform)[0]
    return {"connection": "devrev", "app_id": key, "platform": platform.value}, session


def _at(connection: str, **more: object) -> Arguments:
    return lambda _: {"connection": connection, **more}


def _app(**more: object) -> Arguments:
    return lambda _: {**run_of("mobile")[0], **more}


def _run(kind: str, part: str | None = None) -> Arguments:
    """The newest session, and a part of it under a parameter's name."""

    def arguments(_: Here) -> dict[str, Any]:
        where, session = run_of(kind)
        return {**where, "session_id": session.id, **({part: session.parts[0]} if part else {})}

    return arguments


def _export(connection: str, subject: str, path: str, *, method: str = "GET", **more: object) -> Sample:
    """An export that needs one page."""
    only = subject in {"crashes", "session_events", "network_logs"}
    arguments = _app(is_crash=True) if connection == "devrev" else _at(connection, **more)
    return Sample(
        tool=f"export_{subject}",
        arguments=(lambda _: more) if only else arguments,
        method=method,
        path=path,
        holds="export",
    )


SAMPLES: Mapping[str, Sample] = {
    "crashgate.access.get": Sample(tool="my_access", arguments=lambda _: {}, path=None, holds="access"),
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
            "error_id": here.error(6),
            "operation": "assign",
            "assigned_collaborator_id": here.person(),
        },
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="error",
    ),
    "bugsnag.errors.override_severity": _change(7, "override_severity", severity="info"),
    "bugsnag.errors.link_issue": _change(8, "link_issue", issue_url="https://tracker.example/browse/CHE-1"),
    "bugsnag.errors.unlink_issue": _change(9, "unlink_issue"),
    "bugsnag.errors.undiscard": _change(10, "undiscard"),
    "bugsnag.errors.create_issue": Sample(
        tool="update_error",
        arguments=lambda here: {
            "project_id": TRACKED,
            "error_id": Here(world=here.world, slug=TRACKED).error(0),
            "operation": "create_issue",
            "issue_title": "Crash in the cart",
        },
        method="PATCH",
        path="/projects/{project}/errors/{error}",
        holds="error",
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
        tool="update_errors",
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
    "bugsnag.events.get": Sample(
        tool="get_event",
        arguments=lambda here: {"project_id": here.slug, "event_id": here.event(0)},
        path="/projects/{project}/events/{event}",
        holds="event",
    ),
    "bugsnag.events.get_latest": Sample(
        tool="get_latest_event", arguments=_on_error(0), path="/errors/{error}/latest_event", holds="event"
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
    "crashgate.exports.list": Sample(tool="list_exports", arguments=lambda _: {}, path=None, holds="exports"),
    "bugspulse.sessions.list": Sample(
        tool="list_sessions", arguments=_at("bugspulse"), path="/bugspulse/export/sessions", holds="sessions"
    ),
    "bugspulse.sessions.export": _export("bugspulse", "sessions", "/bugspulse/export/sessions"),
    "bugspulse.crashes.list": Sample(
        tool="list_crashes", arguments=lambda _: {}, path="/bugspulse/export/crashes", holds="crashes"
    ),
    "bugspulse.crashes.export": _export("bugspulse", "crashes", "/bugspulse/export/crashes"),
    "bugspulse.session_events.list": Sample(
        tool="list_session_events",
        arguments=_at("bugspulse", session_id=session_id(0)),
        path="/bugspulse/export/events",
        holds="events",
    ),
    "bugspulse.session_events.export": _export(
        "bugspulse", "session_events", "/bugspulse/export/events", session_id=session_id(0)
    ),
    "bugspulse.network_logs.list": Sample(
        tool="list_network_logs",
        arguments=_at("bugspulse"),
        path="/bugspulse/export/network",
        holds="network_logs",
    ),
    "bugspulse.network_logs.export": _export("bugspulse", "network_logs", "/bugspulse/export/network"),
    "browserstack.sessions.list": Sample(
        tool="list_sessions",
        arguments=_at("browserstack", environment=["production", "staging"]),
        path="/browserstack/api/public/sessions",
        holds="sessions",
    ),
    "browserstack.sessions.get": Sample(
        tool="get_session",
        arguments=_at("browserstack", session_id=CHAT),
        path="/browserstack/api/public/sessions/{session}",
        holds="session",
    ),
    "browserstack.sessions.create": Sample(
        tool="create_session",
        arguments=lambda _: {"session_id": CHAT, "name": "turn", "environment": "production", "input": {"q": "?"}},
        method="POST",
        path="/browserstack/api/public/ingestion",
        holds="session",
    ),
    "browserstack.sessions.export": _export(
        "browserstack", "sessions", "/browserstack/api/public/sessions", environment=["staging"]
    ),
    "devrev.sessions.list": Sample(
        tool="list_sessions",
        arguments=_app(since="2026-11-19", app_version=["5.12.1"], rage_tap=False),
        method="POST",
        path="/devrev/observability.sessions.list",
        holds="sessions",
    ),
    "devrev.sessions.get": Sample(
        tool="get_session",
        arguments=_run("mobile"),
        path="/devrev/observability.sessions.get",
        holds="session",
    ),
    "devrev.sessions.export": _export("devrev", "sessions", "/devrev/observability.sessions.list", method="POST"),
    "devrev.session_data.get": Sample(
        tool="list_session_events",
        arguments=_run("mobile", "recording_id"),
        method="POST",
        path="/devrev/observability.sessions.data.get",
        holds="events",
    ),
    "devrev.developer_info.get": Sample(
        tool="list_network_logs",
        arguments=_run("web", "tab_id"),
        method="POST",
        path="/devrev/observability.sessions.developer-info.get",
        holds="network_logs",
    ),
    "bugsnag-sessions.sessions.report": Sample(
        tool="report_sessions",
        arguments=lambda _: {
            "app": {"version": "4.18.0", "releaseStage": "production"},
            "session_counts": [{"startedAt": "2026-11-20T15:18Z", "sessionsStarted": 12}],
        },
        method="POST",
        path="/bugsnag-sessions/",
        holds="report",
    ),
    # Last: nothing of the organization is left after it. It is not that of the other samples.
    "bugsnag.organizations.delete": Sample(
        tool="delete_organization",
        arguments=lambda _: {"organization_id": "globex"},
        method="DELETE",
        path="/organizations/{other_organization}",
        holds="organization",
    ),
}


BY_RESOURCE = frozenset({"crashgate.exports.read"})
"""Operations that no tool carries out: a client reads a resource."""

RECIPES: Mapping[str, tuple[Arguments, str]] = {
    "triage_error": (_on_error(0), "triage"),
    "compare_releases": (
        lambda here: {
            "project_id": here.slug,
            "release_id": here.release(0),
            "baseline_release_id": here.release(1),
        },
        "comparison",
    ),
}
"""Tools that ask several operations, each of which has its own sample: their arguments and the key of the answer."""


def expected_path(sample: Sample, here: Here) -> str | None:
    """The path of the sample's request, with the ids of the world in it."""
    if sample.path is None:
        return None
    arguments = sample.arguments(here)
    named = {name.removesuffix("_id"): quote(str(value), safe="") for name, value in arguments.items()}
    places = {
        "project": Here(world=here.world, slug=arguments.get("project_id", here.slug)).project_id,
        "organization": here.organization_id,
        "other_organization": Here(world=here.world, organization="globex").organization_id,
    }
    return sample.path.format_map({**named, **places})
