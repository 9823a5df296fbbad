"""DevRev observability sessions. A session is in one app on one platform, and every call names both.

The vendor's public document has none of these routes; its reference pages do.
"""

from crashgate.errors import Code
from crashgate.model.provider import HealthRead, Provider
from crashgate.providers.devrev.developer_info import DEVELOPER_INFO
from crashgate.providers.devrev.field_meanings import FIELD_MEANINGS
from crashgate.providers.devrev.session_data import SESSION_DATA
from crashgate.providers.devrev.sessions import SESSIONS
from crashgate.providers.devrev.tools import DEVREV_TOOLS
from crashgate.providers.devrev.wire import DevRev

PROVIDER = Provider(
    name="devrev",
    title="DevRev",
    default_url="https://api.devrev.ai",
    wire=DevRev,
    operations=(*SESSIONS, *SESSION_DATA, *DEVELOPER_INFO),
    tools=DEVREV_TOOLS,
    groups={"sessions": ("session", "session_event", "network_log")},
    health=HealthRead(
        tool="list_sessions",
        # Nothing is listed without an app, and there need not be one of this name.
        arguments={"app_id": "com.example.app", "platform": "ios", "per_page": 1},
        grant='apps = ["*"]\naccess.session = "read"',
        refusals=frozenset({Code.UPSTREAM_FORBIDDEN, Code.UPSTREAM_REJECTED, Code.NOT_AVAILABLE}),
        known="It did not refuse the credential itself. Whether that may read an app shows only with an app of yours.",
    ),
    rank=50,
    field_meanings=FIELD_MEANINGS,
)
