"""The tools over DevRev."""

from crashgate.providers.devrev import views
from crashgate.providers.devrev.developer_info import GET_DEVELOPER_INFO
from crashgate.providers.devrev.session_data import GET_SESSION_DATA
from crashgate.providers.devrev.sessions import EXPORT_SESSIONS, GET_SESSION, LIST_SESSIONS
from crashgate.views.session_tools import (
    export_sessions,
    get_session,
    list_network_logs,
    list_session_events,
    list_sessions,
)

DEVREV_TOOLS = (
    list_sessions(LIST_SESSIONS),
    get_session(GET_SESSION),
    list_session_events(GET_SESSION_DATA, views.recording),
    list_network_logs(
        GET_DEVELOPER_INFO, views.developer_info, {"tab_id": "one of the session's tab_ids in get_session"}
    ),
    export_sessions(EXPORT_SESSIONS),
)
