"""Releases: a version of an app on a stage. Rule: upstream refuses more than ten a page instead of clamping."""

from typing import Annotated, Literal

from pydantic import Field

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Logged, Name, ObjectId, Params, Ref, RowsAPage, UtcTime
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.reads import Reads, ReadsByName, ReadsNothing
from crashgate.catalogue.result import Id, OptionalId, PlaceId, Result, Time, Untrusted, UntrustedData, Word
from crashgate.catalogue.scope import ProjectNamed


class ReleaseStage(Result):
    """Where a release runs, such as production or staging."""

    name: Untrusted | None = None


class Release(Result):
    """A release with its error and session figures."""

    id: Id
    project_id: PlaceId = None
    release_group_id: OptionalId = None
    release_time: Time = None
    release_source: Word = None
    release_stage: ReleaseStage | None = None
    app_version: Untrusted | None = None
    app_version_code: Untrusted | None = None
    app_bundle_version: Untrusted | None = None
    build_label: Untrusted | None = None
    builder_name: Untrusted | None = None
    build_tool: Untrusted | None = None
    errors_introduced_count: int | None = None
    errors_seen_count: int | None = None
    sessions_count_in_last_24h: int | None = None
    total_sessions_count: int | None = None
    unhandled_sessions_count: int | None = None
    accumulative_daily_users_seen: int | None = None
    accumulative_daily_users_with_unhandled: int | None = None
    source_control: UntrustedData = None
    metadata: UntrustedData = None

    @property
    def home(self) -> str | None:
        """The project that the release says it is in."""
        return self.project_id


_SORTS = ReadsByName(
    {
        "timestamp": Reads(("release.release_time",)),
        "percent_of_sessions": Reads(("release.sessions_count_in_last_24h", "release.total_sessions_count")),
    }
)


class ListReleases(Params):
    """Parameters of listing releases."""

    project_id: Annotated[Ref, In.PATH]
    release_stage: Annotated[Name | None, In.QUERY, Reads(("release.release_stage.name",))] = None
    sort: Annotated[Literal["timestamp", "percent_of_sessions"] | None, In.QUERY, Logged(), _SORTS] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=10)] = None
    base: Annotated[UtcTime | None, In.QUERY, Reads(("release.release_time",))] = None
    offset: Annotated[
        int | None,
        In.QUERY,
        Field(ge=0),
        Logged(),
        ReadsNothing("it tells where a page begins, not which rows there are"),
    ] = None


class GetRelease(Params):
    """Parameters of viewing a release."""

    project_id: Annotated[Ref, In.PATH]
    release_id: Annotated[ObjectId, In.PATH]


LIST_RELEASES = Operation(
    id="bugsnag.releases.list",
    provider=Provider.BUGSNAG,
    resource="release",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/releases",
    scope=ProjectNamed(),
    params=ListReleases,
    result=Release,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="releases"),
    source=f"{REFERENCE}/projects/releases/list-releases-on-a-project",
)

GET_RELEASE = Operation(
    id="bugsnag.releases.get",
    provider=Provider.BUGSNAG,
    resource="release",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/releases/{release_id}",
    scope=ProjectNamed(),
    params=GetRelease,
    result=Release,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="release {release_id}"),
    source=f"{REFERENCE}/projects/releases/view-a-release",
)

RELEASES = (LIST_RELEASES, GET_RELEASE)
