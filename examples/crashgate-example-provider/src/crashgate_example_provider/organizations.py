"""Organizations, by slug or by numeric id."""

from typing import Annotated

from pydantic import StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import ROW
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, PatternHelp
from crashgate.model.result import MemberText, Only, Result
from crashgate.model.scope import OrganizationNamed, OrganizationRows
from crashgate.model.tool import Always, Tool
from crashgate.views.rows import rows

_REF = r"^[a-z0-9](?:[a-z0-9_-]{0,48}[a-z0-9])?$"
_ID = r"^[0-9]{1,20}$"

OrganizationRef = Annotated[
    str,
    StringConstraints(pattern=_REF),
    PatternHelp(_REF, "must be a slug or a numeric id, e.g. north-harbor"),
    Logged(),
]
NumericId = Annotated[str, Only(_ID)]


class Organization(Result):
    """An organization as its members see it; what is not declared here is not read."""

    id: Annotated[NumericId, ROW]
    slug: Annotated[str | None, Only(_REF), ROW] = None
    name: Annotated[MemberText | None, ROW] = None


class ListOrganizations(Params):
    """No parameters: a token sees few organizations."""


class GetOrganization(Params):
    """Which organization."""

    organization_id: Annotated[OrganizationRef, In.PATH]


LIST_ORGANIZATIONS = Operation(
    id="example.organizations.list",
    provider="example",
    resource="organization",
    access=Access.READ,
    method="GET",
    path="/api/0/organizations/",
    scope=OrganizationRows(),
    params=ListOrganizations,
    result=Organization,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="organizations"),
    source="https://docs.sentry.io/api/organizations/",
)
GET_ORGANIZATION = Operation(
    id="example.organizations.get",
    provider="example",
    resource="organization",
    access=Access.READ,
    method="GET",
    path="/api/0/organizations/{organization_id}/",
    scope=OrganizationNamed(),
    params=GetOrganization,
    result=Organization,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="organization {organization_id}"),
    source="https://docs.sentry.io/api/organizations/",
)
ORGANIZATIONS = (LIST_ORGANIZATIONS, GET_ORGANIZATION)
ORGANIZATION_TOOLS = (
    Tool(
        name="list_organizations",
        title="List organizations",
        description="Organizations with their ids and slugs.",
        choice=Always(operation=LIST_ORGANIZATIONS),
        view=rows("organizations"),
        holds=("organizations", "array"),
        pages=True,
    ),
)
