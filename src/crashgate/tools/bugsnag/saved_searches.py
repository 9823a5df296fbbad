"""The tools over saved searches. Rule: a search is made in one project, by id or slug."""

from crashgate.catalogue.bugsnag.saved_searches import CREATE_SAVED_SEARCH, GET_SAVED_SEARCH, LIST_SAVED_SEARCHES
from crashgate.tools.tool import Always, Tool
from crashgate.tools.views.one import created, one
from crashgate.tools.views.page import fields, rows

SAVED_SEARCH_TOOLS = (
    Tool(
        name="list_saved_searches",
        title="List saved searches",
        description=("Filters that people kept for this project."),
        choice=Always(operation=LIST_SAVED_SEARCHES),
        view=rows("saved_searches", fields("id", "sort", "shared", "project_default", "name", "filters")),
        holds=("saved_searches", "array"),
    ),
    Tool(
        name="get_saved_search",
        title="Get a saved search",
        description=("Read one saved search."),
        choice=Always(operation=GET_SAVED_SEARCH),
        view=one("saved_search", fields("id", "sort", "shared", "project_default", "name", "filters")),
        holds=("saved_search", "object"),
        detailed=True,
    ),
    Tool(
        name="create_saved_search",
        title="Save a search",
        description="Keep filters for reuse.",
        example={
            "project_id": "checkout-ios",
            "name": "Open",
            "filters": {"error.status": "open"},
            "project_default": False,
        },
        choice=Always(operation=CREATE_SAVED_SEARCH),
        view=created("saved_search", "Created"),
        holds=("saved_search", "object"),
    ),
)
