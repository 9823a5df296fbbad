"""Saved searches: filters and a sort kept for reuse. Rule: the path names no project; the body or the object does.

The tools over saved searches. Rule: a search is made in one project, by id or slug.
"""

from typing import Annotated, Literal

from pydantic import Field

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, ObjectId, Params, Ref
from crashgate.model.reads import Reads
from crashgate.model.result import Id, MemberData, MemberText, OptionalId, PlaceId, Result, Time, Word
from crashgate.model.scope import ProjectNamed, ProjectOfObject
from crashgate.model.tool import Always, Tool
from crashgate.providers.bugsnag.conventions import REFERENCE
from crashgate.providers.bugsnag.filters import Filters
from crashgate.views.rows import created, one, rows


class SavedSearch(Result):
    """A saved search; its filters may hold end users' identifiers."""

    id: Annotated[Id, ROW]
    project_id: PlaceId = None
    user_id: Annotated[OptionalId, PERSONAL] = None
    updated_by_id: OptionalId = None
    name: Annotated[MemberText | None, ROW] = None
    filters: Annotated[MemberData, ROW] = None
    advanced_filters: MemberData = None
    additional_filtersets: MemberData = None
    sort: Annotated[Word, ROW] = None
    type: Word = None
    shared: Annotated[bool | None, ROW] = None
    project_default: Annotated[bool | None, ROW] = None
    created_at: Time = None
    updated_at: Time = None
    has_assigned_to_me: bool | None = None
    has_assigned_to: bool | None = None
    has_created_issue_filter: bool | None = None
    has_status_filter: bool | None = None
    new_error_inclusion: Word = None
    open_error_inclusion: Word = None
    for_review_error_inclusion: Word = None
    snoozed_error_inclusion: Word = None
    fixed_error_inclusion: Word = None
    ignored_error_inclusion: Word = None

    @property
    def home(self) -> str | None:
        """The project that the search says it is in."""
        return self.project_id


class ListSavedSearches(Params):
    """Parameters of listing saved searches."""

    project_id: Annotated[Ref, In.PATH]
    shared: Annotated[bool | None, In.QUERY, Logged(), Reads(("saved_search.shared",))] = None


class GetSavedSearch(Params):
    """Parameters of viewing a saved search; the project is for the gate, upstream does not take it."""

    project_id: Annotated[Ref, In.NOWHERE]
    saved_search_id: Annotated[ObjectId, In.PATH]


class CreateSavedSearch(Params):
    """Parameters of creating a saved search."""

    project_id: Annotated[Ref, In.BODY]
    name: Annotated[str, In.BODY, Field(min_length=1, max_length=200)]
    filters: Annotated[Filters, In.BODY]
    project_default: Annotated[bool, In.BODY, Logged()]
    sort: Annotated[Literal["first_seen", "users", "events", "last_seen"] | None, In.BODY, Logged()] = None
    shared: Annotated[bool | None, In.BODY, Logged()] = None


LIST_SAVED_SEARCHES = Operation(
    id="bugsnag.saved_searches.list",
    provider="bugsnag",
    resource="saved_search",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/saved_searches",
    scope=ProjectNamed(),
    params=ListSavedSearches,
    result=SavedSearch,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="saved searches"),
    source=f"{REFERENCE}/projects/saved-searches",
)

GET_SAVED_SEARCH = Operation(
    id="bugsnag.saved_searches.get",
    provider="bugsnag",
    resource="saved_search",
    access=Access.READ,
    method="GET",
    path="/saved_searches/{saved_search_id}",
    scope=ProjectOfObject(object="saved_search_id", read="bugsnag.saved_searches.get"),
    params=GetSavedSearch,
    result=SavedSearch,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="saved search {saved_search_id}"),
    source=f"{REFERENCE}/projects/saved-searches",
)

CREATE_SAVED_SEARCH = Operation(
    id="bugsnag.saved_searches.create",
    provider="bugsnag",
    resource="saved_search",
    access=Access.WRITE,
    method="POST",
    path="/saved_searches",
    scope=ProjectNamed(),
    params=CreateSavedSearch,
    result=SavedSearch,
    shape=Shape.ONE,
    wording=Wording(verb="create", past="created", target="a saved search"),
    source=f"{REFERENCE}/projects/saved-searches",
)

SAVED_SEARCHES = (LIST_SAVED_SEARCHES, GET_SAVED_SEARCH, CREATE_SAVED_SEARCH)


SAVED_SEARCH_TOOLS = (
    Tool(
        name="list_saved_searches",
        title="List saved searches",
        description=("Filters that people kept for this project."),
        choice=Always(operation=LIST_SAVED_SEARCHES),
        view=rows("saved_searches"),
        holds=("saved_searches", "array"),
    ),
    Tool(
        name="get_saved_search",
        title="Get a saved search",
        description=("Read one saved search."),
        choice=Always(operation=GET_SAVED_SEARCH),
        view=one("saved_search"),
        holds=("saved_search", "object"),
        detailed=True,
    ),
    Tool(
        name="create_saved_search",
        title="Save a search",
        description="Keep filters for reuse.",
        example={
            "project_id": "checkout-ios",
            "name": "Open",
            "filters": {"error.status": "open"},
            "project_default": False,
        },
        choice=Always(operation=CREATE_SAVED_SEARCH),
        view=created("saved_search", "Created"),
        holds=("saved_search", "object"),
    ),
)
