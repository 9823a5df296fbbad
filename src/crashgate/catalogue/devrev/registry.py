"""Every operation of DevRev, in one fixed order. Rule: reads only, some of them by POST."""

from crashgate.catalogue.devrev.developer_info import DEVELOPER_INFO
from crashgate.catalogue.devrev.session_data import SESSION_DATA
from crashgate.catalogue.devrev.sessions import SESSIONS

DEVREV = (*SESSIONS, *SESSION_DATA, *DEVELOPER_INFO)
