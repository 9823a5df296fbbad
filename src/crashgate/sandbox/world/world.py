"""The world as it is now. Rule: drawn from a seed; every change to it is made here and lives as long as the process.

Its time stands still at ``now``, so that what was believable at the start stays so.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from crashgate.sandbox.world.accounts import Organization, Person, organizations, people
from crashgate.sandbox.world.errors import Error, ErrorState, project_errors
from crashgate.sandbox.world.occurrences import PREFIX_LENGTH, Occurrence, error_occurrences, error_prefix
from crashgate.sandbox.world.projects import PLANS, Project, project, project_key
from crashgate.sandbox.world.releases import Release, project_releases

DEFAULT_SEED = 20_26


class World:
    """Two organizations with their people, apps, releases and crashes.

    ``now`` is a time with zone; without it, the moment of making. The same ``seed`` gives the same ids and texts.
    """

    def __init__(self, *, seed: int = DEFAULT_SEED, now: datetime | None = None) -> None:
        self.seed = seed
        self.now = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        self.reset()

    def reset(self) -> None:
        """Forget every change."""
        self.people = people(self.seed)
        self.organizations = {found.id: found for found in organizations(self.seed, self.people[0])}
        by_slug = {found.slug: found.id for found in self.organizations.values()}
        drawn = [project(self.seed, plan, by_slug[plan.organization]) for plan in PLANS]
        self.projects = {found.id: found for found in drawn}
        self.errors: dict[str, Error] = {}
        self._states: dict[str, ErrorState] = {}
        self._releases: dict[str, tuple[Release, ...]] = {}
        self._occurrences: dict[str, tuple[Occurrence, ...]] = {}
        self._key_generations: dict[str, int] = {}
        for one in drawn:
            members = tuple(person.id for person in self.members(one.plan.organization))
            for found in project_errors(self.seed, one, members, self.now):
                self.errors[found.error.id] = found.error
                self._states[found.error.id] = found.state
        self._error_of_prefix = {error_prefix(self.seed, error_id): error_id for error_id in self.errors}

    def members(self, organization_slug: str) -> tuple[Person, ...]:
        """The people of an organization."""
        return tuple(person for person in self.people if organization_slug in person.roles)

    def person(self, email: str) -> Person:
        """The person with that address."""
        return next(person for person in self.people if person.email == email)

    def organization(self, reference: str) -> Organization | None:
        """The organization with that id or slug."""
        return next((one for one in self.organizations.values() if reference in {one.id, one.slug}), None)

    def project(self, reference: str) -> Project | None:
        """The project with that id or slug."""
        return next((one for one in self.projects.values() if reference in {one.id, one.plan.slug}), None)

    def errors_of(self, project_id: str) -> list[Error]:
        """The errors of a project, in the order they were drawn."""
        return [error for error in self.errors.values() if error.project.id == project_id]

    def state(self, error: Error) -> ErrorState:
        """What people did to an error so far."""
        return self._states[error.id]

    def change(self, error: Error, state: ErrorState) -> None:
        """Somebody did something to an error."""
        self._states[error.id] = state

    def releases(self, one: Project) -> tuple[Release, ...]:
        """The releases of a project, newest first."""
        if one.id not in self._releases:
            self._releases[one.id] = project_releases(self.seed, one, self.now)
        return self._releases[one.id]

    def occurrences(self, error: Error) -> tuple[Occurrence, ...]:
        """The events of an error, newest first."""
        if error.id not in self._occurrences:
            oldest_first = self.releases(error.project)[::-1]
            by_stage = {
                stage: tuple(release for release in oldest_first if release.stage == stage) for stage in error.stages
            }
            self._occurrences[error.id] = error_occurrences(self.seed, error, by_stage)
        return self._occurrences[error.id]

    def occurrence(self, event_id: str) -> Occurrence | None:
        """The event with that id."""
        error = self.errors.get(self._error_of_prefix.get(event_id[:PREFIX_LENGTH], ""))
        if error is None:
            return None
        return next((found for found in self.occurrences(error) if found.id == event_id), None)

    def delete_errors(self, errors: Iterable[Error]) -> None:
        """Remove errors with their events, for good."""
        for error in tuple(errors):
            del self.errors[error.id], self._states[error.id]
            self._occurrences.pop(error.id, None)

    def delete_project(self, one: Project) -> None:
        """Remove a project with everything in it, for good."""
        self.delete_errors(self.errors_of(one.id))
        del self.projects[one.id]

    def new_api_key(self, one: Project) -> Project:
        """Replace a project's key; apps that still send the old one are cut off."""
        generation = self._key_generations[one.id] = self._key_generations.get(one.id, 0) + 1
        changed = replace(one, api_key=project_key(self.seed, one.plan.slug, generation))
        self.projects[one.id] = changed
        return changed
