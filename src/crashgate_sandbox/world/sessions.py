"""How many sessions an app had on each day, and how many crashed. Rule: counts only, as upstream keeps no more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crashgate_sandbox.world.draw import draw
from crashgate_sandbox.world.projects import Plan

KEPT_DAYS = 90
_WEEKEND = 5
_TODAY_SO_FAR = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """The sessions of one UTC day, or of several added up."""

    sessions: int
    unhandled: int
    users: int
    users_with_unhandled: int


def session_days(seed: int, plan: Plan, now: datetime) -> tuple[Day, ...]:
    """The last ninety days, oldest first; the last one is today."""
    return tuple(_day(seed, plan, now, ago) for ago in reversed(range(KEPT_DAYS)))


def _day(seed: int, plan: Plan, now: datetime, ago: int) -> Day:
    rng = draw(seed, "sessions", plan.slug, ago)
    weekday = (now - timedelta(days=ago)).weekday()
    busy = rng.uniform(0.92, 1.08) * (1.25 if weekday >= _WEEKEND else 1.0) * (_TODAY_SO_FAR if ago == 0 else 1.0)
    sessions = int(plan.daily_sessions * busy)
    recent = bool(plan.release_ages) and ago < plan.release_ages[-1]
    rate = plan.unhandled_rate * rng.uniform(0.85, 1.2) * (plan.recent_factor if recent else 1.0)
    users = int(sessions * rng.uniform(0.58, 0.66))
    unhandled = int(sessions * rate)
    return Day(
        sessions=sessions,
        unhandled=unhandled,
        users=users,
        users_with_unhandled=min(users, int(unhandled * rng.uniform(0.75, 0.9))),
    )
