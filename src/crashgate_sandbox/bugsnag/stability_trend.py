"""The stability trend: thirty days of sessions on the primary stage. Rule: no sessions, no body (204)."""

from datetime import timedelta

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time

_DAYS = 30


def get_stability_trend(call: Call) -> Response:
    """``GET /projects/{project_id}/stability_trend``; the two rates are recorded and not documented (C)."""
    project = call.project()
    if not project.plan.stages:
        raise RefusedError(404, "This project does not have a primary release stage")
    today = call.world.now.replace(hour=0, minute=0, second=0)
    days = call.world.session_days(project)[-_DAYS:]
    if not any(day.sessions for day in days):
        return no_content()
    points: list[JsonObject] = [
        {
            "bucket_start": millis_time(today - timedelta(days=ago)),
            "bucket_end": millis_time(today - timedelta(days=ago - 1)),
            "total_sessions_count": day.sessions,
            "unhandled_sessions_count": day.unhandled,
            "unhandled_rate": round(day.unhandled / day.sessions, 6) if day.sessions else 0.0,
            "users_seen": day.users,
            "users_with_unhandled": day.users_with_unhandled,
            "unhandled_user_rate": round(day.users_with_unhandled / day.users, 6) if day.users else 0.0,
        }
        for ago, day in zip(reversed(range(_DAYS)), days, strict=True)
    ]
    return json_answer(
        {"project_id": project.id, "release_stage_name": project.plan.stages[0], "timeline_points": points}
    )


ROUTES = (Route(method="GET", path="/projects/{project_id}/stability_trend", handler=get_stability_trend),)
