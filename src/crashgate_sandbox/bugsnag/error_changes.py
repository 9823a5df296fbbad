"""``PATCH`` on an error. Rule: the ``operation`` in the body decides what happens, and how much harm it does.

What the body asks for is read and checked once, before it is done to the first error. Source:
docs/upstreams/bugsnag.md#changes-to-errors.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content, not_found
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time
from crashgate_sandbox.bugsnag.errors import error_json
from crashgate_sandbox.bugsnag.search import Found
from crashgate_sandbox.world.accounts import Role, team_id
from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.errors import Error, ErrorState, Issue
from crashgate_sandbox.world.platform import SEVERITIES
from crashgate_sandbox.world.projects import Project

_COMPANIONS = {
    "occurs_after": ("seconds",),
    "n_occurrences_in_m_hours": ("occurrences", "hours"),
    "n_additional_occurrences": ("additional_occurrences",),
    "n_additional_users": ("additional_users",),
}
_MOST_ADDITIONAL_USERS = 100_000

Change = Callable[[Error, ErrorState], ErrorState]
Reader = Callable[[Call, Project, JsonObject], Change]


def update_error(call: Call) -> Response:
    """``PATCH /projects/{project_id}/errors/{error_id}``: 200 with the error, 204 for delete and discard."""
    error = call.error()
    operation, change = read_change(call, call.project())
    do_change(call, operation, change, [error])
    if operation in {"delete", "discard"}:
        return no_content()
    found = Found(error=error, state=call.world.state(error), occurrences=call.world.occurrences(error))
    return json_answer(error_json(call, found))


def read_change(call: Call, project: Project) -> tuple[str, Change]:
    """The operation in the body and what it does to an error; refused when the body or the caller's role is wrong."""
    body = call.json()
    operation = body.get("operation")
    if not isinstance(operation, str) or not operation:
        raise RefusedError(400, "Operation must not be blank", "Operation is not included in the list")
    if operation not in _READERS:
        raise RefusedError(400, "Operation is not included in the list")
    if operation in {"delete", "discard", "undiscard"}:
        call.require(project, Role.ADMIN)
    else:
        call.require_write(project)
    return operation, _READERS[operation](call, project, body)


def do_change(call: Call, operation: str, change: Change, errors: list[Error]) -> None:
    """Do it to these errors."""
    if operation == "delete":
        call.world.delete_errors(errors)
        return
    for error in errors:
        call.world.change(error, change(error, call.world.state(error)))


def _to(status: str) -> Reader:
    return lambda _call, _project, _body: lambda _error, state: replace(state, status=status, reopen_rules=None)


def _snooze(call: Call, _project: Project, body: JsonObject) -> Change:
    rules = body.get("reopen_rules")
    if not isinstance(rules, dict) or not rules:
        raise RefusedError(400, "Reopen rules reopen_rules required when operation is snooze")
    given = cast("Mapping[str, object]", rules)
    numbers = _COMPANIONS.get(str(given.get("reopen_if")))
    if numbers is None:
        raise RefusedError(400, "Reopen rules reopen_if is not included in the list")
    kept: dict[str, object] = {"reopen_if": given["reopen_if"]}
    more = 0
    for name in numbers:
        value = given.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise RefusedError(400, f"Reopen rules {name} must be greater than 0")
        if name == "additional_users" and value > _MOST_ADDITIONAL_USERS:
            raise RefusedError(400, f"Reopen rules {name} must be less than or equal to {_MOST_ADDITIONAL_USERS}")
        kept[name] = value
        if name == "seconds":
            kept["reopen_after"] = millis_time(call.world.now + timedelta(seconds=min(value, 10**9)))
        if name == "additional_occurrences":
            more = value

    def change(error: Error, state: ErrorState) -> ErrorState:
        threshold = {"occurrence_threshold": len(call.world.occurrences(error)) + more} if more else {}
        return replace(state, status="snoozed", reopen_rules={**kept, **threshold})

    return change


def _assign(call: Call, project: Project, body: JsonObject) -> Change:
    collaborator, team = body.get("assigned_collaborator_id") or None, body.get("assigned_team_id") or None
    if collaborator is not None and team is not None:
        raise RefusedError(400, "Assigned collaborator and assigned team are mutually exclusive")
    if collaborator is not None:
        members = {one.id for one in call.world.members(project.organization_id) if call.world.sees(one, project)}
        if collaborator not in members:
            raise not_found("User")
    if team is not None and team != team_id(call.world.seed, project.organization_id):
        raise not_found("Team")
    return lambda _error, state: replace(
        state,
        assigned_collaborator_id=str(collaborator) if collaborator else None,
        assigned_team_id=str(team) if team else None,
    )


def _override_severity(_call: Call, _project: Project, body: JsonObject) -> Change:
    severity = next((one for one in SEVERITIES if one == body.get("severity")), None)
    if severity is None:
        raise RefusedError(400, "Severity is not included in the list")
    return lambda _error, state: replace(state, overridden_severity=severity)


def _create_issue(call: Call, project: Project, _body: JsonObject) -> Change:
    """A new ticket in the project's tracker, before those that were linked already."""
    if not project.plan.tracker:
        raise RefusedError(404, "No issue tracker configured")

    def change(error: Error, state: ErrorState) -> ErrorState:
        rng = draw(call.world.seed, "created issue", error.id, len(state.issues))
        number = rng.randrange(4000, 9000)
        key = f"{project.plan.slug[:3].upper()}-{number}"
        made = Issue(
            id=object_id(call.world.seed, "created issue", error.id, len(state.issues)),
            key=key,
            number=number,
            type="jira",
            url=f"{project.plan.tracker}/{key}",
        )
        return replace(state, issues=(made, *state.issues))

    return change


def _link_issue(call: Call, _project: Project, body: JsonObject) -> Change:
    url = body.get("issue_url")
    if not isinstance(url, str) or not url.strip():
        raise RefusedError(400, "Issue url must not be blank")
    key = url.rstrip("/").rpartition("/")[2]
    number = int("".join(letter for letter in key if letter in "0123456789")[-9:] or "0")

    def change(error: Error, state: ErrorState) -> ErrorState:
        id_ = object_id(call.world.seed, "issue", error.id, url)
        return replace(state, issues=(Issue(id=id_, key=key, number=number, type="url", url=url),))

    return change


def _unlink_issue(_call: Call, _project: Project, _body: JsonObject) -> Change:
    return lambda _error, state: replace(state, issues=())


def _discarded(*, discarded: bool) -> Reader:
    return lambda _call, _project, _body: lambda _error, state: replace(state, discarded=discarded)


_READERS: Mapping[str, Reader] = {
    "fix": _to("fixed"),
    "open": _to("open"),
    "ignore": _to("ignored"),
    "snooze": _snooze,
    "assign": _assign,
    "override_severity": _override_severity,
    "create_issue": _create_issue,
    "link_issue": _link_issue,
    "unlink_issue": _unlink_issue,
    "discard": _discarded(discarded=True),
    "undiscard": _discarded(discarded=False),
    "delete": _discarded(discarded=True),
}
"""The twelve operations; what ``delete`` would change is never done, because the error is gone."""

ROUTES = (Route(method="PATCH", path="/projects/{project_id}/errors/{error_id}", handler=update_error),)
