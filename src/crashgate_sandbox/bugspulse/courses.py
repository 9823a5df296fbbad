"""How sessions go, as a table that repeats. Rule: it begins with the documented example and with what is special."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from crashgate_sandbox.bugspulse.devices import Device, draw_device
from crashgate_sandbox.bugspulse.texts import USERS
from crashgate_sandbox.bugspulse.written import Format, members, value
from crashgate_sandbox.world.draw import draw

LONGEST = 30 * 60_000
_SEED = 4
_TABLE = 503
_EXAMPLE = Device(platform="ios", os_version="17.4", app_version="2.4.1", network_type="wifi")


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """One way to go. ``length`` is in milliseconds; ``user`` is "" for an ordinary user, None for nobody known.

    ``given`` is its part of a row, from ``status`` to ``hasCrash``.
    """

    events: int
    length: int
    ended: bool
    user: str | None
    given: Mapping[str, object]


@cache
def courses() -> tuple[Course, ...]:
    """The example, one still active, one that crashed, a long one, an empty one, nobody's, odd users, and the rest."""
    rng = draw(_SEED, "sessions")
    found = [
        _course("completed", _EXAMPLE, events=42, length=183_000, user="usr_123"),
        _course("active", draw_device(rng), events=17, length=95_000, ended=False),
        _course("crashed", draw_device(rng), events=63, length=241_000, ended=False),
        _course("completed", draw_device(rng), events=2400, length=LONGEST),
        _course("completed", draw_device(rng), events=0, length=900),
        _course("completed", draw_device(rng), events=5, length=20_000, user=None),
        *(_course("completed", draw_device(rng), events=9, length=44_000, user=user) for user in USERS),
    ]
    while len(found) < _TABLE:
        status = rng.choices(("completed", "crashed", "active"), (86, 8, 6))[0]
        said_goodbye = status == "completed" or (status == "crashed" and rng.random() < 1 / 2)
        events, length = rng.randrange(3, 120), rng.randrange(5000, LONGEST)
        user = None if rng.random() < 1 / 8 else ""
        found.append(_course(status, draw_device(rng), events=events, length=length, ended=said_goodbye, user=user))
    return tuple(found)


@cache
def written_courses(form: Format) -> tuple[tuple[Course, str | None, str], ...]:
    """Each course with its user (None for an ordinary one, who follows from the session) and its part of a row."""
    return tuple(
        (course, None if course.user == "" else value(course.user, form), members(course.given, form))
        for course in courses()
    )


def _course(  # noqa: PLR0913 - the fields of a row
    status: str, device: Device, *, events: int, length: int, ended: bool = True, user: str | None = ""
) -> Course:
    given = {
        "status": status,
        "platform": device.platform,
        "osVersion": device.os_version,
        "appVersion": device.app_version,
        "networkType": device.network_type,
        "eventCount": events,
        "hasCrash": status == "crashed",
    }
    return Course(events=events, length=length, ended=ended, user=user, given=given)
