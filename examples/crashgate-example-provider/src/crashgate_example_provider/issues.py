"""Issues of an organization. One update route has many meanings; only the one that is declared exists."""

from typing import Annotated

from pydantic import Field, StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import ROW
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, PatternHelp, Repeated, RowsAPage, Wire
from crashgate.model.reads import Reads
from crashgate.model.result import From, Result, Untrusted, Word
from crashgate.model.scope import OrganizationNamed
from crashgate.model.tool import Always, Tool
from crashgate.views.rows import changed, one, rows
from crashgate_example_provider.organizations import NumericId, OrganizationRef

_REFERENCE = "https://docs.sentry.io/api/events/"
_ID = r"^[0-9]{1,20}$"
IssueId = Annotated[
    str, StringConstraints(pattern=_ID), PatternHelp(_ID, "must be the numeric id that list_issues gives"), Logged()
]
_EVERYTHING = Reads(("issue.*",))
"""A search, and an environment, pick by whatever an issue's events hold."""


class Issue(Result):
    """A group of events with one cause."""

    id: Annotated[NumericId, ROW]
    short_id: Annotated[Untrusted | None, From("shortId"), ROW] = None
    title: Annotated[Untrusted | None, ROW] = None
    culprit: Annotated[Untrusted | None, ROW] = None
    status: Annotated[Word, ROW] = None


class ListIssues(Params):
    """Which issues of an organization."""

    organization_id: Annotated[OrganizationRef, In.PATH]
    query: Annotated[
        str | None, In.QUERY, Field(max_length=200, description='a search, e.g. "is:unresolved"'), _EVERYTHING
    ] = None
    environments: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=64)], ...] | None,
        In.QUERY,
        Wire("environment"),
        Repeated(),
        Field(max_length=10, description='any of them, e.g. ["production"]'),
        _EVERYTHING,
    ] = None
    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=100)] = None


class NameIssue(Params):
    """Which issue."""

    organization_id: Annotated[OrganizationRef, In.PATH]
    issue_id: Annotated[IssueId, In.PATH, Field(description="id from list_issues")]


LIST_ISSUES = Operation(
    id="example.issues.list",
    provider="example",
    resource="issue",
    access=Access.READ,
    method="GET",
    path="/api/0/organizations/{organization_id}/issues/",
    scope=OrganizationNamed(),
    params=ListIssues,
    result=Issue,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="issues"),
    source=_REFERENCE,
)
GET_ISSUE = Operation(
    id="example.issues.get",
    provider="example",
    resource="issue",
    access=Access.READ,
    method="GET",
    path="/api/0/organizations/{organization_id}/issues/{issue_id}/",
    scope=OrganizationNamed(),
    params=NameIssue,
    result=Issue,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="issue {issue_id}"),
    source=_REFERENCE,
)
RESOLVE_ISSUE = Operation(
    id="example.issues.resolve",
    provider="example",
    resource="issue",
    access=Access.WRITE,
    method="PUT",
    path="/api/0/organizations/{organization_id}/issues/{issue_id}/",
    fixed_body={"status": "resolved"},
    scope=OrganizationNamed(),
    params=NameIssue,
    result=Issue,
    shape=Shape.ONE,
    wording=Wording(verb="resolve", past="resolved", target="issue {issue_id}"),
    source=_REFERENCE,
)
ISSUES = (LIST_ISSUES, GET_ISSUE, RESOLVE_ISSUE)
ISSUE_TOOLS = (
    Tool(
        name="list_issues",
        title="List issues",
        description="Issues of an organization, most recent first.",
        example={"query": "is:unresolved"},
        choice=Always(operation=LIST_ISSUES),
        view=rows("issues"),
        holds=("issues", "array"),
        pages=True,
    ),
    Tool(
        name="get_issue",
        title="Get an issue",
        description="Read one issue.",
        choice=Always(operation=GET_ISSUE),
        view=one("issue"),
        holds=("issue", "object"),
        detailed=True,
    ),
    Tool(
        name="resolve_issue",
        title="Resolve an issue",
        description="Mark an issue as resolved; a new event opens it again.",
        choice=Always(operation=RESOLVE_ISSUE),
        view=changed("issue", "Resolved the issue", ("status",)),
        holds=("issue", "object"),
    ),
)
