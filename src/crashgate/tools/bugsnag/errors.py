"""The tools that find and read errors. Rule: lists are short, one error is whole."""

from crashgate.catalogue.bugsnag.errors import GET_ERROR, LIST_ERRORS
from crashgate.tools.bugsnag.words import NOT_OFFERED
from crashgate.tools.tool import Always, Tool
from crashgate.tools.views import errors
from crashgate.tools.views.one import one
from crashgate.tools.views.page import rows

ERROR_TOOLS = (
    Tool(
        name="list_errors",
        title="List errors",
        description=(
            "Start triage here: errors (groups of crashes) of a project, last seen first. Texts and times are cut;"
            " get_error shows them whole."
        ),
        example={"project_id": "checkout-ios", "filters": {"error.status": "open"}, "sort": "users"},
        choice=Always(operation=LIST_ERRORS),
        view=rows("errors", errors.row),
        holds=("errors", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
    Tool(
        name="get_error",
        title="Get an error",
        description="Read one error: status, counts, releases that introduced it, assignee, issues.",
        choice=Always(operation=GET_ERROR),
        view=one("error", errors.summary),
        holds=("error", "object"),
        hidden=frozenset({"filters"}),
        detailed=True,
    ),
)
