"""The tools over people. Rule: names and addresses only, nothing of their accounts."""

from crashgate.catalogue.bugsnag.collaborators import (
    GET_COLLABORATOR,
    LIST_ORGANIZATION_COLLABORATORS,
    LIST_PROJECT_COLLABORATORS,
)
from crashgate.tools.tool import Always, Given, Tool
from crashgate.tools.views.one import one
from crashgate.tools.views.page import fields, rows

COLLABORATOR_TOOLS = (
    Tool(
        name="list_collaborators",
        title="List collaborators",
        description=("People of a project (to assign errors to) or, with organization_id instead, of an organization."),
        choice=Given(
            argument="organization_id", present=LIST_ORGANIZATION_COLLABORATORS, absent=LIST_PROJECT_COLLABORATORS
        ),
        view=rows("collaborators", fields("id", "is_admin", "pending_invitation", "name", "email")),
        holds=("collaborators", "array"),
        notes={
            "organization_id": "in place of project_id",
            "q": "part of a name or e-mail address; with organization_id",
        },
        pages=True,
    ),
    Tool(
        name="get_collaborator",
        title="Get a collaborator",
        description=("Read one person of an organization."),
        choice=Always(operation=GET_COLLABORATOR),
        view=one("collaborator", fields("id", "is_admin", "pending_invitation", "last_request_at", "name", "email")),
        holds=("collaborator", "object"),
        detailed=True,
    ),
)
