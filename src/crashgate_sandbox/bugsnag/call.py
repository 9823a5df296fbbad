"""One request as a handler sees it. Rule: read straight off HTTP, in order, with repeated names kept."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import NOT_ADMINISTRATOR, JsonObject, RefusedError, not_found, role_too_low
from crashgate_sandbox.world.accounts import Organization, Person, Role
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Manners:
    """Habits of the vendor that differ by year, plan or installation.

    ``deepest_offset`` is where sorted lists stop; ``old_spellings`` answers with the fields of the 2017 recordings.
    ``tokens_create_organizations`` lets an administrator's token do what the recorded one was refused (C).
    ``bulk_tells_errors`` is the recorded answer to a change of many errors; without, it names the operation alone (L).
    ``flat_pivots`` puts the values of a pivot where the vendor's document has them (O); a client that wrote down live
    answers has them inside ``summary`` (T). ``saved_searches`` is whether the plan has them.
    """

    deepest_offset: int = 1000
    old_spellings: bool = False
    tokens_create_organizations: bool = True
    bulk_tells_errors: bool = True
    flat_pivots: bool = False
    saved_searches: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request of somebody who is known. ``base_url`` has no slash at its end."""

    world: World
    manners: Manners
    person: Person
    base_url: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes = b""
    filtering: bool = True
    params: Mapping[str, str] = field(default_factory=dict[str, str])

    def first(self, name: str) -> str | None:
        """The value of a query parameter; the last one counts where it is repeated, as in Rails."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def flag(self, name: str) -> bool:
        """Whether a query parameter says yes."""
        return self.first(name) in {"true", "1"}

    def url(self, path: str) -> str:
        """An absolute address on this API."""
        return f"{self.base_url}{path}"

    def moment(self, name: str) -> datetime | None:
        """A query parameter that must be a time in UTC; refused with 400 otherwise (A O)."""
        text = self.first(name)
        if text is None:
            return None
        moment = parse_time(text)
        if moment is None:
            raise RefusedError(400, f"{name} must be iso8601 format")
        return moment

    def json(self) -> JsonObject:
        """The body as a JSON object; nothing counts as an empty one."""
        try:
            body = json.loads(self.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise RefusedError(400, "There was a problem in the JSON you submitted")
        return cast("JsonObject", body)

    def organization(self) -> Organization:
        """The organization in the path, if the caller is in it."""
        found = self.world.organization(self.params["organization_id"])
        if found is None or found.id not in self.person.roles:
            raise not_found("Organization")
        return found

    def project(self) -> Project:
        """The project in the path, if the caller sees it."""
        return self.named_project(self.params["project_id"])

    def named_project(self, reference: str) -> Project:
        """The project with that id or slug, if the caller sees it."""
        found = self.world.project(reference)
        if found is None or not self.world.sees(self.person, found):
            raise not_found("Project")
        return found

    def sees_project(self, project_id: str) -> bool:
        """Whether a thing of that project exists for the caller."""
        return project_id in self.world.projects and self.world.sees(self.person, self.world.projects[project_id])

    def error(self) -> Error:
        """The error in the path, if it is in the project in the path (where there is one)."""
        project = self.project() if "project_id" in self.params else None
        found = self.world.errors.get(self.params["error_id"])
        if (
            found is None
            or not self.sees_project(found.project.id)
            or (project is not None and found.project.id != project.id)
        ):
            raise not_found("Error")
        return found

    def require(self, project: Project, *roles: Role) -> None:
        """Refuse a caller whose role in the project is none of these."""
        if self.person.roles[project.organization_id] not in roles:
            raise role_too_low()

    def require_write(self, project: Project) -> None:
        """Refuse a caller who may only look."""
        self.require(project, Role.ADMIN, Role.MEMBER)

    def require_administrator(self, organization_id: str, refusal: str = NOT_ADMINISTRATOR) -> None:
        """Refuse a member of an organization who is not its administrator."""
        if self.person.roles[organization_id] is not Role.ADMIN:
            raise RefusedError(403, refusal)


def parse_time(text: str) -> datetime | None:
    """ISO 8601 in UTC with ``Z``; a ``+00:00`` suffix is refused (A D T)."""
    if not text.endswith("Z") or "-" not in text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def seconds_time(moment: datetime) -> str:
    """``2017-12-12T10:58:50Z``, the form of trend buckets and links (C)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def millis_time(moment: datetime) -> str:
    """``2017-12-12T10:58:50.000Z``, the form of most times (C)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


Handler = Callable[[Call], Response]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One method on one path template, and what answers it. ``open`` needs no token."""

    method: str
    path: str
    handler: Handler
    open: bool = False
