"""Organizations: what a token's user belongs to. Rule: an organization's keys and billing addresses never leave."""

from typing import Annotated

from pydantic import Field

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Params, Ref
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.result import Id, Link, Result, Secret, Slug, Time, Untrusted, UntrustedData
from crashgate.catalogue.scope import OrganizationInPath, OrganizationRows


class Organization(Result):
    """An organization as upstream shows it to one of its members."""

    id: Id
    name: Untrusted | None = None
    slug: Slug = None
    creator: UntrustedData = None
    created_at: Time = None
    updated_at: Time = None
    auto_upgrade: bool | None = None
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

    admin: Annotated[bool | None, In.QUERY] = None
    per_page: Annotated[int | None, In.QUERY, Field(ge=1, le=100)] = None


class GetOrganization(Params):
    """Parameters of viewing an organization."""

    organization_id: Annotated[Ref, In.PATH]


LIST_ORGANIZATIONS = Operation(
    id="bugsnag.organizations.list",
    provider=Provider.BUGSNAG,
    resource="organization",
    access=Access.READ,
    method="GET",
    path="/user/organizations",
    scope=OrganizationRows(),
    params=ListOrganizations,
    result=Organization,
    shape=Shape.MANY,
    per_page=100,
    wording=Wording(verb="list", past="listed", target="organizations"),
    source=f"{REFERENCE}/current-user/organizations/list-the-current-user's-organizations",
)

GET_ORGANIZATION = Operation(
    id="bugsnag.organizations.get",
    provider=Provider.BUGSNAG,
    resource="organization",
    access=Access.READ,
    method="GET",
    path="/organizations/{organization_id}",
    scope=OrganizationInPath(),
    params=GetOrganization,
    result=Organization,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="organization {organization_id}"),
    source=f"{REFERENCE}/organizations/organizations/view-an-organization",
)

ORGANIZATIONS = (LIST_ORGANIZATIONS, GET_ORGANIZATION)
