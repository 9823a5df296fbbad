"""Creating and changing projects. Rule: a name or a type that does not fit is refused, before anything is made.

Source: docs/upstreams/bugsnag.md#projects.
"""

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, not_found
from crashgate_sandbox.bugsnag.body import flag_field, object_field, text_field, texts_field, word_field
from crashgate_sandbox.bugsnag.call import Call, Route
from crashgate_sandbox.bugsnag.projects import project_json
from crashgate_sandbox.world.accounts import Role
from crashgate_sandbox.world.projects import Project, ProjectSettings

_TYPES = tuple(
    """
    android angular asgi aspnet aspnet_core backbone bottle cocos2dx connect django dotnet dotnet_desktop dotnet_mvc
    electron ember eventmachine expo express flask flutter gin go go_net_http heroku ios java java_desktop js vega
    koa laravel lumen magento martini minidump ndk negroni nintendo_switch node osx other_desktop other_mobile
    other_tv php python rack rails react reactnative restify revel ruby silex sinatra spring symfony tornado tvos
    unity unrealengine vue watchos webapi wordpress wpf wsgi other
    """.split()  # noqa: SIM905 - seventy words
)
_LISTS = ("global_grouping", "location_grouping", "discarded_app_versions", "discarded_errors", "url_whitelist")
_FLAGS = ("ignore_old_browsers", "resolve_on_deploy")


def create_project(call: Call) -> Response:
    """``POST /organizations/{organization_id}/projects``: 200, not 201, with the new key (C)."""
    organization = call.organization()
    call.require_administrator(organization.id)
    body = call.json()
    made = call.world.create_project(
        organization.id,
        name=_name(body),
        platform=word_field(body, "type", _TYPES),
        ignore_old_browsers="ignore_old_browsers" in body and flag_field(body, "ignore_old_browsers"),
    )
    return json_answer(project_json(call, made))


def update_project(call: Call) -> Response:
    """``PATCH /projects/{project_id}``: what is left out stays as it is."""
    project, body = call.project(), call.json()
    call.require(project, Role.ADMIN)
    changed = replace(project, settings=_settings(call, project, body))
    if "name" in body:
        changed = replace(changed, name=_name(body))
    return json_answer(project_json(call, call.world.change_project(changed)))


def _settings(call: Call, project: Project, body: JsonObject) -> ProjectSettings:
    given: dict[str, Any] = {name: texts_field(body, name) for name in _LISTS if name in body}
    given.update({name: flag_field(body, name) for name in _FLAGS if name in body})
    settings = replace(project.settings, **given)
    if "ignored_browser_versions" in body:
        settings = replace(settings, ignored_browser_versions=object_field(body, "ignored_browser_versions"))
    if "collaborator_ids" in body:
        members = texts_field(body, "collaborator_ids")
        if not set(members) <= {person.id for person in call.world.members(project.organization_id)}:
            raise not_found("User")
        settings = replace(settings, members=members)
    return settings


def _name(body: JsonObject) -> str:
    name = text_field(body, "name")
    if name.startswith("$"):
        raise RefusedError(400, "Name cannot start with $")
    return name


ROUTES = (
    Route(method="POST", path="/organizations/{organization_id}/projects", handler=create_project),
    Route(method="PATCH", path="/projects/{project_id}", handler=update_project),
)
