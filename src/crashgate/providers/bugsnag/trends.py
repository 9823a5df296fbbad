"""Trends: how many events in each stretch of time. Rule: either a number of buckets or a resolution, never both.

The stability trend: thirty days of sessions on the primary release stage. Rule: no sessions, no body (204).

The tool over trends. Rule: counts only.
"""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, model_validator

from crashgate.model.access import Access
from crashgate.model.field_table import ROW
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, ObjectId, Params, Ref
from crashgate.model.reads import ReadsNothing
from crashgate.model.result import From, Many, PlaceId, Result, Time, Untrusted
from crashgate.model.scope import ProjectNamed
from crashgate.model.tool import Given, Tool
from crashgate.providers.bugsnag.conventions import REFERENCE
from crashgate.providers.bugsnag.filters import Filters
from crashgate.views.rows import rows

DEFAULT_BUCKETS = 10


class TrendBucket(Result):
    """``events_count`` events from ``from_`` (inclusive) to ``to`` (exclusive)."""

    from_: Annotated[Time, From("from", "from_"), ROW] = None
    to: Annotated[Time, ROW] = None
    events_count: Annotated[int | None, ROW] = None


_STEPS = ReadsNothing("it tells how fine the steps are; what is counted is declared as filters")


class GetProjectTrend(Params):
    """Parameters of a project's trend; without both, ten buckets."""

    project_id: Annotated[Ref, In.PATH]
    buckets_count: Annotated[int | None, In.QUERY, Field(ge=1, le=50), Logged(), _STEPS] = None
    resolution: Annotated[Literal["1m", "5m", "30m", "2h", "12h"] | None, In.QUERY, Logged(), _STEPS] = None
    filters: Annotated[Filters | None, In.QUERY] = None

    @model_validator(mode="before")
    @classmethod
    def _ten_buckets(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
        if isinstance(given, dict) and not {"buckets_count", "resolution"} & given.keys():
            return {**cast("dict[str, Any]", given), "buckets_count": DEFAULT_BUCKETS}
        return cast("Any", given)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.buckets_count is None) == (self.resolution is None):
            raise ValueError("a trend takes either buckets_count or resolution")
        return self


class GetErrorTrend(GetProjectTrend):
    """Parameters of an error's trend."""

    error_id: Annotated[ObjectId, In.PATH]


GET_ERROR_TREND = Operation(
    id="bugsnag.trends.get_on_error",
    provider="bugsnag",
    resource="trend",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors/{error_id}/trend",
    scope=ProjectNamed(),
    params=GetErrorTrend,
    result=TrendBucket,
    shape=Shape.MANY,
    wording=Wording(verb="read", past="read", target="the trend of error {error_id}"),
    source=f"{REFERENCE}/errors/trends",
)

GET_PROJECT_TREND = Operation(
    id="bugsnag.trends.get_on_project",
    provider="bugsnag",
    resource="trend",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/trend",
    scope=ProjectNamed(),
    params=GetProjectTrend,
    result=TrendBucket,
    shape=Shape.MANY,
    wording=Wording(verb="read", past="read", target="the trend"),
    source=f"{REFERENCE}/errors/trends",
)

TRENDS = (GET_ERROR_TREND, GET_PROJECT_TREND)


class TimelinePoint(Result):
    """One day; the two rates are shares from 0 to 1 and are recorded, though the vendor's document omits them."""

    bucket_start: Time = None
    bucket_end: Time = None
    total_sessions_count: int | None = None
    unhandled_sessions_count: int | None = None
    unhandled_rate: float | None = None
    users_seen: int | None = None
    users_with_unhandled: int | None = None
    unhandled_user_rate: float | None = None


class StabilityTrend(Result):
    """Thirty UTC days of one release stage."""

    project_id: Annotated[PlaceId, ROW] = None
    release_stage_name: Annotated[Untrusted | None, ROW] = None
    timeline_points: Many[TimelinePoint] = ()

    @property
    def home(self) -> str | None:
        """The project that the trend says it is of."""
        return self.project_id


class GetStabilityTrend(Params):
    """Parameters of the stability trend."""

    project_id: Annotated[Ref, In.PATH]


GET_STABILITY_TREND = Operation(
    id="bugsnag.stability_trend.get",
    provider="bugsnag",
    resource="stability_trend",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/stability_trend",
    scope=ProjectNamed(),
    params=GetStabilityTrend,
    result=StabilityTrend,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="the stability trend"),
    source=f"{REFERENCE}/projects/stability-trend/view-the-stability-trend-for-a-project",
)

STABILITY_TREND = (GET_STABILITY_TREND,)


TREND_TOOLS = (
    Tool(
        name="get_trend",
        title="Get a trend",
        description=("Event counts over time, of one error or, without error_id, of the project."),
        choice=Given(argument="error_id", present=GET_ERROR_TREND, absent=GET_PROJECT_TREND),
        view=rows("buckets"),
        holds=("buckets", "array"),
    ),
)
