"""Saved searches: filters and a sort kept for reuse. Rule: the path names no project; the body or the object does."""

from typing import Annotated, Literal

from pydantic import Field

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.bugsnag.filters import Filters
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Logged, ObjectId, Params, Ref
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.reads import Reads
from crashgate.catalogue.result import Id, MemberData, MemberText, OptionalId, PlaceId, Result, Time, Word
from crashgate.catalogue.scope import ProjectNamed, ProjectOfObject


class SavedSearch(Result):
    """A saved search; its filters may hold end users' identifiers."""

    id: Id
    project_id: PlaceId = None
    user_id: OptionalId = None
    updated_by_id: OptionalId = None
    name: MemberText | None = None
    filters: MemberData = None
    advanced_filters: MemberData = None
    additional_filtersets: MemberData = None
    sort: Word = None
    type: Word = None
    shared: bool | None = None
    project_default: bool | None = None
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
    provider=Provider.BUGSNAG,
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
    provider=Provider.BUGSNAG,
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
    provider=Provider.BUGSNAG,
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
