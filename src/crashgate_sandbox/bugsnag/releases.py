"""Releases. Rule: more than ten a page is refused, not cut (A O L).

Source: docs/upstreams/bugsnag.md#releases.
"""

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, not_found
from crashgate_sandbox.bugsnag.call import Call, Route
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page, plain_offset
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.releases import Release

_MOST = 10
_USUAL = 5


def list_releases(call: Call) -> Response:
    """``GET /projects/{project_id}/releases``; a link does not pin ``base`` by itself (C)."""
    project = call.project()
    size = per_page(call, usual=_USUAL, most=_MOST + 1)
    if size > _MOST:
        raise RefusedError(400, f"Per page must be less than or equal to {_MOST}")
    stage, base, start = call.first("release_stage"), call.moment("base"), plain_offset(call)
    rows = [
        one
        for one in call.world.releases(project)
        if (stage is None or one.stage == stage) and (base is None or one.at <= base)
    ]
    sort = call.first("sort") or "timestamp"
    if sort == "percent_of_sessions":
        rows.sort(key=lambda one: one.sessions_last_day, reverse=True)
    elif sort != "timestamp":
        raise RefusedError(400, "Sort is not included in the list")
    following = link(call, {"offset": str(start + size)}) if start + size < len(rows) else None
    headers = {"X-Total-Count": str(len(rows)), **link_header(next=following)}
    counts = ReleaseCounts(call, project)
    return json_answer([counts.release_json(one) for one in rows[start : start + size]], headers=headers)


def get_release(call: Call) -> Response:
    """``GET /projects/{project_id}/releases/{release_id}``."""
    project = call.project()
    found = next((one for one in call.world.releases(project) if one.id == call.params["release_id"]), None)
    if found is None:
        raise not_found("Release")
    return json_answer(ReleaseCounts(call, project).release_json(found))


class ReleaseCounts:
    """How many errors each release of a project brought and saw."""

    def __init__(self, call: Call, project: Project) -> None:
        self.introduced: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        for error in call.world.errors_of(project.id):
            occurrences = call.world.occurrences(error)
            for release_id in {one.release.id for one in occurrences}:
                self.seen[release_id] = self.seen.get(release_id, 0) + 1
            for release_id in {one.release.stage: one.release.id for one in occurrences}.values():
                self.introduced[release_id] = self.introduced.get(release_id, 0) + 1

    def release_json(self, one: Release) -> JsonObject:
        """The release as the vendor shows it."""
        return {
            "id": one.id,
            "project_id": one.project_id,
            "release_group_id": one.group_id,
            "release_time": one.at.isoformat(timespec="seconds"),
            "release_source": one.source,
            "app_version": one.version,
            "app_version_code": one.version_code,
            "app_bundle_version": "",
            "build_label": one.version,
            "builder_name": one.builder,
            "build_tool": "bugsnag-build-reporter",
            "errors_introduced_count": self.introduced.get(one.id, 0),
            "errors_seen_count": self.seen.get(one.id, 0),
            "sessions_count_in_last_24h": one.sessions_last_day,
            "total_sessions_count": one.sessions.sessions,
            "unhandled_sessions_count": one.sessions.unhandled,
            "accumulative_daily_users_seen": one.sessions.users,
            "accumulative_daily_users_with_unhandled": one.sessions.users_with_unhandled,
            "metadata": {"pipeline": f"{one.version}-{one.stage}"},
            "release_stage": {"name": one.stage},
            "source_control": source_control_json(one),
        }


def source_control_json(one: Release) -> JsonObject:
    """Where the code of a release is."""
    repository = "https://github.example/shop/app"
    return {
        "service": "github",
        "commit_url": f"{repository}/commit/{one.revision}",
        "revision": one.revision,
        "diff_url_to_previous": (
            f"{repository}/compare/{one.previous_revision}...{one.revision}" if one.previous_revision else None
        ),
    }


ROUTES = (
    Route(method="GET", path="/projects/{project_id}/releases", handler=list_releases),
    Route(method="GET", path="/projects/{project_id}/releases/{release_id}", handler=get_release),
)
