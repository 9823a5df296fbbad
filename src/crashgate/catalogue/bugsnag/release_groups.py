"""Release groups: the releases of a version on a stage. Rule: a group's path names no project, so it is read first."""

from typing import Annotated

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Logged, Name, ObjectId, Params, Ref, RowsAPage
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.reads import Reads
from crashgate.catalogue.result import Id, OptionalId, PlaceId, Result, Time, Untrusted, UntrustedData
from crashgate.catalogue.scope import ProjectNamed, ProjectOfObject


class ReleaseGroup(Result):
    """A version on a stage, with the sessions of all of its releases."""

    id: Id
    project_id: PlaceId = None
    release_stage_name: Untrusted | None = None
    app_version: Untrusted | None = None
    first_released_at: Time = None
    first_release_id: OptionalId = None
    releases_count: int | None = None
    has_secondary_versions: bool | None = None
    build_tool: Untrusted | None = None
    builder_name: Untrusted | None = None
    source_control: UntrustedData = None
    total_sessions_count: int | None = None
    unhandled_sessions_count: int | None = None
    sessions_count_in_last_24h: int | None = None
    accumulative_daily_users_seen: int | None = None
    accumulative_daily_users_with_unhandled: int | None = None
    top_release_group: bool | None = None
    visible: bool | None = None

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
    provider=Provider.BUGSNAG,
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
    provider=Provider.BUGSNAG,
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
    provider=Provider.BUGSNAG,
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
