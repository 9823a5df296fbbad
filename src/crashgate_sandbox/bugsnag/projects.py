"""Projects. Rule: the dangerous neighbours are as real here as upstream, so that a test sees whether one is reached."""

from datetime import timedelta

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time
from crashgate_sandbox.bugsnag.paging import after, link, link_header, per_page
from crashgate_sandbox.world.accounts import Person, Role
from crashgate_sandbox.world.platform import Surface
from crashgate_sandbox.world.projects import Project

_DISPLAY = {
    Surface.MOBILE: "mobile",
    Surface.BROWSER: "js",
    Surface.SERVER: "webserver_backend",
    Surface.DESKTOP: "unsupported",
}
_POSITION = "offset[sort_field_offset]"


def list_projects(call: Call) -> Response:
    """``GET /organizations/{organization_id}/projects``; a plain ``offset=N`` is ignored (T)."""
    organization = call.organization()
    sort = call.first("sort") or "created_at"
    direction = call.first("direction") or ("asc" if sort == "favorite" else "desc")
    if sort == "favorite" and direction == "desc":
        raise RefusedError(400, "favorites cannot be sorted descending")
    wanted = (call.first("q") or "").lower()
    rows = [
        one
        for one in call.world.projects.values()
        if one.organization_id == organization.id and wanted in one.name.lower() and call.world.sees(call.person, one)
    ]
    rows.sort(key=lambda one: one.name.lower() if sort == "name" else -one.plan.age_days, reverse=direction == "desc")
    size = per_page(call, most=100)
    start, rest = after(call, rows, [one.id for one in rows])
    page = rest[:size]
    fixed = {"direction": direction, "offset[null_sort_field]": "false", "per_page": str(size), "sort": sort}
    following = link(call, {**fixed, _POSITION: page[-1].id}, without=["offset"]) if len(rest) > size else None
    previous = None
    if start > size:
        previous = link(call, {**fixed, _POSITION: rows[start - size - 1].id}, without=["offset"])
    elif start:
        previous = link(call, {"per_page": str(size)}, without=["offset", "offset[null_sort_field]", _POSITION])
    headers = {"X-Total-Count": str(len(rows)), **link_header(next=following, prev=previous)}
    return json_answer([project_json(call, one) for one in page], headers=headers)


def get_project(call: Call) -> Response:
    """``GET /projects/{project_id}``."""
    return json_answer(project_json(call, call.project()))


def delete_project(call: Call) -> Response:
    """``DELETE /projects/{project_id}``: gone, with everything in it."""
    project = call.project()
    call.require_administrator(project.organization_id, "Must be an Organization Administrator to delete projects")
    call.world.delete_project(project)
    return no_content()


def regenerate_api_key(call: Call) -> Response:
    """``DELETE /projects/{project_id}/api_key``: a new key; apps with the old one fall silent."""
    project = call.project()
    call.require(project, Role.ADMIN)
    return json_answer(project_json(call, call.world.new_api_key(project)))


def project_members(call: Call, one: Project) -> tuple[Person, ...]:
    """Who sees a project, administrators included."""
    return tuple(person for person in call.world.members(one.organization_id) if call.world.sees(person, one))


def project_json(call: Call, one: Project) -> JsonObject:
    """The project as the vendor shows it."""
    plan, settings, world = one.plan, one.settings, call.world
    organization = world.organizations[one.organization_id]
    statuses = [world.state(error).status for error in world.errors_of(one.id)]
    browser = plan.platform.surface is Surface.BROWSER
    return {
        "id": one.id,
        "organization_id": one.organization_id,
        "slug": one.slug,
        "name": one.name,
        "api_key": one.api_key,
        "upload_api_key": one.upload_api_key,
        "must_use_upload_api_key": False,
        "type": plan.platform.type,
        "is_full_view": True,
        "release_stages": list(plan.stages),
        "language": plan.platform.language or None,
        "created_at": millis_time(world.now - timedelta(days=plan.age_days)),
        "updated_at": millis_time(world.now - timedelta(days=one.updated_days)),
        "errors_url": call.url(f"/projects/{one.id}/errors"),
        "events_url": call.url(f"/projects/{one.id}/events"),
        "url": call.url(f"/projects/{one.id}"),
        "html_url": call.url(f"/{organization.slug}/{one.slug}"),
        "open_error_count": statuses.count("open"),
        "for_review_error_count": statuses.count("for_review"),
        "collaborators_count": len(project_members(call, one)),
        "teams_count": 1,
        "global_grouping": list(settings.global_grouping),
        "location_grouping": list(settings.location_grouping),
        "discarded_app_versions": list(settings.discarded_app_versions),
        "discarded_errors": list(settings.discarded_errors),
        "url_whitelist": list(settings.url_whitelist),
        "ignore_old_browsers": settings.ignore_old_browsers,
        "ignored_browser_versions": dict(settings.ignored_browser_versions),
        "ecmascript_parse_version": {"version": 2022} if browser else {},
        "custom_event_fields_used": len(plan.custom_fields),
        "resolve_on_deploy": settings.resolve_on_deploy,
        "stability_target_type": "session",
        "target_stability": {"value": 0.995, "updated_at": None, "updated_by_id": None},
        "critical_stability": {
            "value": 0.985,
            "updated_at": millis_time(world.now - timedelta(days=40)),
            "updated_by_id": organization.creator.id,
        },
        "performance_display_type": _DISPLAY[plan.platform.surface],
        "default_performance_percentile": 0.9,
    }


ROUTES = (
    Route(method="GET", path="/organizations/{organization_id}/projects", handler=list_projects),
    Route(method="GET", path="/projects/{project_id}", handler=get_project),
    Route(method="DELETE", path="/projects/{project_id}", handler=delete_project),
    Route(method="DELETE", path="/projects/{project_id}/api_key", handler=regenerate_api_key),
)
