"""The tools that find, read and make sessions. Rule: times in UTC, durations in milliseconds, for every provider.

The tool that tells what happened in a session. Rule: in the order in which it happened.

The tool that lists an app's requests. Rule: what the app saw of them; nothing is asked again.

The tool that lists crash groups. Rule: a group is what its provider calls one; BugSnag's are errors.

The tools that write whole lists to files. Rule: the same names and columns as the lists that agents read.

Every tool over sessions, in the order in which agents are shown them. Rule: lists, then one, then files.
"""

from crashgate.model.export import Export
from crashgate.model.tool import ByProvider, Tool
from crashgate.providers.browserstack import new_sessions as browserstack_new
from crashgate.providers.browserstack import sessions as browserstack
from crashgate.providers.browserstack.sessions import EXPORT_SESSIONS as BROWSERSTACK_SESSIONS
from crashgate.providers.bugspulse import sessions as bugspulse
from crashgate.providers.bugspulse.crashes import EXPORT_CRASHES, LIST_CRASHES
from crashgate.providers.bugspulse.network_logs import EXPORT_NETWORK_LOGS, LIST_NETWORK_LOGS
from crashgate.providers.bugspulse.session_events import EXPORT_SESSION_EVENTS, LIST_SESSION_EVENTS
from crashgate.providers.bugspulse.sessions import EXPORT_SESSIONS as BUGSPULSE_SESSIONS
from crashgate.providers.devrev import sessions as devrev
from crashgate.providers.devrev.developer_info import GET_DEVELOPER_INFO, DeveloperInfo
from crashgate.providers.devrev.session_data import GET_SESSION_DATA, SessionData
from crashgate.providers.devrev.sessions import EXPORT_SESSIONS as DEVREV_SESSIONS
from crashgate.tools import network_log_views as network_logs
from crashgate.tools import session_event_views as session_events
from crashgate.tools import session_views as sessions
from crashgate.views.fields import by_model
from crashgate.views.rows import created, rows

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


NETWORK_LOG_TOOLS = (
    Tool(
        name="list_network_logs",
        title="List network logs",
        description="Requests that the app made, with status codes, durations in ms and errors. Long texts are cut.",
        choice=ByProvider(of=(LIST_NETWORK_LOGS, GET_DEVELOPER_INFO)),
        view=by_model({DeveloperInfo: network_logs.developer_info}, rows("network_logs", network_logs.row)),
        holds=("network_logs", "array"),
        notes={"tab_id": "one of the session's tab_ids in get_session"},
        pages=True,
        detailed=True,
    ),
)


CRASH_TOOLS = (
    Tool(
        name="list_crashes",
        title="List crashes",
        description="Groups of crashes with how often each came and on how many devices. Long messages are cut.",
        choice=ByProvider(of=(LIST_CRASHES,)),
        view=rows("crashes", sessions.row),
        holds=("crashes", "array"),
        pages=True,
    ),
)


EXPORT_TOOLS = (
    Export(
        name="export_sessions",
        title="Export sessions",
        description=(
            "Write all sessions of a period to a file (JSON Lines, CSV or Parquet) and get a link, a summary and the"
            " first rows. It may take minutes, and can be resumed. For a few, use list_sessions."
        ),
        example={"since": "2026-11-01", "format": "csv"},
        subject="sessions",
        of=(BUGSPULSE_SESSIONS, BROWSERSTACK_SESSIONS, DEVREV_SESSIONS),
    ),
    Export(
        name="export_crashes",
        title="Export crashes",
        description="Write all crash groups to a file and get a link to it.",
        example={"format": "jsonl"},
        subject="crashes",
        of=(EXPORT_CRASHES,),
    ),
    Export(
        name="export_session_events",
        title="Export session events",
        description="Write all events of one session to a file and get a link to it.",
        subject="session_events",
        of=(EXPORT_SESSION_EVENTS,),
    ),
    Export(
        name="export_network_logs",
        title="Export network logs",
        description="Write all requests of a period to a file and get a link to it. It may take minutes.",
        subject="network_logs",
        of=(EXPORT_NETWORK_LOGS,),
    ),
)


SESSIONS_TOOLS: tuple[Tool | Export, ...] = (
    *SESSION_TOOLS,
    *SESSION_EVENT_TOOLS,
    *NETWORK_LOG_TOOLS,
    *CRASH_TOOLS,
    *EXPORT_TOOLS,
)
