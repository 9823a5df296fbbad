"""The releases of a project with their sessions. Rule: what was live at a moment decides what crashed then."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.sessions import Day, session_days

_LEAD = {"production": 0.0, "staging": 1.5, "development": 3.0}
"""Days that a version is on a stage before it is in production."""
_SHARE = {"production": 1.0, "staging": 0.002, "development": 0.0006}
"""The part of the sessions that a stage sees."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A version on a stage, and the sessions while it was the newest there."""

    id: str
    group_id: str
    project_id: str
    stage: str
    version: str
    version_code: str
    at: datetime
    source: str
    builder: str
    revision: str
    previous_revision: str | None
    sessions: Day
    sessions_last_day: int


def project_releases(seed: int, project: Project, now: datetime) -> tuple[Release, ...]:
    """All releases of a project, newest first."""
    days = session_days(seed, project.plan, now)
    found = [release for stage in project.plan.stages for release in _on_stage(seed, project, stage, now, days)]
    return tuple(sorted(found, key=lambda release: (release.at, release.id), reverse=True))


def live(releases: tuple[Release, ...], at: datetime) -> int:
    """The place in ``releases`` (one stage, oldest first) of the one that was the newest then."""
    return max(0, bisect_right(releases, at, key=lambda release: release.at) - 1)


def _on_stage(seed: int, project: Project, stage: str, now: datetime, days: tuple[Day, ...]) -> list[Release]:
    plan = project.plan
    builds = _builds(project, stage)
    found: list[Release] = []
    for (age, minor, build), until in zip(builds, [*(age for age, _, _ in builds[1:]), 0.0], strict=True):
        key = (minor, build) if build else (minor,)
        version = f"{plan.version[0]}.{minor}.0"
        revision = object_id(seed, "revision", plan.slug, *key) + object_id(seed, "revision tail", *key)[:16]
        at = (now - timedelta(days=age)).replace(microsecond=0)
        rng = draw(seed, "release", plan.slug, stage, *key)
        sessions = _between(days, age, until, _SHARE[stage])
        last_day = int(plan.daily_sessions * _SHARE[stage] * rng.uniform(0.9, 1.1))
        found.append(
            Release(
                id=object_id(seed, "release", plan.slug, stage, *key),
                group_id=object_id(seed, "release group", plan.slug, stage, version),
                project_id=project.id,
                stage=stage,
                version=version,
                version_code=f"{plan.version[0]}{minor:02}{build:02}" if plan.platform.type == "android" else "",
                at=at,
                source=rng.choice(("api", "api", "session" if plan.daily_sessions else "event")),
                builder=rng.choice(("release-bot", "sofia@acme.example", "ci")),
                revision=revision,
                previous_revision=found[-1].revision if found else None,
                sessions=sessions,
                sessions_last_day=min(sessions.sessions, last_day) if until == 0 else 0,
            )
        )
    return found


def _builds(project: Project, stage: str) -> list[tuple[float, int, int]]:
    """Age in days, minor version and number of each build on a stage, oldest first; 0 is a version's first build."""
    plan = project.plan
    firsts = [(age + _LEAD[stage], plan.version[1] + number, 0) for number, age in enumerate(plan.release_ages)]
    if stage != plan.stages[0]:
        return firsts
    again = [
        (age, max(minor for first, minor, _ in firsts if first >= age), number)
        for number, age in enumerate(plan.rebuild_ages, start=1)
    ]
    return sorted([*firsts, *again], reverse=True)


def _between(days: tuple[Day, ...], age: float, until: float, share: float) -> Day:
    """The sessions of the days from ``age`` to ``until`` days ago, added up."""
    part = [day for ago, day in enumerate(reversed(days)) if until <= ago <= age]
    return Day(
        sessions=int(share * sum(day.sessions for day in part)),
        unhandled=int(share * sum(day.unhandled for day in part)),
        users=int(share * sum(day.users for day in part)),
        users_with_unhandled=int(share * sum(day.users_with_unhandled for day in part)),
    )
