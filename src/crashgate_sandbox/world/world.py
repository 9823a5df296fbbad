"""The world as it is now. Rule: drawn from a seed; every change to it is made here and lives as long as the process.

Its time stands still at ``now``, so that what was believable at the start stays so.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from crashgate_sandbox.world.accounts import (
    Organization,
    Person,
    Role,
    organization_id,
    organization_key,
    organizations,
    people,
)
from crashgate_sandbox.world.comments import Comments
from crashgate_sandbox.world.content.screens import SCREENS
from crashgate_sandbox.world.errors import Drawn, Error, ErrorState, project_errors
from crashgate_sandbox.world.new_project import new_project
from crashgate_sandbox.world.occurrences import PREFIX_LENGTH, Occurrence, error_occurrences, error_prefix
from crashgate_sandbox.world.platform import Surface
from crashgate_sandbox.world.projects import PLANS, Project, project, project_key
from crashgate_sandbox.world.release_groups import ReleaseGroup, release_groups
from crashgate_sandbox.world.releases import Release, project_releases
from crashgate_sandbox.world.saved_searches import SavedSearches
from crashgate_sandbox.world.session_log import SessionLog
from crashgate_sandbox.world.sessions import Day, session_days
from crashgate_sandbox.world.slugs import free_slug
from crashgate_sandbox.world.spans import Span, project_spans
from crashgate_sandbox.world.visits import Visit, visit_of, visits

DEFAULT_SEED = 20_26


class World:
    """Two organizations with their people, apps, releases and crashes.

    ``now`` is a time with zone; without it, the moment of making. The same ``seed`` gives the same ids and texts.
    """

    def __init__(self, *, seed: int = DEFAULT_SEED, now: datetime | None = None) -> None:
        self.seed = seed
        self.now = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        self._first_errors: dict[str, tuple[Drawn, ...]] = {}
        self._visits: tuple[Visit, ...] | None = None
        self._spans: dict[str, tuple[Span, ...]] = {}
        self.reset()

    def reset(self) -> None:
        """Forget every change."""
        self.people = people(self.seed)
        self.organizations = {found.id: found for found in organizations(self.seed, self.people[0])}
        by_slug = {found.slug: found.id for found in self.organizations.values()}
        drawn = [project(self.seed, plan, by_slug[plan.organization]) for plan in PLANS]
        self.projects = {found.id: found for found in drawn}
        self.errors: dict[str, Error] = {}
        self.comments = Comments(self.seed)
        self.searches = SavedSearches(self.seed)
        self.sessions = SessionLog()
        self.hidden_groups: set[str] = set()
        self.network_grouping: dict[str, tuple[str, ...]] = {}
        self._states: dict[str, ErrorState] = {}
        self._releases: dict[str, tuple[Release, ...]] = {}
        self._occurrences: dict[str, tuple[Occurrence, ...]] = {}
        self._key_generations: dict[str, int] = {}
        self._created = 0
        for one in drawn:
            settled = tuple(person.id for person in self.members(one.organization_id) if not person.account.pending)
            self.searches.draw(one, settled, self.now)
            if one.id not in self._first_errors:
                self._first_errors[one.id] = tuple(project_errors(self.seed, one, settled, self.now))
            for found in self._first_errors[one.id]:
                self.errors[found.error.id] = found.error
                self._states[found.error.id] = found.state
                self.comments.draw(found.error, found.comments, settled, self.now)
        self._error_of_prefix = {error_prefix(self.seed, error_id): error_id for error_id in self.errors}

    def members(self, organization: str) -> tuple[Person, ...]:
        """The people of the organization with that id."""
        return tuple(person for person in self.people if organization in person.roles)

    def person(self, email: str) -> Person:
        """The person with that address."""
        return next(person for person in self.people if person.email == email)

    def sees(self, person: Person, one: Project) -> bool:
        """Whether a project exists for a person: administrators see all of their organization's."""
        role = person.roles.get(one.organization_id)
        members = one.settings.members
        return role is Role.ADMIN or (role is not None and (members is None or person.id in members))

    def organization(self, reference: str) -> Organization | None:
        """The organization with that id or slug."""
        return next((one for one in self.organizations.values() if reference in {one.id, one.slug}), None)

    def create_organization(self, name: str, creator: Person) -> Organization:
        """Found an organization; who does so is its administrator."""
        self._created += 1
        key = f"created {self._created}"
        made = Organization(
            id=organization_id(self.seed, key),
            slug=free_slug(name, {one.slug for one in self.organizations.values()}),
            name=name,
            age_days=0,
            updated_days=0,
            creator=creator,
            api_key=organization_key(self.seed, key),
            billing_emails=(creator.email,),
            auto_upgrade=True,
        )
        self.organizations[made.id] = made
        self.people = tuple(
            replace(person, roles={**person.roles, made.id: Role.ADMIN}) if person.id == creator.id else person
            for person in self.people
        )
        return made

    def change_organization(self, one: Organization) -> Organization:
        """Somebody changed an organization; another name makes another slug."""
        others = {other.slug for other in self.organizations.values() if other.id != one.id}
        before = self.organizations[one.id]
        slug = before.slug if one.name == before.name else free_slug(one.name, others)
        self.organizations[one.id] = replace(one, slug=slug, updated_days=0)
        return self.organizations[one.id]

    def delete_organization(self, one: Organization) -> None:
        """Remove an organization with everything in it, for good."""
        for found in [found for found in self.projects.values() if found.organization_id == one.id]:
            self.delete_project(found)
        del self.organizations[one.id]

    def project(self, reference: str) -> Project | None:
        """The project with that id or slug."""
        return next((one for one in self.projects.values() if reference in {one.id, one.slug}), None)

    def project_of_key(self, api_key: str) -> Project | None:
        """The project whose apps send with that key."""
        return next((one for one in self.projects.values() if one.api_key == api_key), None)

    def create_project(self, organization: str, *, name: str, platform: str, ignore_old_browsers: bool) -> Project:
        """A new project of the organization with that id."""
        self._created += 1
        made = new_project(
            self.seed,
            self._created,
            organization_id=organization,
            slug=free_slug(name, {one.slug for one in self.projects.values()}),
            name=name,
            platform=platform,
            ignore_old_browsers=ignore_old_browsers,
        )
        self.projects[made.id] = made
        return made

    def change_project(self, one: Project) -> Project:
        """Somebody changed a project; another name makes another slug."""
        others = {other.slug for other in self.projects.values() if other.id != one.id}
        before = self.projects[one.id]
        slug = before.slug if one.name == before.name else free_slug(one.name, others)
        self.projects[one.id] = replace(one, slug=slug, updated_days=0)
        return self.projects[one.id]

    def new_api_key(self, one: Project) -> Project:
        """Replace a project's key; apps that still send the old one are cut off."""
        generation = self._key_generations[one.id] = self._key_generations.get(one.id, 0) + 1
        changed = replace(one, api_key=project_key(self.seed, one.plan.slug, generation))
        self.projects[one.id] = changed
        return changed

    def delete_project(self, one: Project) -> None:
        """Remove a project with everything in it, for good."""
        self.delete_errors(self.errors_of(one.id))
        self.searches.forget(one.id)
        del self.projects[one.id]

    def errors_of(self, project_id: str) -> list[Error]:
        """The errors of a project, in the order they were drawn."""
        return [error for error in self.errors.values() if error.project.id == project_id]

    def state(self, error: Error) -> ErrorState:
        """What people did to an error so far."""
        return self._states[error.id]

    def change(self, error: Error, state: ErrorState) -> None:
        """Somebody did something to an error."""
        self._states[error.id] = state

    def delete_errors(self, errors: Iterable[Error]) -> None:
        """Remove errors with their events and comments, for good."""
        for error in tuple(errors):
            del self.errors[error.id], self._states[error.id]
            self._occurrences.pop(error.id, None)
            self.comments.forget(error.id)

    def occurrences(self, error: Error) -> tuple[Occurrence, ...]:
        """The events of an error, newest first."""
        if error.id not in self._occurrences:
            self._occurrences[error.id] = self._drawn_occurrences(error)
        return self._occurrences[error.id]

    def occurrence(self, event_id: str) -> Occurrence | None:
        """The event with that id."""
        error = self.errors.get(self._error_of_prefix.get(event_id[:PREFIX_LENGTH], ""))
        if error is None:
            return None
        return next((found for found in self.occurrences(error) if found.id == event_id), None)

    def visits(self) -> tuple[Visit, ...]:
        """The sessions of users that ended with a crash, newest first. Whoever deletes an event deletes no session."""
        if self._visits is None:
            first = [drawn.error for errors in self._first_errors.values() for drawn in errors]
            recent = [error for error in first if error.project.plan.platform.surface is Surface.MOBILE]
            self._visits = visits(
                self.seed, [one for error in recent for one in self._drawn_occurrences(error)], self.now
            )
        return self._visits

    def visit(self, one: Occurrence) -> Visit | None:
        """The session that ended with that event, where it was recorded."""
        return visit_of(self.seed, one, self.now)

    def delete_event(self, one: Occurrence) -> None:
        """Remove an event, for good; with its last event an error goes too."""
        left = tuple(other for other in self.occurrences(one.error) if other.id != one.id)
        if left:
            self._occurrences[one.error.id] = left
        else:
            self.delete_errors([one.error])

    def releases(self, one: Project) -> tuple[Release, ...]:
        """The releases of a project, newest first, with the sessions that were reported."""
        return self.sessions.on_releases(one.id, self._drawn_releases(one), self.now)

    def spans(self, one: Project) -> tuple[Span, ...]:
        """The spans of a project, oldest first; nobody can change them."""
        if one.id not in self._spans:
            self._spans[one.id] = project_spans(self.seed, one, self._drawn_releases(one), self.now)
        return self._spans[one.id]

    def network_patterns(self, one: Project) -> tuple[str, ...]:
        """The patterns by which the requests of a project are grouped."""
        drawn = SCREENS[one.plan.slug].patterns if one.plan.slug in SCREENS else ()
        return self.network_grouping.get(one.id, drawn)

    def release_groups(self, one: Project) -> tuple[ReleaseGroup, ...]:
        """The release groups of a project, newest first."""
        return release_groups(self.releases(one))

    def session_days(self, one: Project) -> tuple[Day, ...]:
        """The sessions of the last ninety days on a project's first stage, oldest first, with those reported."""
        days = session_days(self.seed, one.plan, self.now)
        return self.sessions.on_days(one.id, one.plan.stages[0], days, self.now) if one.plan.stages else days

    def _drawn_occurrences(self, error: Error) -> tuple[Occurrence, ...]:
        oldest_first = self._drawn_releases(error.project)[::-1]
        by_stage = {
            stage: tuple(release for release in oldest_first if release.stage == stage) for stage in error.stages
        }
        return error_occurrences(self.seed, error, by_stage)

    def _drawn_releases(self, one: Project) -> tuple[Release, ...]:
        if one.id not in self._releases:
            self._releases[one.id] = project_releases(self.seed, one, self.now)
        return self._releases[one.id]
