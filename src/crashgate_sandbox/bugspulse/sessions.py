"""Sessions. Rule: everything of a session follows from its number; 0 is the newest and the documented example's.

Ids are the same on every start and every day; times go back from the sandbox's ``now``. An active session has neither
end nor duration; a session that crashed has them only if the app could still say goodbye (both inferred, G).
Source: docs/upstreams/bugspulse.md#sessions.
"""

import re

from crashgate_sandbox.bugspulse.courses import LONGEST, Course, courses, written_courses
from crashgate_sandbox.bugspulse.moments import iso
from crashgate_sandbox.bugspulse.network_calls import failed_before
from crashgate_sandbox.bugspulse.timeline import SPAN
from crashgate_sandbox.bugspulse.written import Format

COLUMNS = (
    "id", "userId", "status", "platform", "osVersion", "appVersion", "networkType", "eventCount", "hasCrash",
    "hasNetworkErrors", "duration", "startedAt", "endedAt",
)  # fmt: skip
MOST_SESSIONS = 1 << 24
_FIRST_STAMP = 1_780_000_000
_FIRST_MARK = 0xABC123
_STRIDE = 0x9E3779
"""Odd, so that ``number * stride`` passes through all 24-bit marks before it meets one again."""
_UNSTRIDE = pow(_STRIDE, -1, MOST_SESSIONS)
_ID = re.compile(r"sess_(\d{10})_([0-9a-f]{6})", re.ASCII)
_USERS = 90_000
_FIRST_USER = 10_000
_TEMPLATES = {
    Format.JSON: (
        '{"id":"%s","userId":%s,%s,"hasNetworkErrors":%s,"duration":%s,"startedAt":"%s","endedAt":"%s"}',
        '{"id":"%s","userId":%s,%s,"hasNetworkErrors":%s,"duration":null,"startedAt":"%s","endedAt":null}',
        '"usr_%s"',
    ),
    Format.CSV: ("%s,%s,%s,%s,%s,%s,%s", "%s,%s,%s,%s,,%s,", "usr_%s"),
}
"""A row with an end, a row without, and an ordinary user."""


class Sessions:
    """``count`` sessions, over which ``network_logs`` requests are spread. ``now`` is in milliseconds.

    Raises ValueError for more than MOST_SESSIONS.
    """

    def __init__(self, *, count: int, network_logs: int, now: int) -> None:
        if not 0 <= count <= MOST_SESSIONS:
            raise ValueError(f"There can be 0 to {MOST_SESSIONS} sessions, not {count}.")
        self.count = count
        self.step = max(1, SPAN // max(1, count))
        # The longest session that starts here is over by now.
        self._newest = now - LONGEST
        self._network_logs = network_logs
        self._courses = courses()
        self._failed = failed_before()

    def course(self, number: int) -> Course:
        """How that session went."""
        return self._courses[number % len(self._courses)]

    def started(self, number: int) -> int:
        """When that session started, in milliseconds."""
        return self._newest - number * self.step

    def first_request(self, number: int) -> int:
        """The number of the newest network log of that session; its others follow, up to the next session's first."""
        return -(-number * self._network_logs // self.count)

    def number(self, session: str) -> int | None:
        """The number of the session with that id; None when there is none."""
        match = _ID.fullmatch(session)
        if match is None:
            return None
        number = (int(match[2], 16) - _FIRST_MARK) * _UNSTRIDE % MOST_SESSIONS
        return number if number < self.count and session_id(number) == session else None

    def rows(self, numbers: range, form: Format) -> list[str]:
        """Sessions that follow one another, written."""
        table, with_end, without_end, usual_user = written_courses(form), *_TEMPLATES[form]
        size, newest, step = len(table), self._newest, self.step
        found: list[str] = []
        failed_before_it = self._failed_before(numbers.start) if numbers else 0
        for number in numbers:
            course, user, part = table[number % size]
            if user is None:
                user = usual_user % (number * _STRIDE % _USERS + _FIRST_USER)
            failed = self._failed_before(number + 1)
            network = "true" if failed > failed_before_it else "false"
            failed_before_it = failed
            start, length = newest - number * step, course.length
            own = session_id(number), user, part, network
            if course.ended:
                found.append(with_end % (*own, length, iso(start), iso(start + length)))
            else:
                found.append(without_end % (*own, iso(start)))
        return found

    def _failed_before(self, number: int) -> int:
        """How many requests failed in the sessions before that one."""
        sums = self._failed
        rounds, rest = divmod(-(-number * self._network_logs // self.count), len(sums) - 1)
        return rounds * sums[-1] + sums[rest]


def session_id(number: int) -> str:
    """``sess_1780000000_abc123`` for 0; the same for a number on every start."""
    return f"sess_{_FIRST_STAMP - number}_{(number * _STRIDE + _FIRST_MARK) % MOST_SESSIONS:06x}"
