"""DevRev observability sessions. A session is in one app on one platform, and every call names both.

The vendor's public document has none of these routes; its reference pages do.
"""

from crashgate.model.provider import Provider
from crashgate.providers.devrev.developer_info import DEVELOPER_INFO
from crashgate.providers.devrev.session_data import SESSION_DATA
from crashgate.providers.devrev.sessions import SESSIONS

PROVIDER = Provider(name="devrev", title="DevRev", operations=(*SESSIONS, *SESSION_DATA, *DEVELOPER_INFO))
