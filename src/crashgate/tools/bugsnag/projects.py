"""The tools over projects. Rule: a setting that loses data or takes access away needs full."""

from crashgate.catalogue.bugsnag.projects import CREATE_PROJECT, GET_PROJECT, LIST_PROJECTS, UPDATE_PROJECT
from crashgate.tools.bugsnag.words import NOT_OFFERED
from crashgate.tools.tool import Always, Tool
from crashgate.tools.views.one import created, one
from crashgate.tools.views.page import fields, rows

PROJECT_TOOLS = (
    Tool(
        name="list_projects",
        title="List projects",
        description="Find projects (apps) and their slugs.",
        example={"organization_id": "acme"},
        choice=Always(operation=LIST_PROJECTS),
        view=rows("projects", fields("id", "slug", "type", "open_error_count", "for_review_error_count", "name")),
        holds=("projects", "array"),
        hidden=NOT_OFFERED | {"q", "sort"},
        pages=True,
    ),
    Tool(
        name="get_project",
        title="Get a project",
        description="Read one project: type, stages, counts, targets.",
        choice=Always(operation=GET_PROJECT),
        view=one(
            "project",
            fields(
                "id",
                "slug",
                "type",
                "organization_id",
                "name",
                "release_stages",
                "open_error_count",
                "for_review_error_count",
                "stability_target_type",
                "target_stability",
                "critical_stability",
                "html_url",
            ),
        ),
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
