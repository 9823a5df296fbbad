"""Releases: a version of an app on a stage. Rule: upstream refuses more than ten a page instead of clamping.

Release groups: the releases of a version on a stage. Rule: a group's path names no project, so it is read first.

Stability, releases and event fields as an agent sees them. Rule: no share is told of nothing.

The tools over releases, their groups and stability. Rule: a share is told only where there were sessions.

The tool over event fields. Rule: the only reliable list of filter keys.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Field, StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import ROW, shown_fields
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import (
    OBJECT_ID_PATTERN,
    PLAIN_VERSION,
    In,
    Logged,
    Name,
    NamedBy,
    ObjectId,
    Params,
    PatternHelp,
    Ref,
    RowsAPage,
    UtcTime,
)
from crashgate.model.reads import Reads, ReadsByName, ReadsNothing
from crashgate.model.result import Id, OptionalId, PlaceId, Result, Time, Untrusted, UntrustedData, Word
from crashgate.model.scope import ProjectNamed, ProjectOfObject
from crashgate.model.tool import Always, Detail, Holds, Row, Tool
from crashgate.providers.bugsnag.conventions import NOT_OFFERED, REFERENCE
from crashgate.providers.bugsnag.event_fields import LIST_EVENT_FIELDS, EventField
from crashgate.providers.bugsnag.trends import GET_STABILITY_TREND, StabilityTrend, TimelinePoint
from crashgate.views.present import present
from crashgate.views.rows import created, one, rows


class ReleaseStage(Result):
    """Where a release runs, such as production or staging."""

    name: Untrusted | None = None


class Release(Result):
    """A release with its error and session figures."""

    id: Annotated[Id, ROW]
    project_id: PlaceId = None
    release_group_id: OptionalId = None
    release_time: Annotated[Time, ROW] = None
    release_source: Word = None
    app_version: Annotated[Untrusted | None, ROW] = None
    app_version_code: Annotated[Untrusted | None, ROW] = None
    app_bundle_version: Annotated[Untrusted | None, ROW] = None
    release_stage: Annotated[ReleaseStage | None, ROW] = None
    build_label: Untrusted | None = None
    builder_name: Untrusted | None = None
    build_tool: Untrusted | None = None
    errors_introduced_count: Annotated[int | None, ROW] = None
    errors_seen_count: Annotated[int | None, ROW] = None
    total_sessions_count: Annotated[int | None, ROW] = None
    unhandled_sessions_count: Annotated[int | None, ROW] = None
    sessions_count_in_last_24h: Annotated[int | None, ROW] = None
    accumulative_daily_users_seen: int | None = None
    accumulative_daily_users_with_unhandled: int | None = None
    source_control: Annotated[UntrustedData, ROW] = None
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


_VERSION_PATTERN = r"^[A-Za-z0-9_.+() :-]+$"

ReleaseName = Annotated[
    str,
    StringConstraints(pattern=_VERSION_PATTERN, min_length=1, max_length=100),
    PatternHelp(_VERSION_PATTERN, "must be an id of 24 hexadecimal digits or a version, e.g. 4.18.0"),
    Logged(only=f"{OBJECT_ID_PATTERN[1:-1]}|{PLAIN_VERSION}"),
]


LIST_RELEASES = Operation(
    id="bugsnag.releases.list",
    provider="bugsnag",
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


class GetRelease(Params):
    """Parameters of viewing a release; a version is looked up among the newest thirty."""

    project_id: Annotated[Ref, In.PATH]
    release_id: Annotated[
        ReleaseName,
        In.PATH,
        NamedBy(
            operation=LIST_RELEASES,
            fields=("app_version", "build_label"),
            beside=("release_stage.name", "release_time"),
            noun="release",
            pages=3,
            offset="offset",
        ),
    ]


GET_RELEASE = Operation(
    id="bugsnag.releases.get",
    provider="bugsnag",
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


class ReleaseGroup(Result):
    """A version on a stage, with the sessions of all of its releases."""

    id: Annotated[Id, ROW]
    project_id: PlaceId = None
    app_version: Annotated[Untrusted | None, ROW] = None
    release_stage_name: Annotated[Untrusted | None, ROW] = None
    first_released_at: Annotated[Time, ROW] = None
    first_release_id: OptionalId = None
    releases_count: Annotated[int | None, ROW] = None
    has_secondary_versions: bool | None = None
    build_tool: Untrusted | None = None
    builder_name: Untrusted | None = None
    source_control: UntrustedData = None
    total_sessions_count: Annotated[int | None, ROW] = None
    unhandled_sessions_count: Annotated[int | None, ROW] = None
    sessions_count_in_last_24h: int | None = None
    accumulative_daily_users_seen: int | None = None
    accumulative_daily_users_with_unhandled: int | None = None
    top_release_group: Annotated[bool | None, ROW] = None
    visible: Annotated[bool | None, ROW] = None

    @property
    def home(self) -> str | None:
        """The project that the group says it is in."""
        return self.project_id


class ListReleaseGroups(Params):
    """Parameters of listing release groups; the stage is required upstream."""

    project_id: Annotated[Ref, In.PATH]
    release_stage_name: Annotated[Name, In.QUERY, Reads(("release_group.release_stage_name",))]
    top_only: Annotated[bool | None, In.QUERY, Logged(), Reads(("release_group.top_release_group",))] = None
    visible_only: Annotated[bool | None, In.QUERY, Logged(), Reads(("release_group.visible",))] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


class GetReleaseGroup(Params):
    """Parameters of viewing a release group; the project is for the gate, upstream does not take it."""

    project_id: Annotated[Ref, In.NOWHERE]
    release_group_id: Annotated[ObjectId, In.PATH]


class UpdateReleaseGroup(GetReleaseGroup):
    """Parameters of showing or hiding a release group in the dashboard."""

    visible: Annotated[bool, In.BODY, Logged()]


_READ_FIRST = ProjectOfObject(object="release_group_id", read="bugsnag.release_groups.get")

LIST_RELEASE_GROUPS = Operation(
    id="bugsnag.release_groups.list",
    provider="bugsnag",
    resource="release_group",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/release_groups",
    scope=ProjectNamed(),
    params=ListReleaseGroups,
    result=ReleaseGroup,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="release groups"),
    source=f"{REFERENCE}/projects/release-groups",
)

GET_RELEASE_GROUP = Operation(
    id="bugsnag.release_groups.get",
    provider="bugsnag",
    resource="release_group",
    access=Access.READ,
    method="GET",
    path="/release_groups/{release_group_id}",
    scope=_READ_FIRST,
    params=GetReleaseGroup,
    result=ReleaseGroup,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="release group {release_group_id}"),
    source=f"{REFERENCE}/projects/release-groups",
)

UPDATE_RELEASE_GROUP = Operation(
    id="bugsnag.release_groups.update",
    provider="bugsnag",
    resource="release_group",
    access=Access.WRITE,
    method="PATCH",
    path="/release_groups/{release_group_id}",
    scope=_READ_FIRST,
    params=UpdateReleaseGroup,
    result=ReleaseGroup,
    shape=Shape.ONE,
    wording=Wording(verb="set", past="set", target="the visibility of release group {release_group_id} to {visible}"),
    source=f"{REFERENCE}/projects/release-groups",
)

RELEASE_GROUPS = (LIST_RELEASE_GROUPS, GET_RELEASE_GROUP, UPDATE_RELEASE_GROUP)


def _trend(result: StabilityTrend, _: Detail) -> dict[str, Any]:
    """Days as ``[date, sessions, share of sessions without a crash]``; days without sessions are left out."""
    days = [_day(point) for point in result.timeline_points if point.total_sessions_count]
    return present(result, shown_fields(StabilityTrend, ROW)) | {
        "columns": ["day", "sessions", "session_stability"],
        "days": days,
    }


def _with_stability(result: Release | ReleaseGroup, _: Detail) -> dict[str, Any]:
    """A release or a group of them, with its session stability where it had sessions."""
    shown = present(result, shown_fields(type(result), ROW))
    share = session_stability(result.unhandled_sessions_count, result.total_sessions_count)
    return shown | ({"session_stability": share} if share is not None else {})


def source(release: Release) -> dict[str, str | None]:
    """Where the code of a release is: its revision, and links to it and to what changed since the one before."""
    whole: Any = release.source_control
    control = cast("Mapping[str, Any]", whole) if isinstance(whole, Mapping) else dict[str, Any]()
    names = {"revision": "revision", "commit_url": "commit_url", "compare_url": "diff_url_to_previous"}
    texts = {name: control.get(own) for name, own in names.items()}
    return {name: text if isinstance(text, str) else None for name, text in texts.items()}


def _event_field(result: EventField, detail: Detail) -> dict[str, Any]:
    """A field's name for filters; the rest with full detail."""
    if detail is Detail.FULL:
        return present(result, ("custom", "display_id", "filter_options", "match_types", "values", "pivot_options"))
    return present(result, ("display_id",)) | ({"custom": True} if result.custom else {})


