"""Every operation of BugsPulse, in one fixed order. Rule: reads only."""

from crashgate.providers.bugspulse.crashes import CRASHES
from crashgate.providers.bugspulse.network_logs import NETWORK_LOGS
from crashgate.providers.bugspulse.session_events import SESSION_EVENTS
from crashgate.providers.bugspulse.sessions import SESSIONS

BUGSPULSE = (*SESSIONS, *CRASHES, *SESSION_EVENTS, *NETWORK_LOGS)
