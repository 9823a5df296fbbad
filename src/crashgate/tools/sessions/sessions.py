"""The tools that find, read and make sessions. Rule: times in UTC, durations in milliseconds, for every provider."""

from crashgate.catalogue.browserstack import new_sessions as browserstack_new
from crashgate.catalogue.browserstack import sessions as browserstack
from crashgate.catalogue.bugspulse import sessions as bugspulse
from crashgate.catalogue.devrev import sessions as devrev
from crashgate.tools.tool import ByProvider, Tool
from crashgate.tools.views import sessions
from crashgate.tools.views.one import created
from crashgate.tools.views.page import rows

SESSION_TOOLS = (
    Tool(
        name="list_sessions",
        title="List sessions",
        description="Sessions of an app's users, newest first; texts are cut, get_session shows one whole.",
        example={"since": "2026-11-19", "until": "2026-11-20T12:00:00Z", "per_page": 20},
        choice=ByProvider(of=(bugspulse.LIST_SESSIONS, browserstack.LIST_SESSIONS, devrev.LIST_SESSIONS)),
        view=rows("sessions", sessions.row),
        holds=("sessions", "array"),
        pages=True,
    ),
    Tool(
        name="get_session",
        title="Get a session",
        description="Read one session: its device and what went wrong in it, or the first of its traces.",
        choice=ByProvider(of=(browserstack.GET_SESSION, devrev.GET_SESSION)),
        view=sessions.session,
        holds=("session", "object"),
        detailed=True,
    ),
    Tool(
        name="create_session",
        title="Create a session",
        description=(
            "Make a session by sending its first trace, or add a trace to one. A second call adds a second trace. It"
            " can be read some seconds later."
        ),
        example={"session_id": "eval-42", "name": "chat-turn"},
        choice=ByProvider(of=(browserstack_new.CREATE_SESSION,)),
        view=created("session", "Sent a trace of the session"),
        notes={"session_id": "an id that you make up, or that of the session to add to"},
        holds=("session", "object"),
    ),
)
