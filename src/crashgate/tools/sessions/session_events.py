"""The tool that tells what happened in a session. Rule: in the order in which it happened."""

from crashgate.catalogue.bugspulse.session_events import LIST_SESSION_EVENTS
from crashgate.catalogue.devrev.session_data import GET_SESSION_DATA, SessionData
from crashgate.tools.tool import ByProvider, Tool
from crashgate.tools.views import session_events
from crashgate.tools.views.fields import by_model

SESSION_EVENT_TOOLS = (
    Tool(
        name="list_session_events",
        title="List session events",
        description=(
            "What a user did and what happened in one session, in order: what led to a crash, and its log where there"
            " is one. Long texts are cut. Ids of sessions from list_sessions."
        ),
        choice=ByProvider(of=(LIST_SESSION_EVENTS, GET_SESSION_DATA)),
        view=by_model({SessionData: session_events.recording}, session_events.listed),
        holds=("events", "array"),
        pages=True,
        detailed=True,
    ),
)
