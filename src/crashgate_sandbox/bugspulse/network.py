"""Network logs. Rule: a request lies within its session, and after it the sessions that are older.

Source: docs/upstreams/bugspulse.md#network-logs. A session in which one failed says ``hasNetworkErrors``.
"""

from crashgate_sandbox.bugspulse.moments import iso
from crashgate_sandbox.bugspulse.network_calls import network_parts
from crashgate_sandbox.bugspulse.sessions import Sessions, session_id
from crashgate_sandbox.bugspulse.written import Format

COLUMNS = ("id", "sessionId", "method", "url", "statusCode", "duration", "error", "timestamp")


_TEMPLATES = {
    Format.JSON: '{"id":"req_%03d","sessionId":"%s",%s,"timestamp":"%s"}',
    Format.CSV: "req_%03d,%s,%s,%s",
}


class NetworkLogs:
    """``count`` requests, spread evenly over the sessions; none where there are no sessions."""

    def __init__(self, sessions: Sessions, *, count: int) -> None:
        self.count = count if sessions.count else 0
        self._sessions = sessions

    def moment(self, number: int) -> int:
        """When that request was made, in milliseconds."""
        return self._moment(number, self._session(number))

    def rows(self, numbers: range, form: Format) -> list[str]:
        """Requests that follow one another, written."""
        parts, template = network_parts(form), _TEMPLATES[form]
        size = len(parts)
        found: list[str] = []
        for number in numbers:
            session = self._session(number)
            moment = iso(self._moment(number, session))
            found.append(template % (number + 1, session_id(session), parts[number % size], moment))
        return found

    def _session(self, number: int) -> int:
        return number * self._sessions.count // self.count

    def _moment(self, number: int, session: int) -> int:
        """Before the next session starts, so that rows stay in order of time however close sessions are."""
        sessions = self._sessions
        first, end = sessions.first_request(session), sessions.first_request(session + 1)
        room = min(sessions.course(session).length, sessions.step)
        return sessions.started(session) + (end - number) * room // (end - first + 1)
