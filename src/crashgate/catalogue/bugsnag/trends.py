"""Trends: how many events in each stretch of time. Rule: either a number of buckets or a resolution, never both."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import AliasChoices, Field, model_validator

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.bugsnag.filters import Filters
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Logged, ObjectId, Params, Ref
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.reads import ReadsNothing
from crashgate.catalogue.result import Result, Time
from crashgate.catalogue.scope import ProjectNamed

DEFAULT_BUCKETS = 10


class TrendBucket(Result):
    """``events_count`` events from ``from_`` (inclusive) to ``to`` (exclusive)."""

    from_: Time = Field(default=None, validation_alias=AliasChoices("from", "from_"), serialization_alias="from")
    to: Time = None
    events_count: int | None = None


_STEPS = ReadsNothing("it tells how fine the steps are; what is counted is declared as filters")


class GetProjectTrend(Params):
    """Parameters of a project's trend; without both, ten buckets."""

    project_id: Annotated[Ref, In.PATH]
    buckets_count: Annotated[int | None, In.QUERY, Field(ge=1, le=50), Logged(), _STEPS] = None
    resolution: Annotated[Literal["1m", "5m", "30m", "2h", "12h"] | None, In.QUERY, Logged(), _STEPS] = None
    filters: Annotated[Filters | None, In.FILTERS] = None

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
    provider=Provider.BUGSNAG,
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
    provider=Provider.BUGSNAG,
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
