"""The platforms that a project can be of. Rule: the vendor's own list, in the vendor's order.

Projects: one app each. Rule: a project's API keys never leave, whichever answer carries them.

The tools over projects. Rule: a setting that loses data or takes access away needs full.
"""

from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from crashgate.model.access import Access
from crashgate.model.field_table import ROW, SUMMARY
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Needs, ObjectId, Params, Ref, RowsAPage
from crashgate.model.reads import Reads, ReadsByName, ReadsNothing
from crashgate.model.result import (
    Convert,
    From,
    Id,
    Link,
    Many,
    MemberData,
    MemberText,
    OptionalId,
    Result,
    Secret,
    SecretMark,
    Slug,
    Time,
    Untrusted,
    Word,
)
from crashgate.model.scope import ProjectNamed, ProjectRows, ProjectToCome
from crashgate.model.tool import Always, Tool
from crashgate.providers.bugsnag.conventions import NOT_OFFERED, REFERENCE
from crashgate.views.rows import created, one, rows

ProjectType = Literal[
    "android", "angular", "asgi", "aspnet", "aspnet_core", "backbone", "bottle", "cocos2dx", "connect", "django",
    "dotnet", "dotnet_desktop", "dotnet_mvc", "electron", "ember", "eventmachine", "expo", "express", "flask",
    "flutter", "gin", "go", "go_net_http", "heroku", "ios", "java", "java_desktop", "js", "vega", "koa", "laravel",
    "lumen", "magento", "martini", "minidump", "ndk", "negroni", "nintendo_switch", "node", "osx", "other_desktop",
    "other_mobile", "other_tv", "php", "python", "rack", "rails", "react", "reactnative", "restify", "revel",
    "ruby", "silex", "sinatra", "spring", "symfony", "tornado", "tvos", "unity", "unrealengine", "vue", "watchos",
    "webapi", "wordpress", "wpf", "wsgi", "other",
]  # fmt: skip
"""The types of the vendor's published document (2026-09)."""


class StabilityTarget(Result):
    """A stability that the project aims for; ``value`` is a share from 0 to 1."""

    value: float | None = None
    updated_at: Time = None
    updated_by_id: OptionalId = None


def _digest(key: Any) -> str | None:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return sha256(key.encode("utf-8", "replace")).hexdigest() if isinstance(key, str) else None


class Project(Result):
    """A project and its settings."""

    id: Annotated[Id, ROW]
    slug: Annotated[Slug, ROW] = None
    name: Annotated[MemberText | None, ROW] = None
    type: Annotated[Word, ROW] = None
    organization_id: Annotated[OptionalId, SUMMARY] = None
    language: Word = None
    is_full_view: bool | None = None
    release_stages: Annotated[Many[Untrusted], SUMMARY] = ()
    created_at: Time = None
    updated_at: Time = None
    url: Link = None
    errors_url: Link = None
    events_url: Link = None
    open_error_count: Annotated[int | None, ROW] = None
    for_review_error_count: Annotated[int | None, ROW] = None
    collaborators_count: int | None = None
    teams_count: int | None = None
    custom_event_fields_used: int | None = None
    resolve_on_deploy: bool | None = None
    stability_target_type: Annotated[Word, SUMMARY] = None
    target_stability: Annotated[StabilityTarget | None, SUMMARY] = None
    critical_stability: Annotated[StabilityTarget | None, SUMMARY] = None
    html_url: Annotated[Link, SUMMARY] = None
    performance_display_type: Word = None
    global_grouping: MemberData = None
    location_grouping: MemberData = None
    discarded_app_versions: MemberData = None
    discarded_errors: MemberData = None
    url_whitelist: MemberData = None
    ignore_old_browsers: bool | None = None
    ignored_browser_versions: MemberData = None
    ecmascript_parse_version: MemberData = None
    must_use_upload_api_key: bool | None = None
    api_key: Secret = None
    upload_api_key: Secret = None
    key_digest: Annotated[str | None, From("api_key"), Convert(_digest), SecretMark()] = None
    """The SHA-256 of its key, to compare with."""

    @property
    def home(self) -> str | None:
        """A project belongs to itself."""
        return self.id


_SORTS = ReadsByName(
    {
        "created_at": Reads(("project.created_at",)),
        "name": Reads(("project.name",)),
        "favorite": ReadsNothing("which projects the token's own account marked is in no answer"),
    }
)


class ListProjects(Params):
    """Parameters of listing projects."""

    organization_id: Annotated[Ref, In.PATH]
    q: Annotated[str | None, In.QUERY, Field(min_length=1, max_length=100), Reads(("project.name", "project.slug"))] = (
        None
    )
    sort: Annotated[Literal["created_at", "name", "favorite"] | None, In.QUERY, Logged(), _SORTS] = None
    direction: Annotated[
        Literal["asc", "desc"] | None,
        In.QUERY,
        Logged(),
        ReadsNothing("it turns round an order that is declared as sort"),
    ] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


class GetProject(Params):
    """Parameters of viewing a project."""

    project_id: Annotated[Ref, In.PATH]


ProjectName = Annotated[str, StringConstraints(pattern=r"^[^$]", min_length=1, max_length=100)]
"""Upstream refuses names that start with ``$``."""

