"""Errors: groups of events with one root cause. Rule: reading them, and deleting one; changes are in error_changes.

Errors as an agent sees them. Rule: thirty rows fit in 2,500 tokens.

The tools that find and read errors. Rule: lists are short, one error is whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, cast

from pydantic import StringConstraints, model_validator

from crashgate.model.access import Access
from crashgate.model.field_table import DAY, ROW, SUMMARY, About, Cut, shown_fields
from crashgate.model.moments import At
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import (
    PLAIN_VERSION,
    EncodedBy,
    In,
    Logged,
    ObjectId,
    Params,
    PatternHelp,
    Ref,
    RowsAPage,
    UtcTime,
    Wire,
)
from crashgate.model.reads import Reads, ReadsByName, ReadsNothing
from crashgate.model.result import Id, Link, Many, OptionalId, PlaceId, Result, Time, Untrusted, UntrustedData, Word
from crashgate.model.scope import ProjectNamed
from crashgate.model.tool import Always, Detail, Holds, Reply, Row, Shown, Tool, View
from crashgate.providers.bugsnag.conventions import NOT_OFFERED, REFERENCE
from crashgate.providers.bugsnag.field_reads import EVENT_FIELDS
from crashgate.providers.bugsnag.filters import STATUS_FIELD, Comparison, Filters, encode_filters
from crashgate.views.present import UNTRUSTED, present, present_rows, squeezed
from crashgate.views.rows import one, rows


class Issue(Result):
    """A ticket in an issue tracker that is linked to an error."""

    id: Untrusted | None = None
    key: Untrusted | None = None
    number: int | None = None
    type: Word = None
    url: Untrusted | None = None


class ReopenRules(Result):
    """When a snoozed error opens again."""

    reopen_if: Word = None
    additional_users: int | None = None
    reopen_after: Time = None
    seconds: int | None = None
    occurrences: int | None = None
    hours: int | None = None
    occurrence_threshold: int | None = None
    additional_occurrences: int | None = None


class IntroducingRelease(Result):
    """The release in which an error was first seen, per release stage."""

    release_stage: Untrusted | None = None
    release_id: OptionalId = None
    build_label: Untrusted | None = None


class Error(Result):
    """An error as the list and the single view give it; counts follow the filters of the request."""

    id: Annotated[Id, ROW, About("The provider's id.")]
    project_id: Annotated[PlaceId, About("The provider's id of the project.")] = None
    error_class: Annotated[Untrusted | None, Cut(50), ROW, About("The class of the error.")] = None
    message: Annotated[Untrusted | None, Cut(40), ROW, About("The crash's message.")] = None
    context: Annotated[Untrusted | None, Cut(32), ROW, About("Where in the app it happened.")] = None
    severity: Annotated[Word, ROW, About("info, warning or error.")] = None
    status: Annotated[Word, ROW, About("The provider's word for its state.")] = None
    original_severity: Annotated[Word, About("The severity that the app gave.")] = None
    overridden_severity: Annotated[Word, About("The severity that somebody set.")] = None
    events: Annotated[int | None, ROW, About("How many events match the filters.")] = None
    users: Annotated[int | None, ROW, About("How many users had one of them.")] = None
    first_seen: Annotated[At, DAY, ROW, About("When the first of them came.")] = None
    last_seen: Annotated[At, DAY, ROW, About("When the last of them came.")] = None
    first_seen_unfiltered: Time = None
    last_seen_unfiltered: Time = None
    assigned_collaborator_id: Annotated[
        OptionalId, SUMMARY, About("The id of the collaborator whom it is assigned to.")
    ] = None
    assigned_team_id: Annotated[OptionalId, SUMMARY, About("The id of the team that it is assigned to.")] = None
    reopen_rules: Annotated[ReopenRules | None, SUMMARY, About("When a snoozed error opens again.")] = None
    comment_count: Annotated[int | None, SUMMARY, About("How many comments it has.")] = None
    discarded: Annotated[bool | None, SUMMARY, About("Whether its new events are thrown away.")] = None
    unthrottled_occurrence_count: Annotated[
        int | None, SUMMARY, About("How often it came, counting what was not kept.")
    ] = None
    release_stages: Annotated[Many[Untrusted], SUMMARY, About("The release stages that it came in.")] = ()
    introduced_in_releases: Annotated[
        Many[IntroducingRelease], SUMMARY, About("The releases in which it was first seen.")
    ] = ()
    linked_issues: Annotated[Many[Issue], SUMMARY, About("The tickets that are linked to it.")] = ()
    created_issue: Issue | None = None
    missing_dsyms: UntrustedData = None
    grouping_reason: Annotated[Word, About("Why its events are grouped.")] = None
    grouping_fields: UntrustedData = None
    trend: Many[UntrustedData] = ()
    url: Link = None
    project_url: Link = None
    events_url: Link = None

    @property
    def home(self) -> str | None:
        """The project that the error says it is in."""
        return self.project_id


_SORTS = ReadsByName(
    {
        "last_seen": Reads(("error.last_seen", "error.last_seen_unfiltered")),
        "first_seen": Reads(("error.first_seen", "error.first_seen_unfiltered")),
        "users": Reads(("error.users",)),
        "events": Reads(("error.events", "error.unthrottled_occurrence_count")),
        "unsorted": ReadsNothing("it asks for no order"),
    }
)


_SEARCH, _INTRODUCED_IN = "search", "version.introduced_in"
_VERSION_PATTERN = r"^[A-Za-z0-9_.@+()*? -]+$"

Status = Literal["open", "in progress", "for_review", "new", "fixed", "snoozed", "ignored", "any"]


def _encode_search(name: str, text: str) -> list[tuple[str, str]]:
    return encode_filters(name, {_SEARCH: [Comparison(value=text)]})


def _encode_release(name: str, version: str) -> list[tuple[str, str]]:
    return encode_filters(name, {_INTRODUCED_IN: [Comparison(value=version)]})


def _encode_status(name: str, status: str) -> list[tuple[str, str]]:
    """None for any status. Written out, since every list of errors is asked for with it."""
    field = f"{name}[{STATUS_FIELD}][]"
    return [] if status == "any" else [(f"{field}[type]", "eq"), (f"{field}[value]", status)]


class ListErrors(Params):
    """Parameters of listing a project's errors.

    ``query``, ``status`` and ``release`` are sent as filters. A status in ``filters`` stands in place of ``status``.
    """

    project_id: Annotated[Ref, In.PATH]
    query: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=200)] | None,
        In.QUERY,
        Wire("filters"),
        EncodedBy(_encode_search, _SEARCH),
        Reads(EVENT_FIELDS.of(_SEARCH)),
    ] = None
    status: Annotated[
        Status | None, In.QUERY, Wire("filters"), Logged(), EncodedBy(_encode_status), Reads(("error.status",))
    ] = None
    release: Annotated[
        Annotated[
            str,
            StringConstraints(pattern=_VERSION_PATTERN, max_length=100),
            PatternHelp(_VERSION_PATTERN, "must be a version, e.g. 4.18.0 or 4.18.*"),
            Logged(only=PLAIN_VERSION),
        ]
        | None,
        In.QUERY,
        Wire("filters"),
        EncodedBy(_encode_release, _INTRODUCED_IN),
        Reads(EVENT_FIELDS.of(_INTRODUCED_IN)),
    ] = None
    filters: Annotated[Filters | None, In.QUERY] = None
    sort: Annotated[
        Literal["last_seen", "first_seen", "users", "events", "unsorted"] | None, In.QUERY, Logged(), _SORTS
    ] = None
    direction: Annotated[
        Literal["asc", "desc"] | None,
        In.QUERY,
        Logged(),
        ReadsNothing("it turns round an order that is declared as sort"),
    ] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None
    base: Annotated[
        UtcTime | None,
        In.QUERY,
        Reads(("error.first_seen", "error.last_seen", "error.first_seen_unfiltered", "error.last_seen_unfiltered")),
    ] = None
    histogram: Annotated[
        Literal["two_week", "dynamic"] | None, In.QUERY, Logged(), Reads(("error.trend", "error.events"))
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _with_one_status(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
        """The same without ``status`` where the filters have one, and with the text to search for given once."""
        filters = given.get("filters")
        if not isinstance(filters, Mapping):
            return given
        if STATUS_FIELD in filters:
            given = {**given, "status": None}
        if _SEARCH in filters and given.get("query") is not None:
            raise ValueError("query and search among the filters are the same: give one")
        return given


class OneError(Params):
    """An error, named by its project and its own id."""

    project_id: Annotated[Ref, In.PATH]
    error_id: Annotated[ObjectId, In.PATH]


class GetError(OneError):
    """Parameters of viewing an error; with filters, its counts are filtered."""

    filters: Annotated[Filters | None, In.QUERY] = None


LIST_ERRORS = Operation(
    id="bugsnag.errors.list",
    provider="bugsnag",
    resource="error",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors",
    scope=ProjectNamed(),
    params=ListErrors,
    result=Error,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="errors"),
    source=f"{REFERENCE}/errors/errors/list-the-errors-on-a-project",
)

GET_ERROR = Operation(
    id="bugsnag.errors.get",
    provider="bugsnag",
    resource="error",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors/{error_id}",
    scope=ProjectNamed(),
    params=GetError,
    result=Error,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="error {error_id}"),
    source=f"{REFERENCE}/errors/errors",
)

DELETE_ERROR = Operation(
    id="bugsnag.errors.delete",
    provider="bugsnag",
    resource="error",
    access=Access.DELETE,
    method="DELETE",
    path="/projects/{project_id}/errors/{error_id}",
    scope=ProjectNamed(),
    params=OneError,
    result=Error,
    shape=Shape.EMPTY,
    wording=Wording(verb="delete", past="deleted", target="error {error_id}"),
    source=f"{REFERENCE}/errors/errors/delete-an-error",
)

ERRORS = (LIST_ERRORS, GET_ERROR, DELETE_ERROR)


_NOT_IN_TRIAGE = frozenset({"comment_count", "discarded", "introduced_in_releases"})
"""A triage shows the introducing release in a part of its own."""


def _summary(error: Error, _: Detail) -> dict[str, Any]:
    """One error, texts whole."""
    return _present_whole(error)


def triage(error: Error) -> dict[str, Any]:
    """One error in an answer that holds more than it."""
    return _present_whole(error, _NOT_IN_TRIAGE)


def _present_whole(error: Error, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields of a summary; the true count of events only where upstream did not keep every one."""
    if error.unthrottled_occurrence_count in (None, error.events):
        hidden |= {"unthrottled_occurrence_count"}
    return present(error, [name for name in shown_fields(Error, SUMMARY) if name not in hidden])


