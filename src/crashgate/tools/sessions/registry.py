"""Every tool over sessions, in the order in which agents are shown them. Rule: lists, then one, then files."""

from crashgate.tools.export import Export
from crashgate.tools.sessions.crashes import CRASH_TOOLS
from crashgate.tools.sessions.exports import EXPORT_TOOLS
from crashgate.tools.sessions.network_logs import NETWORK_LOG_TOOLS
from crashgate.tools.sessions.session_events import SESSION_EVENT_TOOLS
from crashgate.tools.sessions.sessions import SESSION_TOOLS
from crashgate.tools.tool import Tool

SESSIONS_TOOLS: tuple[Tool | Export, ...] = (
    *SESSION_TOOLS,
    *SESSION_EVENT_TOOLS,
    *NETWORK_LOG_TOOLS,
    *CRASH_TOOLS,
    *EXPORT_TOOLS,
)
