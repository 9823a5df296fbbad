"""Span groups: how long screens, requests and starts take. Rule: figures over many spans; a single one is in spans.

The tools over span groups. Source of all facts: docs/upstreams/bugsnag.md#performance.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import ROW, SUMMARY, Visibility
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, PatternHelp, Ref, RowsAPage, Wire
from crashgate.model.reads import Reads, ReadsByName, ReadsNothing
from crashgate.model.result import From, Many, MemberData, MemberText, PlaceId, Result, Time, Untrusted, Word
from crashgate.model.scope import ProjectNamed
from crashgate.model.tool import Always, Detail, Holds, Named, Reply, Shown, Tool, View
from crashgate.providers.bugsnag.conventions import PERFORMANCE
from crashgate.providers.bugsnag.span_filters import SINCE, SpanFilters
from crashgate.views.present import show_fields
from crashgate.views.rows import created, rows

SPAN_GROUP_ID_PATTERN = r"^[0-9]{1,3}\.[a-z_]{1,40}\.[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,400}$"
"""A number, the category and the name of the spans, which an app chooses."""

SpanGroupId = Annotated[
    str,
    StringConstraints(pattern=SPAN_GROUP_ID_PATTERN),
    PatternHelp(SPAN_GROUP_ID_PATTERN, "must be an id as list_span_groups gives it, e.g. 1.app_start.AppStart/Cold"),
    Logged(only=r"[0-9A-Za-z_.:/-]{1,128}"),
]

_STATISTICS = "statistics"
_DURATION = f"{_STATISTICS}.duration_statistics"
_CODES = f"{_STATISTICS}.http_statistics.response_codes"
_TARGET = "performance_target.config"

Spans = Annotated[int | None, From(f"{_STATISTICS}.total_spans"), ROW]
Median = Annotated[float | None, From(f"{_DURATION}.p50"), ROW]
P95 = Annotated[float | None, From(f"{_DURATION}.p95"), ROW]


class SpanGroup(Result):
    """A group with its durations in milliseconds; without spans it has none of them."""

    id: Annotated[Untrusted, ROW]
    category: Annotated[Word, ROW] = None
    name: Untrusted | None = None
    display_name: Annotated[Untrusted | None, ROW] = None
    is_starred: Annotated[bool | None, SUMMARY] = None
    total_spans: Spans = None
    estimated_spans: Annotated[int | None, From(f"{_STATISTICS}.estimated_spans"), SUMMARY] = None
    last_seen: Annotated[Time, From(f"{_STATISTICS}.last_seen"), ROW] = None
    p50: Median = None
    p75: Annotated[float | None, From(f"{_DURATION}.p75"), SUMMARY] = None
    p90: Annotated[float | None, From(f"{_DURATION}.p90"), SUMMARY] = None
    p95: P95 = None
    p99: Annotated[float | None, From(f"{_DURATION}.p99"), SUMMARY] = None
    answered_spans: Annotated[int | None, From(f"{_CODES}.total_spans"), SUMMARY] = None
    codes_4xx: Annotated[int | None, From(f"{_CODES}.codes_4xx"), SUMMARY] = None
    codes_5xx: Annotated[int | None, From(f"{_CODES}.codes_5xx"), SUMMARY] = None
    target_state: Annotated[Word, From(f"{_TARGET}.state"), SUMMARY] = None
    target_warning: Annotated[float | None, From(f"{_TARGET}.warning_performance.duration"), SUMMARY] = None
    target_critical: Annotated[float | None, From(f"{_TARGET}.critical_performance.duration"), SUMMARY] = None


class SpanGroupPoint(Result):
    """The same for the spans of a stretch of time."""

    bucket_start: Annotated[Time, ROW] = None
    bucket_end: Time = None
    total_spans: Spans = None
    p50: Median = None
    p95: P95 = None


class SpanGroupBucket(Result):
    """How many spans took at least ``bucket_min`` milliseconds and less than ``bucket_max``."""

    bucket_min: Annotated[float | None, ROW] = None
    bucket_max: Annotated[float | None, ROW] = None
    total_spans: Annotated[int | None, ROW] = None


class TraceField(Result):
    """What spans can be filtered by; people of the project name the custom ones."""

    display_id: Annotated[Untrusted, ROW]
    custom: Annotated[bool | None, ROW] = None
    match_types: Annotated[MemberData, From("filter_options.match_types"), ROW] = None
    name: Annotated[MemberText | None, From("filter_options.name")] = None
    description: Annotated[MemberText | None, From("filter_options.description")] = None
    values: Annotated[MemberData, From("filter_options.values")] = None
    searchable: Annotated[bool | None, From("filter_options.searchable")] = None
    metadata_key: Untrusted | None = None
    metadata_location: Word = None
    field_type: Word = None


class NetworkGrouping(Result):
    """The patterns by which requests become groups, such as ``api.example.com/users/{id}``."""

    project_id: PlaceId = None
    endpoints: Annotated[Many[MemberText], ROW] = ()

    @property
    def home(self) -> str | None:
        """The project that the patterns are of."""
        return self.project_id


_MEASURES = {
    "total_spans": Reads(("span_group.total_spans",)),
    "last_seen": Reads(("span_group.last_seen",)),
    "name": Reads(("span_group.name",)),
    "duration_p50": Reads(("span_group.p50",)),
    "duration_p90": Reads(("span_group.p90",)),
    "duration_p95": Reads(("span_group.p95",)),
    "http_response_4xx_percentage": Reads(("span_group.codes_4xx",)),
    "http_response_5xx_percentage": Reads(("span_group.codes_5xx",)),
}
_UPWARDS = ReadsNothing("it turns round the order, which sort declares")


class ListSpanGroups(Params):
    """Parameters of listing span groups."""

    project_id: Annotated[Ref, In.PATH]
    span_filters: Annotated[SpanFilters | None, In.QUERY, Wire("filters")] = None
    sort: Annotated[
        Literal[
            "total_spans",
            "last_seen",
            "name",
            "duration_p50",
            "duration_p90",
            "duration_p95",
            "http_response_4xx_percentage",
            "http_response_5xx_percentage",
        ]
        | None,
        In.QUERY,
        Logged(),
        ReadsByName(_MEASURES),
    ] = None
    direction: Annotated[Literal["asc", "desc"] | None, In.QUERY, Logged(), _UPWARDS] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


class OfSpanGroup(Params):
    """Parameters of viewing one span group."""

    project_id: Annotated[Ref, In.PATH]
    span_group_id: Annotated[SpanGroupId, In.PATH]
    span_filters: Annotated[SpanFilters | None, In.QUERY, Wire("filters")] = None


class OfProject(Params):
    """Parameters of viewing what there is once in a project."""

    project_id: Annotated[Ref, In.PATH]


Endpoint = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x20\x7f?#]*/[^\x00-\x20\x7f?#]*$", max_length=500),
]
"""A domain, in which ``*`` stands for anything, a slash (D), and a path with ``{name}`` for what differs."""


class ReplaceNetworkGrouping(Params):
    """Parameters of replacing the patterns: all of them, the first that fits counts."""

    project_id: Annotated[Ref, In.PATH]
    endpoints: Annotated[tuple[Endpoint, ...], In.BODY, Field(max_length=200)]


LIST_SPAN_GROUPS = Operation(
    id="bugsnag.span_groups.list",
    provider="bugsnag",
    resource="span_group",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/span_groups",
    scope=ProjectNamed(),
    params=ListSpanGroups,
    result=SpanGroup,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="span groups"),
    source=PERFORMANCE,
)

GET_SPAN_GROUP = Operation(
    id="bugsnag.span_groups.get",
    provider="bugsnag",
    resource="span_group",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/span_groups/{span_group_id}",
    scope=ProjectNamed(),
    params=OfSpanGroup,
    result=SpanGroup,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="span group {span_group_id}"),
    source=PERFORMANCE,
)

GET_SPAN_GROUP_TIMELINE = Operation(
    id="bugsnag.span_groups.get_timeline",
    provider="bugsnag",
    resource="span_group",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/span_groups/{span_group_id}/timeline",
    scope=ProjectNamed(),
    params=OfSpanGroup,
    result=SpanGroupPoint,
    shape=Shape.MANY,
    wording=Wording(verb="read", past="read", target="the timeline of span group {span_group_id}"),
    source=PERFORMANCE,
)

GET_SPAN_GROUP_DISTRIBUTION = Operation(
    id="bugsnag.span_groups.get_distribution",
    provider="bugsnag",
    resource="span_group",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/span_groups/{span_group_id}/distribution",
    scope=ProjectNamed(),
    params=OfSpanGroup,
    result=SpanGroupBucket,
    shape=Shape.MANY,
    wording=Wording(verb="read", past="read", target="the distribution of span group {span_group_id}"),
    source=PERFORMANCE,
)

LIST_TRACE_FIELDS = Operation(
    id="bugsnag.span_groups.list_trace_fields",
    provider="bugsnag",
    resource="span_group",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/trace_fields",
    scope=ProjectNamed(),
    params=OfProject,
    result=TraceField,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="trace fields"),
    source=PERFORMANCE,
)

GET_NETWORK_GROUPING = Operation(
    id="bugsnag.span_groups.get_network_grouping",
    provider="bugsnag",
    resource="span_group",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/network_endpoint_grouping",
    scope=ProjectNamed(),
    params=OfProject,
    result=NetworkGrouping,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="the grouping of network requests"),
    source=PERFORMANCE,
)

REPLACE_NETWORK_GROUPING = Operation(
    id="bugsnag.span_groups.replace_network_grouping",
    provider="bugsnag",
    resource="span_group",
    # The patterns that were there are gone, and requests that come in meanwhile stay in the groups that they make.
    access=Access.DELETE,
    method="PUT",
    path="/projects/{project_id}/network_endpoint_grouping",
    scope=ProjectNamed(),
    params=ReplaceNetworkGrouping,
    result=NetworkGrouping,
    shape=Shape.ONE,
    wording=Wording(verb="replace", past="replaced", target="the grouping of network requests"),
    source=PERFORMANCE,
)

SPAN_GROUPS = (
    LIST_SPAN_GROUPS,
    GET_SPAN_GROUP,
    GET_SPAN_GROUP_TIMELINE,
    GET_SPAN_GROUP_DISTRIBUTION,
    LIST_TRACE_FIELDS,
    GET_NETWORK_GROUPING,
    REPLACE_NETWORK_GROUPING,
)

_NOUNS: Mapping[type[Result], str] = {
    SpanGroup: "span_groups",
    SpanGroupPoint: "points",
    SpanGroupBucket: "buckets",
    TraceField: "trace_fields",
    NetworkGrouping: "groupings",
}
_ROW, _WHOLE = show_fields(Visibility.ROW), show_fields(Visibility.SUMMARY)


def _listed(reply: Reply, detail: Detail) -> Shown:
    """Rows of whatever was asked for; of a single group, all that is told of it."""
    noun = next((_NOUNS[type(row)] for row in reply.page.rows), "rows")
    shown = rows(noun, _WHOLE if hasattr(reply.params, "span_group_id") else _ROW)(reply, detail)
    content = {"performance" if name == noun else name: value for name, value in shown.content.items()}
    return replace(shown, content=content)


SPAN_GROUP_TOOLS = (
    Tool(
        name="list_span_groups",
        title="List span groups",
        description=(
            "How long screens, requests and starts take, in ms, in the last 7 days unless span_filters say otherwise:"
            " all groups; or of one (span_group_id) everything, its timeline or its distribution."
        ),
        example={"project_id": "checkout-ios", "sort": "duration_p95"},
        choice=Named(
            argument="show",
            choices={
                "groups": LIST_SPAN_GROUPS,
                "group": GET_SPAN_GROUP,
                "timeline": GET_SPAN_GROUP_TIMELINE,
                "distribution": GET_SPAN_GROUP_DISTRIBUTION,
                "trace_fields": LIST_TRACE_FIELDS,
                "network_grouping": GET_NETWORK_GROUPING,
            },
            usual="groups",
        ),
        notes={"show": "default groups"},
        view=View(_listed, Holds(visibility=Visibility.SUMMARY, beside=("total",), reads=())),
        holds=("performance", "array"),
        hidden=frozenset({"direction"}),
        usual={"span_filters": {SINCE: "7d"}},
        pages=True,
    ),
    Tool(
        name="replace_network_grouping",
        title="Replace the grouping of network requests",
        description=(
            "Set the patterns by which requests become span groups, in place of all that there are"
            " (list_span_groups with show=network_grouping). It counts for requests from now on. Cannot be undone."
        ),
        example={"project_id": "checkout-ios", "endpoints": ["api.example.com/users/{id}"]},
        choice=Always(operation=REPLACE_NETWORK_GROUPING),
        view=created("network_grouping", "Replaced"),
        holds=("network_grouping", "object"),
    ),
)