Texts = Annotated[tuple[Annotated[str, StringConstraints(max_length=200)], ...] | None, Field(max_length=200)]

ShortText = Annotated[str, StringConstraints(max_length=100)]
BrowserVersions = Annotated[dict[ShortText, ShortText], Field(max_length=50)]


class CreateProject(Params):
    """Parameters of creating a project; ``type`` is the platform and is fixed from then on."""

    organization_id: Annotated[Ref, In.PATH]
    name: Annotated[ProjectName, In.BODY]
    type: Annotated[ProjectType, In.BODY, Logged()]
    ignore_old_browsers: Annotated[bool | None, In.BODY, Logged(), Needs(Access.DELETE)] = None


class UpdateProject(GetProject):
    """Parameters of changing a project.

    ``collaborator_ids`` is the new list of members: whoever is not on it loses access. ``discarded_*``, ``ignore*`` and
    ``url_whitelist`` make BugSnag throw future data away.
    """

    name: Annotated[ProjectName | None, In.BODY] = None
    global_grouping: Annotated[Texts, In.BODY] = None
    location_grouping: Annotated[Texts, In.BODY] = None
    url_whitelist: Annotated[
        Texts,
        In.BODY,
        # check: what makes a project throw data away needs full
        Needs(Access.DELETE),
    ] = None
    ignore_old_browsers: Annotated[bool | None, In.BODY, Logged(), Needs(Access.DELETE)] = None
    ignored_browser_versions: Annotated[BrowserVersions | None, In.BODY, Needs(Access.DELETE)] = None
    resolve_on_deploy: Annotated[bool | None, In.BODY, Logged()] = None
    discarded_app_versions: Annotated[Texts, In.BODY, Needs(Access.DELETE)] = None
    discarded_errors: Annotated[Texts, In.BODY, Needs(Access.DELETE)] = None
    collaborator_ids: Annotated[
        tuple[ObjectId, ...] | None, In.BODY, Field(max_length=1000), Logged(), Needs(Access.DELETE)
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.model_fields_set == {"project_id"}:
            raise ValueError("give at least one setting to change")
        return self


LIST_PROJECTS = Operation(
    id="bugsnag.projects.list",
    provider="bugsnag",
    resource="project",
    access=Access.READ,
    method="GET",
    path="/organizations/{organization_id}/projects",
    scope=ProjectRows(),
    params=ListProjects,
    result=Project,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="projects"),
    source=f"{REFERENCE}/projects",
)

GET_PROJECT = Operation(
    id="bugsnag.projects.get",
    provider="bugsnag",
    resource="project",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}",
    scope=ProjectNamed(),
    params=GetProject,
    result=Project,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="project settings"),
    source=f"{REFERENCE}/projects/projects/view-a-project",
)

CREATE_PROJECT = Operation(
    id="bugsnag.projects.create",
    provider="bugsnag",
    resource="project",
    access=Access.WRITE,
    method="POST",
    path="/organizations/{organization_id}/projects",
    scope=ProjectToCome(),
    params=CreateProject,
    result=Project,
    shape=Shape.ONE,
    wording=Wording(verb="create", past="created", target="a project of type {type}"),
    source=f"{REFERENCE}/projects/projects/create-a-project-in-an-organization",
)

UPDATE_PROJECT = Operation(
    id="bugsnag.projects.update",
    provider="bugsnag",
    resource="project",
    access=Access.WRITE,
    method="PATCH",
    path="/projects/{project_id}",
    scope=ProjectNamed(),
    params=UpdateProject,
    result=Project,
    shape=Shape.ONE,
    wording=Wording(verb="change", past="changed", target="project settings"),
    source=f"{REFERENCE}/projects/projects/update-a-project",
)

PROJECTS = (LIST_PROJECTS, GET_PROJECT, CREATE_PROJECT, UPDATE_PROJECT)


PROJECT_TOOLS = (
    Tool(
        name="list_projects",
        title="List projects",
        description="Find projects (apps) and their slugs.",
        example={"organization_id": "acme"},
        choice=Always(operation=LIST_PROJECTS),
        view=rows("projects"),
        holds=("projects", "array"),
        hidden=NOT_OFFERED | {"q", "sort"},
        pages=True,
    ),
    Tool(
        name="get_project",
        title="Get a project",
        description="Read one project: type, stages, counts, targets.",
        choice=Always(operation=GET_PROJECT),
        view=one("project"),
        holds=("project", "object"),
        detailed=True,
    ),
    Tool(
        name="create_project",
        title="Create a project",
        description="Create a project (app) of a platform.",
        example={"organization_id": "acme", "name": "Checkout TV", "type": "tvos"},
        choice=Always(operation=CREATE_PROJECT),
        view=created("project", "Created"),
        holds=("project", "object"),
    ),
    Tool(
        name="update_project",
        title="Update a project",
        description=(
            "Change a project's settings. collaborator_ids replaces all members; discarded_* throw future data away."
        ),
        choice=Always(operation=UPDATE_PROJECT),
        view=created("project", "Changed"),
        holds=("project", "object"),
    ),
)
