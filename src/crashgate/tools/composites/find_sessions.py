"""The sessions in which a crash may have happened, by what is known of the crash: its time, user, session or device.

Rule: what joins is compared here, in rows that the policy has redacted. Of a field that the policy hides no row has a
value, so no match, count or confidence depends on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, model_validator

from crashgate.model.capability import FIND_SESSIONS, SessionFacts
from crashgate.model.composite import CompositeTool, Steps
from crashgate.model.moments import Since, as_moment
from crashgate.model.params import In, Params, SessionId
from crashgate.model.tool import Shown
from crashgate.views.rows import counted, noticed

MOST_PAGES: Final = 5  # check[huge]: sessions are looked for in a few pages
NEAR: Final = timedelta(minutes=15)
"""Between a crash and a session that has only the device and the version in common with it."""
USUAL_HOURS: Final = 6
_MOST_HOURS: Final = 168
_MOST_SHOWN: Final = 5
_LONGEST: Final = 200

_Text = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST)]


class FindSessions(Params):
    """What is known of the crash; ``hours`` before it in which a session may have begun."""

    at: Annotated[Since, In.NOWHERE]
    user_id: Annotated[_Text | None, In.NOWHERE] = None
    session_id: Annotated[SessionId | None, In.NOWHERE] = None
    app_version: Annotated[_Text | None, In.NOWHERE] = None
    os_version: Annotated[_Text | None, In.NOWHERE] = None
    hours: Annotated[int | None, In.NOWHERE, Field(ge=1, le=_MOST_HOURS)] = None

    @model_validator(mode="after")
    def _something_joins(self) -> Self:
        if self.user_id is None and self.session_id is None and (self.app_version is None or self.os_version is None):
            raise ValueError("user_id or session_id is needed, or app_version with os_version")
        return self


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A session, the fields that join it with the crash, and how far from the crash it was."""

    session: SessionFacts
    by: tuple[str, ...]
    exact: bool
    apart: timedelta

    @property
    def shown(self) -> dict[str, Any]:
        """The session with what joins it, and the whole minutes between it and the crash where there are any."""
        minutes = int(self.apart.total_seconds() // 60)
        joins = {"join": "exact" if self.exact else "possible", "joined_by": list(self.by)}
        return {**joins, **({"minutes_apart": minutes} if minutes else {}), **self.session.shown}


async def take_steps(steps: Steps, params: FindSessions) -> Shown:
    """The sessions that fit, the exact ones first, and what was searched."""
    crash = datetime.fromisoformat(params.at)
    since, until = crash - timedelta(hours=params.hours or USUAL_HOURS), crash + NEAR
    read, mark, pages = list[SessionFacts](), None, 0
    while pages < MOST_PAGES and (pages == 0 or mark is not None) and (pages == 0 or steps.allowance.left):
        page = await steps.ask(FIND_SESSIONS, after=mark, since=as_moment(since), until=as_moment(until))
        read += page.rows
        mark, pages = page.next_mark, pages + 1
    matches = find_matches(read, params, crash)
    search: dict[str, Any] = {
        "sessions": [each.shown for each in matches[:_MOST_SHOWN]],
        "began_from": as_moment(since),
        "began_until": as_moment(until),
        "sessions_read": len(read),
    }
    if len(matches) > _MOST_SHOWN:
        search["sessions_not_shown"] = len(matches) - _MOST_SHOWN
    if mark is not None:
        search["complete"] = False
        if oldest := min((each.started_at for each in read if each.started_at), default=None):
            search["read_back_to"] = oldest
    return Shown(content=noticed({"search": search}), text=_sentence(matches, len(read), whole=mark is None))


def find_matches(sessions: Sequence[SessionFacts], params: FindSessions, crash: datetime) -> list[Match]:
    """Those that fit, each once: exact ones first, then the nearest."""
    found = [each for each in (_match(one, params, crash) for one in sessions) if each is not None]
    return sorted(found, key=lambda each: (not each.exact, each.apart, not each.session.crashed))


def _match(session: SessionFacts, params: FindSessions, crash: datetime) -> Match | None:
    apart = _apart(session, crash)
    if apart is None:
        return None
    ids: Mapping[str, bool] = {
        "session_id": params.session_id is not None and session.id == params.session_id,
        "user_id": params.user_id is not None and session.user == params.user_id,
    }
    if by := tuple(name for name, is_same in ids.items() if is_same):
        return Match(session=session, by=by, exact=True, apart=apart)
    is_alike = (
        params.app_version is not None
        and params.os_version is not None
        and session.version == params.app_version
        and session.os_version is not None
        # An event's row has the system's name in front: "iOS 18.1".
        and f" {params.os_version}".endswith(f" {session.os_version}")
    )
    if not is_alike or apart > NEAR:
        return None
    return Match(session=session, by=("app_version", "os_version"), exact=False, apart=apart)


def _apart(session: SessionFacts, crash: datetime) -> timedelta | None:
    """Between the crash and the session; none where it was within it. None of a session whose beginning is unknown."""
    if session.started_at is None:
        return None
    started = datetime.fromisoformat(session.started_at)
    ended = started if session.ended_at is None else datetime.fromisoformat(session.ended_at)
    return max(started - crash, crash - ended, timedelta())


def _sentence(matches: Sequence[Match], read: int, *, whole: bool) -> str:
    """The finding in a sentence of ours."""
    exact = sum(each.exact for each in matches)
    among = f"among {counted(read, 'sessions')} of that time"
    if not matches:
        told = f"No session {among} fits."
    else:
        kinds = [
            f"{number} {kind}" for number, kind in ((exact, "exact"), (len(matches) - exact, "possible")) if number
        ]
        told = f"{' and '.join(kinds)} {'session' if len(matches) == 1 else 'sessions'} {among}."
    return told if whole else f"{told} There are more that were not searched: give a smaller hours."


FIND_SESSIONS_OF_A_CRASH = CompositeTool(
    name="find_sessions",
    title="Find the session of a crash",
    description=(
        "Which session did a crash happen in? Give what get_event tells of it: time and user, session, or app and OS"
        " version. Matches are exact (same id) or possible (same versions within 15 minutes)."
    ),
    params=FindSessions,
    first=FIND_SESSIONS,
    take_steps=take_steps,
    holds=("search", "object"),
    notes={"app_version": "of the crash, with os_version", "os_version": "of the crash, with app_version"},
    shows=(
        "sessions",
        "began_from",
        "began_until",
        "sessions_read",
        "sessions_not_shown",
        "complete",
        "read_back_to",
    ),
    example={"at": "2026-11-20T15:05:00Z", "user_id": "cus_1234", "app_version": "4.18.0", "os_version": "18.1"},
)
