"""What BugsPulse's operations give the composite tools."""

from collections.abc import Mapping
from typing import Any

from crashgate.model import capability as asked
from crashgate.model.capability import Capabilities, Implementation, SessionFacts
from crashgate.model.tool import Detail
from crashgate.providers.bugspulse.conventions import MOST_ROWS
from crashgate.providers.bugspulse.sessions import LIST_SESSIONS, Session
from crashgate.views import sessions


def _read_session(row: Session) -> SessionFacts:
    return SessionFacts(
        id=row.id,
        shown=sessions.row(row, Detail.SUMMARY),
        user=row.user_id,
        version=row.app_version,
        os_version=row.os_version,
        started_at=row.started_at,
        ended_at=row.ended_at,
        crashed=bool(row.has_crash),
    )


def _whole_pages(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "per_page": MOST_ROWS}


CAPABILITIES: Capabilities = {
    asked.FIND_SESSIONS: Implementation(operation=LIST_SESSIONS, read=_read_session, arguments=_whole_pages)
}
