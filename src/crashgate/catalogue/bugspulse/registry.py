"""Every operation of BugsPulse, in one fixed order. Rule: reads only."""

from crashgate.catalogue.bugspulse.crashes import CRASHES
from crashgate.catalogue.bugspulse.network_logs import NETWORK_LOGS
from crashgate.catalogue.bugspulse.session_events import SESSION_EVENTS
from crashgate.catalogue.bugspulse.sessions import SESSIONS

BUGSPULSE = (*SESSIONS, *CRASHES, *SESSION_EVENTS, *NETWORK_LOGS)
