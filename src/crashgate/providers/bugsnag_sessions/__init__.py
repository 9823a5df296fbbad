"""BugSnag Session Tracking: how many sessions an app had, written and never read. The key is a project's own.

The vendor's page: https://docs.bugsnag.com/api/sessions/
"""

from crashgate.model.provider import Provider
from crashgate.providers.bugsnag_sessions.report_sessions import REPORT_SESSIONS_TOOL
from crashgate.providers.bugsnag_sessions.sessions import SESSIONS
from crashgate.providers.bugsnag_sessions.wire import BugSnagSessions

PROVIDER = Provider(
    name="bugsnag-sessions",
    title="BugSnag session tracking",
    default_url="https://sessions.bugsnag.com",
    wire=BugSnagSessions,
    operations=SESSIONS,
    tools=(REPORT_SESSIONS_TOOL,),
    groups={"sessions": ("session",)},
    rank=20,
    field_meanings={
        "counts_accepted": "counts that the provider took",
        "counts_uncertain": "counts of which it is not known whether it took them",
        "counts_not_accepted": "counts that it refused",
        "sessions": "how many sessions were accepted",
        "stopped_by": "the code of the error that ended it early",
    },
)
