"""The tools over events. Rule: one event is trimmed in the open; detail=full shows it whole."""

from crashgate.catalogue.bugsnag.events import (
    DELETE_EVENT,
    GET_EVENT,
    GET_LATEST_EVENT,
    LIST_ERROR_EVENTS,
    LIST_PROJECT_EVENTS,
)
from crashgate.tools.bugsnag.words import NOT_OFFERED
from crashgate.tools.tool import Always, Given, Tool
from crashgate.tools.views import events
from crashgate.tools.views.one import changed, one
from crashgate.tools.views.page import rows

EVENT_TOOLS = (
    Tool(
        name="list_events",
        title="List events",
        description=(
            "List single crashes, newest first, of one error or, without error_id, of the project. get_event shows one."
        ),
        choice=Given(argument="error_id", present=LIST_ERROR_EVENTS, absent=LIST_PROJECT_EVENTS),
        view=rows("events", events.row),
        holds=("events", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
    Tool(
        name="get_event",
        title="Get an event",
        description="Read one crash: stack (in-app frames first), last breadcrumbs, device. detail=full can be long.",
        choice=Always(operation=GET_EVENT),
        view=one("event", events.summary, events.full),
        holds=("event", "object"),
        detailed=True,
    ),
    Tool(
        name="get_latest_event",
        title="Get the latest event",
        description="Read an error's newest crash: the usual way to its stack and breadcrumbs.",
        choice=Always(operation=GET_LATEST_EVENT),
        view=one("event", events.summary, events.full),
        holds=("event", "object"),
        detailed=True,
    ),
    Tool(
        name="delete_event",
        title="Delete an event",
        description=("Delete one crash. Cannot be undone."),
        choice=Always(operation=DELETE_EVENT),
        view=changed("event", "Deleted"),
        holds=("event", "object"),
    ),
)
