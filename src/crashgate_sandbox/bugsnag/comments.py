"""Comments. Rule: the author is a ``collaborator`` in lists and changes, and a ``user`` when a comment is read (C).

A comment's own path names neither error nor project, so only the caller's reach limits it.
"""

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, json_answer, no_content, not_found
from crashgate_sandbox.bugsnag.body import text_field
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time
from crashgate_sandbox.bugsnag.paging import link, link_header, per_page, plain_offset
from crashgate_sandbox.bugsnag.users import user_json
from crashgate_sandbox.world.accounts import Person
from crashgate_sandbox.world.comments import Comment
from crashgate_sandbox.world.projects import Project


def list_comments(call: Call) -> Response:
    """``GET /projects/{project_id}/errors/{error_id}/comments``, newest first (C); how its link goes on is a guess."""
    rows = list(call.world.comments.on(call.error().id))
    if call.first("direction") == "asc":
        rows.reverse()
    start, size = plain_offset(call), per_page(call, most=100)
    following = link(call, {"offset": str(start + size)}) if start + size < len(rows) else None
    headers = {"X-Total-Count": str(len(rows)), **link_header(next=following)}
    return json_answer([_comment_json(call, one) for one in rows[start : start + size]], headers=headers)


def create_comment(call: Call) -> Response:
    """``POST /projects/{project_id}/errors/{error_id}/comments``: 201 with a Location (C)."""
    error = call.error()
    call.require_write(call.project())
    message = text_field(call.json(), "message")
    made = call.world.comments.add(error.id, call.person.id, message, call.world.now)
    return json_answer(_comment_json(call, made), status=201, headers={"Location": call.url(f"/comments/{made.id}")})


def get_comment(call: Call) -> Response:
    """``GET /comments/{comment_id}``."""
    one, _ = _comment(call)
    author = _author(call, one)
    return json_answer(
        {
            **_facts(call, one),
            "user": {
                "id": author.id,
                "email": author.email,
                "name": author.name,
                "url": call.url(f"/users/{author.id}"),
                "projects_url": call.url(f"/users/{author.id}/projects"),
            },
        }
    )


def update_comment(call: Call) -> Response:
    """``PATCH /comments/{comment_id}``: 200 (C)."""
    one, project = _comment(call)
    call.require_write(project)
    changed = call.world.comments.change(one, text_field(call.json(), "message"), call.world.now)
    return json_answer(_comment_json(call, changed))


def delete_comment(call: Call) -> Response:
    """``DELETE /comments/{comment_id}``."""
    one, project = _comment(call)
    call.require_write(project)
    call.world.comments.remove(one)
    return no_content()


def _comment(call: Call) -> tuple[Comment, Project]:
    """The comment in the path and the project that its error is in, if the caller sees it."""
    found = call.world.comments.find(call.params["comment_id"])
    if found is None:
        raise not_found("Comment")
    project_id = call.world.errors[found.error_id].project.id
    if not call.sees_project(project_id):
        raise not_found("Comment")
    return found, call.world.projects[project_id]


def _comment_json(call: Call, one: Comment) -> JsonObject:
    return {**_facts(call, one), "collaborator": user_json(call, _author(call, one))}


def _facts(call: Call, one: Comment) -> JsonObject:
    return {
        "id": one.id,
        "message": one.message,
        "created_at": millis_time(one.at),
        "updated_at": millis_time(one.updated_at),
        "url": call.url(f"/comments/{one.id}"),
    }


def _author(call: Call, one: Comment) -> Person:
    return next(person for person in call.world.people if person.id == one.author_id)


_ON_ERROR = "/projects/{project_id}/errors/{error_id}/comments"
_ONE = "/comments/{comment_id}"

ROUTES = (
    Route(method="GET", path=_ON_ERROR, handler=list_comments),
    Route(method="POST", path=_ON_ERROR, handler=create_comment),
    Route(method="GET", path=_ONE, handler=get_comment),
    Route(method="PATCH", path=_ONE, handler=update_comment),
    Route(method="DELETE", path=_ONE, handler=delete_comment),
)