_ROW_FIELDS = shown_fields(Error, ROW)
_DAYS = 7
_LONGEST_VERSION = 40


def _rows(errors: Sequence[Error], _: Detail) -> list[dict[str, Any]]:
    """The rows of a list, each with the versions that introduced the error and its events of each of the last days.

    A number of events is ours to show; the dates that stand beside it are not looked at.
    """
    shown = present_rows(errors, _ROW_FIELDS, cut=True)
    for row, error in zip(shown, errors, strict=True):
        if error.introduced_in_releases:
            labels = {each.build_label: None for each in error.introduced_in_releases if each.build_label}
            if labels:
                row.setdefault(UNTRUSTED, {})["introduced_in"] = squeezed(", ".join(labels), _LONGEST_VERSION)
        if error.trend:
            days = [cast("list[Any]", each) for each in error.trend[-_DAYS:] if isinstance(each, list)]
            counts = [day[1] for day in days if len(day) > 1 and type(day[1]) is int]
            if len(counts) == len(days) and any(counts):
                row["trend"] = counts
    return shown


row = Row(
    lambda error, detail: _rows([error], detail)[0],
    Holds(
        visibility=ROW,
        added=("trend", f"{UNTRUSTED}.introduced_in"),
        reads=("introduced_in_releases", "trend"),
    ),
    _rows,
)
summary = Row(_summary, Holds(visibility=SUMMARY))


