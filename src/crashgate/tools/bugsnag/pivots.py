"""The tools that tell where crashes concentrate. Rule: values can be people, so they are a resource of their own."""

from crashgate.catalogue.bugsnag.pivots import (
    LIST_ERROR_PIVOT_VALUES,
    LIST_ERROR_PIVOTS,
    LIST_PROJECT_PIVOT_VALUES,
    LIST_PROJECT_PIVOTS,
)
from crashgate.tools.bugsnag.words import NOT_OFFERED
from crashgate.tools.tool import Given, Tool
from crashgate.tools.views import pivots
from crashgate.tools.views.page import fields, rows

PIVOT_TOOLS = (
    Tool(
        name="list_pivots",
        title="List pivots",
        description=("Where an error (or, without error_id, the project) concentrates: top values by event field."),
        choice=Given(argument="error_id", present=LIST_ERROR_PIVOTS, absent=LIST_PROJECT_PIVOTS),
        view=pivots.listed,
        holds=("pivots", "array"),
        hidden=frozenset({"per_page"}),
    ),
    Tool(
        name="list_pivot_values",
        title="List pivot values",
        description=(
            "All values of one event field with their event counts, of an error or, without error_id, of the project."
        ),
        choice=Given(argument="error_id", present=LIST_ERROR_PIVOT_VALUES, absent=LIST_PROJECT_PIVOT_VALUES),
        view=rows("values", fields("event_field_value", "events", "proportion", "first_seen", "last_seen", "fields_")),
        holds=("values", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
)
