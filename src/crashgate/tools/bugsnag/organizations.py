"""The tools over organizations. Rule: what costs money or cannot be undone needs full."""

from crashgate.catalogue.bugsnag.organizations import (
    CREATE_ORGANIZATION,
    DELETE_ORGANIZATION,
    GET_ORGANIZATION,
    LIST_ORGANIZATIONS,
    UPDATE_ORGANIZATION,
)
from crashgate.tools.bugsnag.words import NOT_OFFERED
from crashgate.tools.tool import Always, Tool
from crashgate.tools.views.one import changed, created, one
from crashgate.tools.views.page import fields, rows

ORGANIZATION_TOOLS = (
    Tool(
        name="list_organizations",
        title="List organizations",
        description="Find organizations and their ids, to list their projects.",
        choice=Always(operation=LIST_ORGANIZATIONS),
        view=rows("organizations", fields("id", "slug", "name")),
        holds=("organizations", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
    Tool(
        name="get_organization",
        title="Get an organization",
        description="Read one organization: name, plan.",
        choice=Always(operation=GET_ORGANIZATION),
        view=one("organization", fields("id", "slug", "name", "created_at", "auto_upgrade")),
        holds=("organization", "object"),
        detailed=True,
    ),
    Tool(
        name="create_organization",
        title="Create an organization",
        description=("Create an organization. BugSnag allows it to few accounts."),
        choice=Always(operation=CREATE_ORGANIZATION),
        view=created("organization", "Created"),
        holds=("organization", "object"),
    ),
    Tool(
        name="update_organization",
        title="Update an organization",
        description=("Change an organization's name or billing details; what you leave out stays as it is."),
        choice=Always(operation=UPDATE_ORGANIZATION),
        view=created("organization", "Changed"),
        holds=("organization", "object"),
    ),
    Tool(
        name="delete_organization",
        title="Delete an organization",
        description=("Delete an organization with all projects and crashes. Cannot be undone."),
        choice=Always(operation=DELETE_ORGANIZATION),
        view=changed("organization", "Deleted"),
        holds=("organization", "object"),
    ),
)