def _day(point: TimelinePoint) -> list[Any]:
    return [
        (point.bucket_start or "")[:10],
        point.total_sessions_count,
        session_stability(point.unhandled_sessions_count, point.total_sessions_count),
    ]


def session_stability(unhandled: int | None, total: int | None) -> float | None:
    """1 - unhandled / total, as the vendor defines session stability."""
    return None if not total or unhandled is None else round(1 - unhandled / total, 5)


trend = Row(_trend, Holds(visibility=ROW, added=("columns", "days")))
release = Row(_with_stability, Holds(visibility=ROW, added=("session_stability",)))
event_field = Row(_event_field, Holds(visibility=ROW))


RELEASE_TOOLS = (
    Tool(
        name="list_releases",
        title="List releases",
        description="Releases, newest first, with errors introduced and session stability.",
        choice=Always(operation=LIST_RELEASES),
        view=rows("releases", release),
        holds=("releases", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
    Tool(
        name="get_release",
        title="Get a release",
        description="Read one release: version, source control, errors, sessions.",
        choice=Always(operation=GET_RELEASE),
        view=one("release", release),
        holds=("release", "object"),
        detailed=True,
    ),
    Tool(
        name="list_release_groups",
        title="List release groups",
        description="Versions on one stage, builds taken together.",
        example={"project_id": "checkout-ios", "release_stage_name": "production"},
        choice=Always(operation=LIST_RELEASE_GROUPS),
        view=rows("release_groups", release),
        holds=("release_groups", "array"),
        pages=True,
    ),
    Tool(
        name="get_release_group",
        title="Get a release group",
        description=("Read one release group."),
        choice=Always(operation=GET_RELEASE_GROUP),
        view=one("release_group", release),
        holds=("release_group", "object"),
        detailed=True,
    ),
    Tool(
        name="update_release_group",
        title="Show or hide a release group",
        description=("Show or hide a release group in the dashboard."),
        choice=Always(operation=UPDATE_RELEASE_GROUP),
        view=created("release_group", "Changed"),
        holds=("release_group", "object"),
    ),
    Tool(
        name="get_stability_trend",
        title="Get the stability trend",
        description="Daily sessions and crash-free share, 30 days, of the primary release stage.",
        choice=Always(operation=GET_STABILITY_TREND),
        view=one("stability_trend", trend),
        holds=("stability_trend", "object"),
    ),
)


EVENT_FIELD_TOOLS = (
    Tool(
        name="list_event_fields",
        title="List event fields",
        description="The keys that filters take in this project. An unknown key is refused.",
        choice=Always(operation=LIST_EVENT_FIELDS),
        view=rows("event_fields", event_field),
        holds=("event_fields", "array"),
        detailed=True,
    ),
)
