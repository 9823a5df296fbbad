"""The tools over BugsPulse: lists, then files. A group of crashes is what the vendor calls one."""

from crashgate.model.export import Export, Tally
from crashgate.model.tool import Always, Tool
from crashgate.providers.bugspulse.crashes import EXPORT_CRASHES, LIST_CRASHES
from crashgate.providers.bugspulse.network_logs import EXPORT_NETWORK_LOGS, LIST_NETWORK_LOGS
from crashgate.providers.bugspulse.session_events import EXPORT_SESSION_EVENTS, LIST_SESSION_EVENTS
from crashgate.providers.bugspulse.sessions import EXPORT_SESSIONS, LIST_SESSIONS
from crashgate.views import sessions
from crashgate.views.network_logs import network_logs
from crashgate.views.rows import rows
from crashgate.views.session_tools import export_sessions, list_network_logs, list_session_events, list_sessions

BUGSPULSE_TOOLS = (
    list_sessions(LIST_SESSIONS),
    list_session_events(LIST_SESSION_EVENTS),
    list_network_logs(LIST_NETWORK_LOGS, network_logs),
    Tool(
        name="list_crashes",
        title="List crashes",
        description="Groups of crashes with how often each came and on how many devices. Long messages are cut.",
        choice=Always(operation=LIST_CRASHES),
        view=rows("crashes", sessions.row),
        holds=("crashes", "array"),
        pages=True,
    ),
    export_sessions(EXPORT_SESSIONS),
    Export(
        name="export_crashes",
        title="Export crashes",
        description="Write all crash groups to a file and get a link to it.",
        example={"format": "jsonl"},
        subject="crashes",
        of=(EXPORT_CRASHES,),
        tally=Tally(counts=("status", "is_fatal")),
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
        tally=Tally(day="at"),
    ),
)
