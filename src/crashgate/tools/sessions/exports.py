"""The tools that write whole lists to files. Rule: the same names and columns as the lists that agents read."""

from crashgate.catalogue.browserstack.sessions import EXPORT_SESSIONS as BROWSERSTACK_SESSIONS
from crashgate.catalogue.bugspulse.crashes import EXPORT_CRASHES
from crashgate.catalogue.bugspulse.network_logs import EXPORT_NETWORK_LOGS
from crashgate.catalogue.bugspulse.session_events import EXPORT_SESSION_EVENTS
from crashgate.catalogue.bugspulse.sessions import EXPORT_SESSIONS as BUGSPULSE_SESSIONS
from crashgate.catalogue.devrev.sessions import EXPORT_SESSIONS as DEVREV_SESSIONS
from crashgate.tools.export import Export

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
