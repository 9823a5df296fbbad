"""``PATCH`` on an error. Rule: the ``operation`` in the body decides what happens, and how much harm it does.

Source: contracts/bugsnag/README.md section 4.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

from starlette.responses import Response

from crashgate.sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content, not_found
from crashgate.sandbox.bugsnag.call import Call, Route, millis_time
from crashgate.sandbox.bugsnag.errors import error_json
from crashgate.sandbox.bugsnag.search import Found
from crashgate.sandbox.world.accounts import Role
from crashgate.sandbox.world.draw import object_id
from crashgate.sandbox.world.errors import Error, ErrorState, Issue
from crashgate.sandbox.world.platform import SEVERITIES

_COMPANIONS = {
    "occurs_after": ("seconds",),
    "n_occurrences_in_m_hours": ("occurrences", "hours"),
    "n_additional_occurrences": ("additional_occurrences",),
    "n_additional_users": ("additional_users",),
}
_MOST_ADDITIONAL_USERS = 100_000

Change = Callable[[Call, Error, ErrorState, JsonObject], ErrorState]


def update_error(call: Call) -> Response:
    """``PATCH /projects/{project_id}/errors/{error_id}``: 200 with the error, 204 for delete and discard."""
    error, body = call.error(), call.json()
    operation = body.get("operation")
    if not isinstance(operation, str) or not operation:
        raise RefusedError(400, "Operation must not be blank", "Operation is not included in the list")
    if operation not in _CHANGES:
        raise RefusedError(400, "Operation is not included in the list")
    loses_data = operation in {"delete", "discard", "undiscard"}
    call.require(error.project, Role.ADMIN, *(() if loses_data else (Role.MEMBER,)))
    if operation == "delete":
        call.world.delete_errors([error])
        return no_content()
    changed = _CHANGES[operation](call, error, call.world.state(error), body)
    call.world.change(error, changed)
    if operation == "discard":
        return no_content()
    found = Found(error=error, state=changed, occurrences=call.world.occurrences(error))
    return json_answer(error_json(call, found))


def _to(status: str) -> Change:
    return lambda _call, _error, state, _body: replace(state, status=status, reopen_rules=None)


def _snooze(call: Call, error: Error, state: ErrorState, body: JsonObject) -> ErrorState:
    rules = body.get("reopen_rules")
    if not isinstance(rules, dict) or not rules:
        raise RefusedError(400, "Reopen rules reopen_rules required when operation is snooze")
    given = cast("Mapping[str, object]", rules)
    numbers = _COMPANIONS.get(str(given.get("reopen_if")))
    if numbers is None:
        raise RefusedError(400, "Reopen rules reopen_if is not included in the list")
    kept: dict[str, object] = {"reopen_if": given["reopen_if"]}
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
            kept["occurrence_threshold"] = error.events + value
    return replace(state, status="snoozed", reopen_rules=kept)


def _assign(call: Call, error: Error, state: ErrorState, body: JsonObject) -> ErrorState:
    collaborator, team = body.get("assigned_collaborator_id") or None, body.get("assigned_team_id") or None
    if collaborator is not None and team is not None:
        raise RefusedError(400, "Assigned collaborator and assigned team are mutually exclusive")
    if collaborator is not None:
        members = {person.id for person in call.world.members(error.project.plan.organization)}
        if collaborator not in members:
            raise not_found("User")
    if team is not None and team != team_id(call, error):
        raise not_found("Team")
    return replace(
        state,
        assigned_collaborator_id=str(collaborator) if collaborator else None,
        assigned_team_id=str(team) if team else None,
    )


def team_id(call: Call, error: Error) -> str:
    """The one team of the error's organization."""
    return object_id(call.world.seed, "team", error.project.plan.organization)


def _override_severity(_call: Call, _error: Error, state: ErrorState, body: JsonObject) -> ErrorState:
    severity = next((one for one in SEVERITIES if one == body.get("severity")), None)
    if severity is None:
        raise RefusedError(400, "Severity is not included in the list")
    return replace(state, overridden_severity=severity)


def _create_issue(_call: Call, _error: Error, _state: ErrorState, _body: JsonObject) -> ErrorState:
    raise RefusedError(404, "No issue tracker configured")


def _link_issue(call: Call, error: Error, state: ErrorState, body: JsonObject) -> ErrorState:
    url = body.get("issue_url")
    if not isinstance(url, str) or not url.strip():
        raise RefusedError(400, "Issue url must not be blank")
    key = url.rstrip("/").rpartition("/")[2]
    number = int("".join(letter for letter in key if letter in "0123456789")[-9:] or "0")
    linked = Issue(id=object_id(call.world.seed, "issue", error.id, url), key=key, number=number, type="url", url=url)
    return replace(state, issues=(linked,))


def _unlink_issue(_call: Call, _error: Error, state: ErrorState, _body: JsonObject) -> ErrorState:
    return replace(state, issues=())


def _discard(_call: Call, _error: Error, state: ErrorState, _body: JsonObject) -> ErrorState:
    return replace(state, discarded=True)


def _undiscard(_call: Call, _error: Error, state: ErrorState, _body: JsonObject) -> ErrorState:
    return replace(state, discarded=False)


_CHANGES: Mapping[str, Change] = {
    "fix": _to("fixed"),
    "open": _to("open"),
    "ignore": _to("ignored"),
    "snooze": _snooze,
    "assign": _assign,
    "override_severity": _override_severity,
    "create_issue": _create_issue,
    "link_issue": _link_issue,
    "unlink_issue": _unlink_issue,
    "discard": _discard,
    "undiscard": _undiscard,
    "delete": _discard,
}
"""The twelve operations; ``delete`` never gets as far as its entry."""

ROUTES = (Route(method="PATCH", path="/projects/{project_id}/errors/{error_id}", handler=update_error),)
