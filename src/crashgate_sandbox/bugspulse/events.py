"""The events of one session. Rule: in sequence, as many as the session's ``eventCount``, 0 and 1 as documented.

Source: docs/upstreams/bugspulse.md#session-events. Guesses (G): ids count from ``evt_001`` in every session anew; a
``tap`` is a type beside the documented ``navigate`` and ``custom``.
"""

from crashgate_sandbox.bugspulse.moments import iso
from crashgate_sandbox.bugspulse.sessions import Sessions
from crashgate_sandbox.bugspulse.texts import SEARCHES
from crashgate_sandbox.bugspulse.written import Format, record

COLUMNS = ("id", "type", "timestamp", "sequenceNumber", "data")
_SCREENS = ("Home", "Catalogue", "Product", "Basket", "Checkout", "Payment", "Orders", "Profile", "Reviews")
_VISIT = 3
"""Events on one screen: coming there, a button, and something else."""
_FIRST_AFTER = 1000
_USUAL_GAP = 4000


class Events:
    """What happened in each session."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def count(self, session: int) -> int:
        """How many there are in that session."""
        return self._sessions.course(session).events

    def rows(self, session: int, sequences: range, form: Format) -> list[str]:
        """Events of that session that follow one another, written."""
        course = self._sessions.course(session)
        gap = min(_USUAL_GAP, max(0, course.length - _FIRST_AFTER) // max(1, course.events))
        first = self._sessions.started(session) + _FIRST_AFTER
        return [record(_event(session, sequence, first + sequence * gap), form) for sequence in sequences]


def _event(session: int, sequence: int, moment: int) -> dict[str, object]:
    kind, data = _happened(session, sequence)
    return {
        "id": f"evt_{sequence + 1:03}",
        "type": kind,
        "timestamp": iso(moment),
        "sequenceNumber": sequence,
        "data": data,
    }


def _happened(session: int, sequence: int) -> tuple[str, dict[str, object]]:
    visit, place = divmod(sequence, _VISIT)
    screen = _screen(session, visit)
    if place == 0:
        return "navigate", {"from": _screen(session, visit - 1) if visit else None, "to": screen}
    if place == 1:
        return "custom", {"name": "button_press", "properties": {"screen": screen.lower()}}
    if visit % 2:
        return "tap", {"x": (session * 31 + visit * 47) % 390, "y": (session * 17 + visit * 91) % 844, "screen": screen}
    return "custom", {"name": "search", "properties": {"query": SEARCHES[(session + visit // 2) % len(SEARCHES)]}}


def _screen(session: int, visit: int) -> str:
    return _SCREENS[(session * 5 + visit) % len(_SCREENS)] if visit else _SCREENS[0]
