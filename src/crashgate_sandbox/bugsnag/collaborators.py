"""Collaborators. Rule: an organization's are for its administrators; a project's are for whoever sees the project.

Source: docs/upstreams/bugsnag.md#collaborators. No link of theirs was recorded; ours is a guess (G).
"""

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import json_answer, not_found
from crashgate_sandbox.bugsnag.call import Call, Route
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page, plain_offset
from crashgate_sandbox.bugsnag.projects import project_members
from crashgate_sandbox.bugsnag.users import collaborator_json
from crashgate_sandbox.world.accounts import Person

_ROLE_REQUIRED = "Organization Administrator role required"


def list_organization_collaborators(call: Call) -> Response:
    """``GET /organizations/{organization_id}/collaborators``; ``q`` is part of a name or an e-mail address."""
    organization = call.organization()
    call.require_administrator(organization.id, _ROLE_REQUIRED)
    wanted = (call.first("q") or "").lower()
    found = [
        one
        for one in call.world.members(organization.id)
        if wanted in (one.name or "").lower() or wanted in one.email.lower()
    ]
    return _page(call, found, organization.id)


def get_organization_collaborator(call: Call) -> Response:
    """``GET /organizations/{organization_id}/collaborators/{collaborator_id}``."""
    organization = call.organization()
    call.require_administrator(organization.id, _ROLE_REQUIRED)
    return _one(call, call.world.members(organization.id), organization.id)


def list_project_collaborators(call: Call) -> Response:
    """``GET /projects/{project_id}/collaborators``."""
    project = call.project()
    return _page(call, list(project_members(call, project)), project.organization_id)


def get_project_collaborator(call: Call) -> Response:
    """``GET /projects/{project_id}/collaborators/{collaborator_id}``."""
    project = call.project()
    return _one(call, project_members(call, project), project.organization_id)


def _page(call: Call, people: list[Person], organization_id: str) -> Response:
    """Who came last stands first (C)."""
    people.sort(key=lambda one: one.account.joined_days)
    start, size = plain_offset(call), per_page(call, most=100)
    following = link(call, {"offset": str(start + size)}) if start + size < len(people) else None
    headers = {"X-Total-Count": str(len(people)), **link_header(next=following)}
    return json_answer(
        [collaborator_json(call, one, organization_id) for one in people[start : start + size]], headers=headers
    )


def _one(call: Call, people: tuple[Person, ...], organization_id: str) -> Response:
    found = next((one for one in people if one.id == call.params["collaborator_id"]), None)
    if found is None:
        raise not_found("User")
    return json_answer(collaborator_json(call, found, organization_id))


ROUTES = (
    Route(method="GET", path="/organizations/{organization_id}/collaborators", handler=list_organization_collaborators),
    Route(
        method="GET",
        path="/organizations/{organization_id}/collaborators/{collaborator_id}",
        handler=get_organization_collaborator,
    ),
    Route(method="GET", path="/projects/{project_id}/collaborators", handler=list_project_collaborators),
    Route(
        method="GET", path="/projects/{project_id}/collaborators/{collaborator_id}", handler=get_project_collaborator
    ),
)
