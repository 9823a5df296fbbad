"""Spans: single screens, requests and starts, with what the app says of each. Rule: as with events, their own resource.

The tool over spans. Source of all facts: docs/upstreams/bugsnag.md#performance.
"""

from typing import Annotated, Any, Literal, cast

from pydantic import StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import ADDRESS, PERSONAL, ROW, Visibility
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, PatternHelp, Ref, RowsAPage, UtcTime, Wire
from crashgate.model.reads import Reads, ReadsByName, ReadsNothing
from crashgate.model.result import (
    Convert,
    From,
    Only,
    OptionalId,
    PlaceId,
    Result,
    Time,
    Untrusted,
    UntrustedData,
    Word,
)
from crashgate.model.scope import ProjectNamed
from crashgate.model.tool import Given, Tool
from crashgate.providers.bugsnag.conventions import PERFORMANCE
from crashgate.providers.bugsnag.span_filters import SINCE, SpanFilters
from crashgate.providers.bugsnag.span_groups import SpanGroupId
from crashgate.views.present import show_fields
from crashgate.views.rows import rows

TRACE_ID_PATTERN = r"^[0-9A-Fa-f]{8,64}$"
_HEX = TRACE_ID_PATTERN.strip("^$")
TraceId = Annotated[
    str,
    StringConstraints(pattern=TRACE_ID_PATTERN),
    PatternHelp(TRACE_ID_PATTERN, "must be hexadecimal digits, as list_spans gives it"),
    Logged(),
]
Hex = Annotated[str | None, Only(_HEX)]


def _by_key(value: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    """``key`` and ``value`` of each pair as an object; upstream documents one pair, and has a list (G)."""
    pairs = cast("list[Any]", value) if isinstance(value, list) else [value]
    found = [cast("dict[str, Any]", each) for each in pairs if isinstance(each, dict)]
    return {each["key"]: each.get("value") for each in found if isinstance(each.get("key"), str)} or None


class Span(Result):
    """One span; ``duration`` is in milliseconds. ``metadata`` is what an app says: of people, too, and addresses."""

    id: Hex = None
    trace_id: Annotated[Hex, ROW] = None
    parent_span_id: Hex = None
    project_id: PlaceId = None
    build_id: OptionalId = None
    span_group_id: Untrusted | None = None
    virtual_span_group_id: Untrusted | None = None
    category: Annotated[Word, ROW] = None
    name: Untrusted | None = None
    display_name: Annotated[Untrusted | None, ROW] = None
    duration: Annotated[float | None, ROW] = None
    timestamp: Annotated[Time, ROW] = None
    start_time: Time = None
    time_adjustment_type: Word = None
    is_first_class: bool | None = None
    response_code: Annotated[int | None, From("statistics.http_statistics.response_code"), ROW] = None
    statistics: UntrustedData = None
    metadata: Annotated[UntrustedData, Convert(_by_key), PERSONAL, ADDRESS] = None

    @property
    def home(self) -> str | None:
        """The project that the span says it is of."""
        return self.project_id


_SORTS = ReadsByName(
    {
        "duration": Reads(("span.duration",)),
        "timestamp": Reads(("span.timestamp",)),
        "http_response_code": Reads(("span.response_code",)),
    }
)


class ListSpansOfGroup(Params):
    """Parameters of listing the spans of a group."""

    project_id: Annotated[Ref, In.PATH]
    span_group_id: Annotated[SpanGroupId, In.PATH]
    span_filters: Annotated[SpanFilters | None, In.QUERY, Wire("filters")] = None
    sort: Annotated[Literal["duration", "timestamp", "http_response_code"] | None, In.QUERY, Logged(), _SORTS] = None
    direction: Annotated[
        Literal["asc", "desc"] | None, In.QUERY, Logged(), ReadsNothing("it turns round the order, which sort declares")
    ] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


_SEEN = Reads(("span.timestamp", "span.start_time"))


class ListSpansOfTrace(Params):
    """Parameters of listing the spans of a trace."""

    project_id: Annotated[Ref, In.PATH]
    trace_id: Annotated[TraceId, In.PATH]
    since: Annotated[UtcTime, In.QUERY, Wire("from"), _SEEN]
    until: Annotated[UtcTime, In.QUERY, Wire("to"), _SEEN]
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


LIST_SPANS_OF_GROUP = Operation(
    id="bugsnag.spans.list_on_group",
    provider="bugsnag",
    resource="span",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/span_groups/{span_group_id}/spans",
    scope=ProjectNamed(),
    params=ListSpansOfGroup,
    result=Span,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="spans of span group {span_group_id}"),
    source=PERFORMANCE,
)

LIST_SPANS_OF_TRACE = Operation(
    id="bugsnag.spans.list_on_trace",
    provider="bugsnag",
    resource="span",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/traces/{trace_id}/spans",
    scope=ProjectNamed(),
    params=ListSpansOfTrace,
    result=Span,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="spans of trace {trace_id}"),
    source=PERFORMANCE,
)

SPANS = (LIST_SPANS_OF_GROUP, LIST_SPANS_OF_TRACE)


SPAN_TOOLS = (
    Tool(
        name="list_spans",
        title="List spans",
        description=(
            "List single spans of a span group of the last 7 days, slowest first, or with trace_id everything that"
            " happened in one trace: which of its parts took the time."
        ),
        choice=Given(argument="trace_id", present=LIST_SPANS_OF_TRACE, absent=LIST_SPANS_OF_GROUP),
        view=rows("spans", show_fields(Visibility.ROW)),
        holds=("spans", "array"),
        usual={"span_filters": {SINCE: "7d"}, "sort": "duration", "direction": "desc", "since": "90d", "until": "now"},
        pages=True,
    ),
)
