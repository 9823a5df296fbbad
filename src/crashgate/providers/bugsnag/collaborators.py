"""Collaborators: people with access. Rule: how safe a person's account is, is nobody's business here.

The tools over people. Rule: names and addresses only, nothing of their accounts.
"""

from typing import Annotated

from pydantic import Field

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW, SUMMARY
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, ObjectId, Params, Ref, RowsAPage
from crashgate.model.reads import Reads
from crashgate.model.result import Id, Link, MemberData, MemberText, Result, Secret, Time
from crashgate.model.scope import OrganizationNamed, ProjectNamed
from crashgate.model.tool import Always, Given, Tool
from crashgate.providers.bugsnag.conventions import REFERENCE
from crashgate.views.rows import one, rows


class Collaborator(Result):
    """A person; the fields on two-factor login, recovery codes and passwords are left out."""

    id: Annotated[Id, ROW]
    name: Annotated[MemberText | None, PERSONAL, ROW] = None
    email: Annotated[MemberText | None, PERSONAL, ROW] = None
    is_admin: Annotated[bool | None, ROW] = None
    pending_invitation: Annotated[bool | None, ROW] = None
    created_at: Time = None
    last_request_at: Annotated[Time, SUMMARY] = None
    paid_for: bool | None = None
    show_time_in_utc: bool | None = None
    heroku: bool | None = None
    managed_by_smartbear_id: bool | None = None
    # Which other projects a person is in says which other projects there are (THREATS row 20).
    project_ids: Secret = None
    project_roles: Secret = None
    projects_url: Secret = None
    team_ids: MemberData = None
    two_factor_enabled: Secret = None
    two_factor_enabled_on: Secret = None
    recovery_codes_remaining: Secret = None
    password_updated_on: Secret = None
    url: Link = None


class ListOrganizationCollaborators(Params):
    """Parameters of listing an organization's collaborators; ``q`` is part of a name or an e-mail address."""

    organization_id: Annotated[Ref, In.PATH]
    q: Annotated[
        str | None,
        In.QUERY,
        Field(min_length=1, max_length=100),
        Reads(
            (
                "organization_collaborator.name",
                # check: people whose names are redacted are not searched for
                "organization_collaborator.email",
            )
        ),
    ] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


class GetCollaborator(Params):
    """Parameters of viewing a collaborator."""

    organization_id: Annotated[Ref, In.PATH]
    collaborator_id: Annotated[ObjectId, In.PATH]


class ListProjectCollaborators(Params):
    """Parameters of listing a project's collaborators."""

    project_id: Annotated[Ref, In.PATH]
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


LIST_ORGANIZATION_COLLABORATORS = Operation(
    id="bugsnag.collaborators.list_on_organization",
    provider="bugsnag",
    resource="organization_collaborator",
    access=Access.READ,
    method="GET",
    path="/organizations/{organization_id}/collaborators",
    scope=OrganizationNamed(),
    params=ListOrganizationCollaborators,
    result=Collaborator,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="collaborators"),
    source=f"{REFERENCE}/organizations/collaborators/list-collaborators",
)

GET_COLLABORATOR = Operation(
    id="bugsnag.collaborators.get",
    provider="bugsnag",
    resource="organization_collaborator",
    access=Access.READ,
    method="GET",
    path="/organizations/{organization_id}/collaborators/{collaborator_id}",
    scope=OrganizationNamed(),
    params=GetCollaborator,
    result=Collaborator,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="collaborator {collaborator_id}"),
    source=f"{REFERENCE}/organizations/collaborators/view-a-collaborator",
)

LIST_PROJECT_COLLABORATORS = Operation(
    id="bugsnag.collaborators.list_on_project",
    provider="bugsnag",
    resource="collaborator",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/collaborators",
    scope=ProjectNamed(),
    params=ListProjectCollaborators,
    result=Collaborator,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="collaborators"),
    source=f"{REFERENCE}/organizations/collaborators/list-collaborators-on-a-project",
)

COLLABORATORS = (LIST_ORGANIZATION_COLLABORATORS, GET_COLLABORATOR, LIST_PROJECT_COLLABORATORS)


COLLABORATOR_TOOLS = (
    Tool(
        name="list_collaborators",
        title="List collaborators",
        description=("People of a project (to assign errors to) or, with organization_id instead, of an organization."),
        choice=Given(
            argument="organization_id", present=LIST_ORGANIZATION_COLLABORATORS, absent=LIST_PROJECT_COLLABORATORS
        ),
        view=rows("collaborators"),
        holds=("collaborators", "array"),
        notes={
            "organization_id": "in place of project_id",
            "q": "part of a name or e-mail address; with organization_id",
        },
        pages=True,
    ),
    Tool(
        name="get_collaborator",
        title="Get a collaborator",
        description=("Read one person of an organization."),
        choice=Always(operation=GET_COLLABORATOR),
        view=one("collaborator"),
        holds=("collaborator", "object"),
        detailed=True,
    ),
)
