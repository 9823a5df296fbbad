"""``PATCH`` on many errors. Rule: the ids stand in the query; those that are not in the project are passed over.

Source: docs/upstreams/bugsnag.md#bulk-changes. One bare ``error_ids=`` was accepted in 2017 (C), and that
several bare ones are refused follows from other lists (L).
"""

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content
from crashgate_sandbox.bugsnag.call import Call, Route
from crashgate_sandbox.bugsnag.error_changes import do_change, read_change
from crashgate_sandbox.bugsnag.errors import issue_json
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.projects import Project

_ANSWERED = {"override_severity": "overridden_severity"}
"""What the answer calls an operation, where that is not what the request calls it (O)."""


def update_errors(call: Call) -> Response:
    """``PATCH /projects/{project_id}/errors``: all of it or nothing; 204 for delete and discard."""
    project = call.project()
    operation, change = read_change(call, project)
    errors = _errors(call, project)
    do_change(call, operation, change, errors)
    if operation in {"delete", "discard"}:
        return no_content()
    body: JsonObject = {"operation": _ANSWERED.get(operation, operation)}
    if call.manners.bulk_tells_errors:
        body.update({error.id: _outcome(call, error) for error in errors})
    return json_answer(body)


def _errors(call: Call, project: Project) -> list[Error]:
    """The project's errors that the query names, each once."""
    ids = [value for name, value in call.query if name == "error_ids[]"]
    bare = [value for name, value in call.query if name == "error_ids"]
    if len(bare) > 1 or not (ids or bare):
        raise RefusedError(400, "error_ids must be an array")
    found = [call.world.errors.get(one) for one in dict.fromkeys([*ids, *bare])]
    return [error for error in found if error is not None and error.project.id == project.id]


def _outcome(call: Call, error: Error) -> JsonObject:
    state = call.world.state(error)
    recorded: JsonObject = {
        "assigned_collaborator_id": state.assigned_collaborator_id,
        "created_issue": issue_json(state.issues[0]) if state.issues else {},
        "reopen_rules": dict(state.reopen_rules) if state.reopen_rules else None,
        "status": state.status,
    }
    if call.manners.old_spellings:
        return recorded
    return {
        **recorded,
        "assigned_team_id": state.assigned_team_id,
        "linked_issues": [issue_json(issue) for issue in state.issues],
        "discarded": state.discarded,
    }


ROUTES = (Route(method="PATCH", path="/projects/{project_id}/errors", handler=update_errors),)
