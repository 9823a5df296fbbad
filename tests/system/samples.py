"""One call for each operation of the catalogue. Rule: whoever adds an operation adds its call here, or a test fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crashgate.sandbox.world.world import World

Arguments = Callable[["Here"], Mapping[str, Any]]


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

    def release(self) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return self.world.releases(found)[0].id

    def person(self) -> str:
        return self.world.people[0].id


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A tool call that carries the operation out, and the request that must then arrive upstream.

    ``holds`` is the key of the answer; ``path`` is None for what crashgate answers itself, as the tester wrote it down
    from the vendor's documents. ``looked_up`` says that the gate asks this itself, to decide the call.
    """

    tool: str
    arguments: Arguments
    method: str = "GET"
    path: str | None
    holds: str
    looked_up: bool = False


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


SAMPLES: Mapping[str, Sample] = {
    "crashgate.access.get": Sample(tool="my_access", arguments=lambda _: {}, path=None, holds="access"),
    "bugsnag.organizations.list": Sample(
        tool="list_organizations", arguments=lambda _: {}, path="/user/organizations", holds="organizations"
    ),
    "bugsnag.organizations.get": Sample(
        tool="list_projects",
        arguments=lambda here: {"organization_id": here.organization},
        path="/organizations/acme",
        holds="projects",
        looked_up=True,
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
    "bugsnag.stability_trend.get": Sample(
        tool="get_stability_trend",
        arguments=_in_project,
        path="/projects/{project}/stability_trend",
        holds="stability_trend",
    ),
    "bugsnag.event_fields.list": Sample(
        tool="list_event_fields", arguments=_in_project, path="/projects/{project}/event_fields", holds="event_fields"
    ),
}


def expected_path(sample: Sample, here: Here) -> str | None:
    """The path of the sample's request, with the ids of the world in it."""
    if sample.path is None:
        return None
    arguments = sample.arguments(here)
    return sample.path.format(
        project=here.project_id,
        organization=here.organization_id,
        error=arguments.get("error_id"),
        event=arguments.get("event_id"),
        release=arguments.get("release_id"),
    )
