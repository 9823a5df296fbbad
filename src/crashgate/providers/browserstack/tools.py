"""The tools over BrowserStack AI Evals."""

from crashgate.model.tool import Always, Tool
from crashgate.providers.browserstack.new_sessions import CREATE_SESSION
from crashgate.providers.browserstack.sessions import EXPORT_SESSIONS, GET_SESSION, LIST_SESSIONS
from crashgate.views.rows import created
from crashgate.views.session_tools import export_sessions, get_session, list_sessions

BROWSERSTACK_TOOLS = (
    list_sessions(LIST_SESSIONS),
    get_session(GET_SESSION),
    Tool(
        name="create_session",
        title="Create a session",
        description=(
            "Make a session by sending its first trace, or add a trace to one. A second call adds a second trace. It"
            " can be read some seconds later."
        ),
        example={"session_id": "eval-42", "name": "chat-turn"},
        choice=Always(operation=CREATE_SESSION),
        view=created("session", "Sent a trace of the session"),
        notes={"session_id": "an id that you make up, or that of the session to add to"},
        holds=("session", "object"),
    ),
    export_sessions(EXPORT_SESSIONS),
)
