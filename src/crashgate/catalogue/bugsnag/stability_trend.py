"""The stability trend: thirty days of sessions on the primary release stage. Rule: no sessions, no body (204)."""

from typing import Annotated

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Params, Ref
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.result import Many, PlaceId, Result, Time, Untrusted
from crashgate.catalogue.scope import ProjectNamed


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

    project_id: PlaceId = None
    release_stage_name: Untrusted | None = None
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
    provider=Provider.BUGSNAG,
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