_listed = rows("errors", row)
_OPEN_ONLY = "Open errors only; give status to see others."


def _list(reply: Reply, detail: Detail) -> Shown:
    """The rows; where all of them are of one status, they need not say so."""
    shown = _listed(reply, detail)
    status = cast("ListErrors", reply.params).status
    if status in {None, "any"}:
        return shown
    for each in shown.content["errors"]:
        if "status" in each:
            del each["status"]
    return replace(shown, text=f"{shown.text} {_OPEN_ONLY if status == 'open' else f'Only {status}.'}")


ERROR_TOOLS = (
    Tool(
        name="list_errors",
        title="List errors",
        description=(
            "Start triage here: errors (groups of crashes), last seen first. trend: events of each of the last 7 days."
            " Texts and times are cut; get_error shows them whole."
        ),
        example={"project_id": "checkout-ios", "sort": "users"},
        choice=Always(operation=LIST_ERRORS),
        view=View(_list, replace(_listed.holds, added=("project", *_listed.holds.added))),
        holds=("errors", "array"),
        hidden=NOT_OFFERED | {"histogram"},
        usual={"status": "open", "histogram": "two_week"},
        pages=True,
    ),
    Tool(
        name="get_error",
        title="Get an error",
        description="Read one error: status, counts, releases that introduced it, assignee, issues.",
        choice=Always(operation=GET_ERROR),
        view=one("error", summary),
        holds=("error", "object"),
        hidden=frozenset({"filters"}),
        detailed=True,
    ),
)
