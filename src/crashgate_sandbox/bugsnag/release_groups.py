"""Release groups. Rule: a full page has a link to go on, even where nothing follows (C); there is no total.

Source: docs/upstreams/bugsnag.md#release-groups.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, not_found
from crashgate_sandbox.bugsnag.body import flag_field
from crashgate_sandbox.bugsnag.call import Call, Route
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page
from crashgate_sandbox.bugsnag.releases import ReleaseCounts, source_control_json
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.release_groups import ReleaseGroup

T = TypeVar("T")


def list_release_groups(call: Call) -> Response:
    """``GET /projects/{project_id}/release_groups``; the stage is required (L)."""
    project = call.project()
    stage = call.first("release_stage_name")
    if not stage:
        raise RefusedError(400, "release_stage_name can't be blank")
    hidden = call.world.hidden_groups
    rows = [
        one
        for one in call.world.release_groups(project)
        if one.first.stage == stage
        and (one.top or not call.flag("top_only"))
        and (one.id not in hidden or not call.flag("visible_only"))
    ]
    page, headers = _page(call, rows, [(one.id, one.first_at) for one in rows])
    return json_answer([_group_json(call, project, one) for one in page], headers=headers)


def get_release_group(call: Call) -> Response:
    """``GET /release_groups/{release_group_id}``."""
    project, group = _group(call)
    return json_answer(_group_json(call, project, group))


def update_release_group(call: Call) -> Response:
    """``PATCH /release_groups/{release_group_id}``: whether the dashboard shows it."""
    project, group = _group(call)
    call.require_write(project)
    if flag_field(call.json(), "visible"):
        call.world.hidden_groups.discard(group.id)
    else:
        call.world.hidden_groups.add(group.id)
    return json_answer(_group_json(call, project, group))


def list_group_releases(call: Call) -> Response:
    """``GET /release_groups/{release_group_id}/releases``."""
    project, group = _group(call)
    page, headers = _page(call, group.releases, [(one.id, one.at) for one in group.releases])
    counts = ReleaseCounts(call, project)
    return json_answer([counts.release_json(one) for one in page], headers=headers)


def _group(call: Call) -> tuple[Project, ReleaseGroup]:
    """The group in the path, which names no project: only the caller's reach limits it."""
    wanted = call.params["release_group_id"]
    for project in call.world.projects.values():
        if call.world.sees(call.person, project):
            for group in call.world.release_groups(project):
                if group.id == wanted:
                    return project, group
    raise not_found("Release group")


def _page(call: Call, rows: Sequence[T], places: list[tuple[str, datetime]]) -> tuple[Sequence[T], dict[str, str]]:
    """The page that ``page_token`` (id, milliseconds, 0) asks for, and its link; other tokens are a 400 (G)."""
    token, size, start = call.first("page_token"), per_page(call, most=100), 0
    if token is not None:
        last = token.partition("|")[0]
        ids = [one for one, _ in places]
        if last not in ids:
            raise RefusedError(400, "page_token is invalid")
        start = ids.index(last) + 1
    page = rows[start : start + size]
    if len(page) < size:
        return page, {}
    last, at = places[start + size - 1]
    return page, link_header(next=link(call, {"page_token": f"{last}|{int(at.timestamp() * 1000)}|0"}))


def _group_json(call: Call, project: Project, one: ReleaseGroup) -> JsonObject:
    """The group as the vendor shows it; sessions other than their total are for plans with stability (O)."""
    sessions = one.sessions
    body: JsonObject = {
        "id": one.id,
        "project_id": project.id,
        "release_stage_name": one.first.stage,
        "app_version": one.first.version,
        "first_released_at": one.first_at.isoformat(timespec="seconds"),
        "first_release_id": one.first.id,
        "releases_count": len(one.releases),
        "has_secondary_versions": len({release.version_code for release in one.releases}) > 1,
        "build_tool": "bugsnag-build-reporter",
        "builder_name": one.first.builder,
        "source_control": {**source_control_json(one.first), "previous_app_version": one.previous},
        "total_sessions_count": sessions.sessions,
        "top_release_group": one.top,
        "visible": one.id not in call.world.hidden_groups,
    }
    if sessions.sessions:
        body.update(
            unhandled_sessions_count=sessions.unhandled,
            sessions_count_in_last_24h=one.sessions_last_day,
            accumulative_daily_users_seen=sessions.users,
            accumulative_daily_users_with_unhandled=sessions.users_with_unhandled,
        )
    return body


_ONE = "/release_groups/{release_group_id}"

ROUTES = (
    Route(method="GET", path="/projects/{project_id}/release_groups", handler=list_release_groups),
    Route(method="GET", path=_ONE, handler=get_release_group),
    Route(method="PATCH", path=_ONE, handler=update_release_group),
    Route(method="GET", path=f"{_ONE}/releases", handler=list_group_releases),
)
