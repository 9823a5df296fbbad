"""Every operation of DevRev, in one fixed order. Rule: reads only, some of them by POST."""

from crashgate.providers.devrev.developer_info import DEVELOPER_INFO
from crashgate.providers.devrev.session_data import SESSION_DATA
from crashgate.providers.devrev.sessions import SESSIONS

DEVREV = (*SESSIONS, *SESSION_DATA, *DEVELOPER_INFO)
