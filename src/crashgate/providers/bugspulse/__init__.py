"""BugsPulse Export, which is only read, though the same key could also write."""

from crashgate.model.provider import Budget, HealthRead, Provider
from crashgate.providers.bugspulse.capabilities import CAPABILITIES
from crashgate.providers.bugspulse.crashes import CRASHES
from crashgate.providers.bugspulse.network_logs import NETWORK_LOGS
from crashgate.providers.bugspulse.session_events import SESSION_EVENTS
from crashgate.providers.bugspulse.sessions import SESSIONS
from crashgate.providers.bugspulse.tools import BUGSPULSE_TOOLS
from crashgate.providers.bugspulse.wire import BugsPulse

PROVIDER = Provider(
    name="bugspulse",
    title="BugsPulse",
    default_url="https://api.bugspulse.com",
    wire=BugsPulse,
    budget=Budget(requests=60),
    operations=(*SESSIONS, *CRASHES, *SESSION_EVENTS, *NETWORK_LOGS),
    tools=BUGSPULSE_TOOLS,
    groups={"sessions": ("session", "session_event", "network_log", "crash")},
    capabilities=CAPABILITIES,
    health=HealthRead(tool="list_sessions", arguments={"per_page": 1}, grant='access.session = "read"'),
    rank=30,
)
