"""The tool over trends. Rule: counts only."""

from crashgate.catalogue.bugsnag.trends import GET_ERROR_TREND, GET_PROJECT_TREND
from crashgate.tools.tool import Given, Tool
from crashgate.tools.views.page import fields, rows

TREND_TOOLS = (
    Tool(
        name="get_trend",
        title="Get a trend",
        description=("Event counts over time, of one error or, without error_id, of the project."),
        choice=Given(argument="error_id", present=GET_ERROR_TREND, absent=GET_PROJECT_TREND),
        view=rows("buckets", fields("from_", "to", "events_count")),
        holds=("buckets", "array"),
    ),
)
