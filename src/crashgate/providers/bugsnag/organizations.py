"""Organizations: what a token's user belongs to. Rule: an organization's keys and billing addresses never leave.

The tools over organizations. Rule: what costs money or cannot be undone needs full.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW, SUMMARY
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Needs, Params, Ref, RowsAPage
from crashgate.model.reads import ReadsNothing
from crashgate.model.result import Id, Link, MemberData, MemberText, Result, Secret, Slug, Time
from crashgate.model.scope import OrganizationNamed, OrganizationRows, OrganizationToCome
from crashgate.model.tool import Always, Tool
from crashgate.providers.bugsnag.conventions import NOT_OFFERED, REFERENCE
from crashgate.views.rows import changed, created, one, rows

Email = Annotated[str, StringConstraints(pattern=r"^[^\s@<>]+@[^\s@<>]+$", max_length=200)]


class Organization(Result):
    """An organization as upstream shows it to one of its members."""

    id: Annotated[Id, ROW]
    name: Annotated[MemberText | None, ROW] = None
    slug: Annotated[Slug, ROW] = None
    creator: Annotated[MemberData, PERSONAL] = None
    created_at: Annotated[Time, SUMMARY] = None
    updated_at: Time = None
    auto_upgrade: Annotated[bool | None, SUMMARY] = None
    upgrade_url: Link = None
    can_start_pro_trial: bool | None = None
    pro_trial_ends_at: Time = None
    pro_trial_feature: bool | None = None
    managed_by_platform_services: bool | None = None
    collaborators_url: Link = None
    projects_url: Link = None
    billing_emails: Secret = None
    api_key: Secret = None


class ListOrganizations(Params):
    """Parameters of listing organizations."""

    admin: Annotated[
        bool | None, In.QUERY, Logged(), ReadsNothing("it is about the token's own account, not about a field")
    ] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


class GetOrganization(Params):
    """Parameters of viewing an organization."""

    organization_id: Annotated[Ref, In.PATH]


class CreateOrganization(Params):
    """Parameters of creating an organization."""

    name: Annotated[str, In.BODY, Field(min_length=1, max_length=100)]


class UpdateOrganization(GetOrganization):
    """Parameters of changing an organization; ``auto_upgrade`` can change what the customer is billed."""

    name: Annotated[str | None, In.BODY, Field(min_length=1, max_length=100)] = None
    auto_upgrade: Annotated[bool | None, In.BODY, Logged(), Needs(Access.DELETE)] = None
    billing_emails: Annotated[tuple[Email, ...] | None, In.BODY, Field(max_length=20)] = None
    invoice_address: Annotated[str | None, In.BODY, Field(max_length=1000)] = None


LIST_ORGANIZATIONS = Operation(
    id="bugsnag.organizations.list",
    provider="bugsnag",
    resource="organization",
    access=Access.READ,
    method="GET",
    path="/user/organizations",
    scope=OrganizationRows(),
    params=ListOrganizations,
    result=Organization,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="organizations"),
    source=f"{REFERENCE}/current-user/organizations/list-the-current-user's-organizations",
)

GET_ORGANIZATION = Operation(
    id="bugsnag.organizations.get",
    provider="bugsnag",
    resource="organization",
    access=Access.READ,
    method="GET",
    path="/organizations/{organization_id}",
    scope=OrganizationNamed(),
    params=GetOrganization,
    result=Organization,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="organization {organization_id}"),
    source=f"{REFERENCE}/organizations/organizations/view-an-organization",
)

CREATE_ORGANIZATION = Operation(
    id="bugsnag.organizations.create",
    provider="bugsnag",
    resource="organization",
    access=Access.WRITE,
    method="POST",
    path="/organizations",
    scope=OrganizationToCome(),
    params=CreateOrganization,
    result=Organization,
    shape=Shape.ONE,
    wording=Wording(verb="create", past="created", target="an organization"),
    source=f"{REFERENCE}/organizations/organizations/create-an-organization",
)

UPDATE_ORGANIZATION = Operation(
    id="bugsnag.organizations.update",
    provider="bugsnag",
    resource="organization",
    access=Access.WRITE,
    method="PATCH",
    path="/organizations/{organization_id}",
    scope=OrganizationNamed(kept=("name", "auto_upgrade")),
    params=UpdateOrganization,
    result=Organization,
    shape=Shape.ONE,
    wording=Wording(verb="change", past="changed", target="organization {organization_id}"),
    source=f"{REFERENCE}/organizations/organizations/update-an-organization",
)

DELETE_ORGANIZATION = Operation(
    id="bugsnag.organizations.delete",
    provider="bugsnag",
    resource="organization",
    access=Access.DELETE,
    method="DELETE",
    path="/organizations/{organization_id}",
    scope=OrganizationNamed(),
    params=GetOrganization,
    result=Organization,
    shape=Shape.EMPTY,
    wording=Wording(verb="delete", past="deleted", target="organization {organization_id}"),
    source=f"{REFERENCE}/organizations/organizations/delete-an-organization",
)

ORGANIZATIONS = (
    LIST_ORGANIZATIONS,
    GET_ORGANIZATION,
    CREATE_ORGANIZATION,
    UPDATE_ORGANIZATION,
    DELETE_ORGANIZATION,
)


ORGANIZATION_TOOLS = (
    Tool(
        name="list_organizations",
        title="List organizations",
        description="Find organizations and their ids, to list their projects.",
        choice=Always(operation=LIST_ORGANIZATIONS),
        view=rows("organizations"),
        holds=("organizations", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
    Tool(
        name="get_organization",
        title="Get an organization",
        description="Read one organization: name, plan.",
        choice=Always(operation=GET_ORGANIZATION),
        view=one("organization"),
        holds=("organization", "object"),
        detailed=True,
    ),
    Tool(
        name="create_organization",
        title="Create an organization",
        description=("Create an organization. BugSnag allows it to few accounts."),
        choice=Always(operation=CREATE_ORGANIZATION),
        view=created("organization", "Created"),
        holds=("organization", "object"),
    ),
    Tool(
        name="update_organization",
        title="Update an organization",
        description=("Change an organization's name or billing details; what you leave out stays as it is."),
        choice=Always(operation=UPDATE_ORGANIZATION),
        view=created("organization", "Changed"),
        holds=("organization", "object"),
    ),
    Tool(
        name="delete_organization",
        title="Delete an organization",
        description=("Delete an organization with all projects and crashes. Cannot be undone."),
        choice=Always(operation=DELETE_ORGANIZATION),
        view=changed("organization", "Deleted"),
        holds=("organization", "object"),
    ),
)
