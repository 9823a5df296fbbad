"""Sessions that apps reported while the sandbox ran. Rule: counts by UTC minute; what is sent twice counts twice."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crashgate_sandbox.world.releases import Release
from crashgate_sandbox.world.sessions import Day

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """Where and when sessions began: the minute is in UTC, stage and version are empty when the app did not say."""

    project_id: str
    minute: datetime
    stage: str = ""
    version: str = ""


class SessionLog:
    """How many sessions began."""

    def __init__(self) -> None:
        self._counts: Counter[Started] = Counter()

    def add(self, started: Started, number: int) -> None:
        """That many more sessions."""
        self._counts[started] += number

    def clear(self) -> None:
        """Forget them all."""
        self._counts.clear()

    def minutes(self) -> dict[tuple[str, datetime], int]:
        """Sessions by project id and minute, in that order."""
        found: Counter[tuple[str, datetime]] = Counter()
        for started, number in self._counts.items():
            found[started.project_id, started.minute] += number
        return dict(sorted(found.items()))

    def on_days(self, project_id: str, stage: str, days: tuple[Day, ...], now: datetime) -> tuple[Day, ...]:
        """``days`` (the last one is today) with the sessions of that stage, or of none, put in."""
        found = list(days)
        for started, number in self._of(project_id):
            ago = (now.date() - started.minute.date()).days
            if started.stage in {"", stage} and 0 <= ago < len(found):
                found[-1 - ago] = _more(found[-1 - ago], number)
        return tuple(found)

    def on_releases(self, project_id: str, releases: tuple[Release, ...], now: datetime) -> tuple[Release, ...]:
        """``releases`` (newest first) with the sessions put in that name a version and a stage of theirs."""
        found = list(releases)
        for started, number in self._of(project_id):
            place = next((place for place, one in enumerate(found) if _ran(one, started)), None)
            if place is None:
                continue
            one = found[place]
            recent = number if started.minute > now - _DAY else 0
            found[place] = replace(
                one, sessions=_more(one.sessions, number), sessions_last_day=one.sessions_last_day + recent
            )
        return tuple(found)

    def _of(self, project_id: str) -> Iterable[tuple[Started, int]]:
        return [(started, number) for started, number in self._counts.items() if started.project_id == project_id]


def _ran(release: Release, started: Started) -> bool:
    return (release.version, release.stage) == (started.version, started.stage)


def _more(day: Day, sessions: int) -> Day:
    return replace(day, sessions=day.sessions + sessions)
