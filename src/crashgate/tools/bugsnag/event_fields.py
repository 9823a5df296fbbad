"""The tool over event fields. Rule: the only reliable list of filter keys."""

from crashgate.catalogue.bugsnag.event_fields import LIST_EVENT_FIELDS
from crashgate.tools.tool import Always, Tool
from crashgate.tools.views import releases
from crashgate.tools.views.page import rows

EVENT_FIELD_TOOLS = (
    Tool(
        name="list_event_fields",
        title="List event fields",
        description="The keys that filters take in this project. An unknown key is refused.",
        choice=Always(operation=LIST_EVENT_FIELDS),
        view=rows("event_fields", releases.event_field),
        holds=("event_fields", "array"),
        detailed=True,
    ),
)
