"""BugsPulse Export, which is only read, though the same key could also write."""

from crashgate.model.provider import Provider
from crashgate.providers.bugspulse.crashes import CRASHES
from crashgate.providers.bugspulse.network_logs import NETWORK_LOGS
from crashgate.providers.bugspulse.session_events import SESSION_EVENTS
from crashgate.providers.bugspulse.sessions import SESSIONS

PROVIDER = Provider(
    name="bugspulse", title="BugsPulse", operations=(*SESSIONS, *CRASHES, *SESSION_EVENTS, *NETWORK_LOGS)
)
