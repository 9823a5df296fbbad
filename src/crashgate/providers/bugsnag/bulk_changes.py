"""Status changes of many errors at once. Rule: the same values of ``operation`` as for one, with the same access.

``PATCH /projects/{p}/errors?error_ids[]=a&error_ids[]=b``: the ids go in the query, each with brackets, the rest in the
body. Source: docs/upstreams/bugsnag.md#bulk-changes and #changes-to-errors.

Many errors changed at once, as an agent sees it. Rule: what upstream did not say is not known, and said so.
"""

from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, model_validator

from crashgate.model.operation import Operation, Wording
from crashgate.model.params import In, Logged, ObjectId, Params, Ref
from crashgate.model.result import Convert, From, Page, Result, Word
from crashgate.model.scope import ProjectNamed
from crashgate.model.tool import Detail, Holds, Reply, Shown, View
from crashgate.providers.bugsnag.conventions import REFERENCE
from crashgate.providers.bugsnag.error_changes import (
    ASSIGN_ERROR,
    CREATE_ISSUE,
    DISCARD_ERROR,
    FIX_ERROR,
    IGNORE_ERROR,
    LINK_ISSUE,
    OPEN_ERROR,
    OVERRIDE_SEVERITY,
    SNOOZE_ERROR,
    UNDISCARD_ERROR,
    UNLINK_ISSUE,
    Assign,
    CreateIssue,
    Link,
    Override,
    Snooze,
)
from crashgate.providers.bugsnag.errors import DELETE_ERROR, Error, OneError
from crashgate.views.present import present
from crashgate.views.rows import counted, noticed

MOST_ERRORS = 100
"""Ids in one call: the longest address is then about 4 kB."""


def _objects(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return {name: value for name, value in answer.items() if name != "operation" and isinstance(value, dict)}


class BulkUpdate(Result):
    """What upstream says it did: ``operation``, and for each error it tells about, an object under the error's id.

    A recording of 2017 has one for each error; a third party saw none in 2026. So nothing is concluded from silence.
    """

    operation: Word = None

    told: Annotated[Any, From("*"), Convert(_objects)] = None
    """The objects by error id."""


class ManyErrors(Params):
    """Errors of one project, by their own ids."""

    project_id: Annotated[Ref, In.PATH]
    error_ids: Annotated[tuple[ObjectId, ...], In.QUERY, Field(min_length=1, max_length=MOST_ERRORS), Logged()]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.error_ids)) != len(self.error_ids):
            raise ValueError("error_ids holds an id twice")
        return self


class SnoozeErrors(ManyErrors, Snooze):
    """Parameters of snoozing errors."""


class AssignErrors(ManyErrors, Assign):
    """Parameters of assigning errors."""


class OverrideSeverities(ManyErrors, Override):
    """Parameters of overriding the severity of errors."""


class LinkIssues(ManyErrors, Link):
    """Parameters of linking a ticket to errors."""


class CreateIssues(ManyErrors, CreateIssue):
    """Parameters of opening tickets for errors."""


P = TypeVar("P", bound=ManyErrors)


def _many(
    single: Operation[Any, Any], *, params: type[P], target: str = "{error_ids:error}"
) -> Operation[P, BulkUpdate]:
    """The bulk form of ``single``: its access, its words and its value of ``operation``, on the other route."""
    return Operation(
        id=f"{single.id}_many",
        provider=single.provider,
        resource=single.resource,
        access=single.access,
        method="PATCH",
        path="/projects/{project_id}/errors",
        scope=ProjectNamed(),
        params=params,
        result=BulkUpdate,
        shape=single.shape,
        fixed_body={"operation": single.id.rpartition(".")[2]},
        idempotent=single.idempotent,
        creates=single.creates,
        wording=Wording(verb=single.wording.verb, past=single.wording.past, target=target),
        source=f"{REFERENCE}/errors/errors/update-an-error",
    )


FIX_ERRORS = _many(FIX_ERROR, params=ManyErrors)
OPEN_ERRORS = _many(OPEN_ERROR, params=ManyErrors)
IGNORE_ERRORS = _many(IGNORE_ERROR, params=ManyErrors)
SNOOZE_ERRORS = _many(SNOOZE_ERROR, params=SnoozeErrors)
ASSIGN_ERRORS = _many(ASSIGN_ERROR, params=AssignErrors)
OVERRIDE_SEVERITIES = _many(
    OVERRIDE_SEVERITY, params=OverrideSeverities, target="the severity of {error_ids:error} with {severity}"
)
CREATE_ISSUES = _many(CREATE_ISSUE, params=CreateIssues, target="issues for {error_ids:error}")
LINK_ISSUES = _many(LINK_ISSUE, params=LinkIssues, target="an issue to {error_ids:error}")
UNLINK_ISSUES = _many(UNLINK_ISSUE, params=ManyErrors, target="the issues of {error_ids:error}")
UNDISCARD_ERRORS = _many(UNDISCARD_ERROR, params=ManyErrors)
DISCARD_ERRORS = _many(DISCARD_ERROR, params=ManyErrors, target="future events of {error_ids:error}")
DELETE_ERRORS = _many(DELETE_ERROR, params=ManyErrors)

BULK_CHANGES = (
    FIX_ERRORS,
    OPEN_ERRORS,
    IGNORE_ERRORS,
    SNOOZE_ERRORS,
    ASSIGN_ERRORS,
    OVERRIDE_SEVERITIES,
    CREATE_ISSUES,
    LINK_ISSUES,
    UNLINK_ISSUES,
    UNDISCARD_ERRORS,
    DISCARD_ERRORS,
    DELETE_ERRORS,
)


def _bulk(reply: Reply, _: Detail) -> Shown:
    """Counts of what changed and what did not, and the new status of each error that upstream told about."""
    if isinstance(reply.params, OneError):
        return _single(reply, reply.params.error_id)
    asked = reply.params.error_ids if isinstance(reply.params, ManyErrors) else ()
    told = _told(reply.page)
    if not told:
        content: dict[str, Any] = {"asked": len(asked), "accepted": True}
        text = (
            f"BugSnag accepted the change of {counted(len(asked), 'errors')} in {reply.where} and named none of them."
        )
    else:
        statuses = {error: _status(told[error]) for error in asked if error in told}
        not_changed = [error for error in asked if error not in told]
        content = {"asked": len(asked), "changed": len(statuses), "statuses": statuses}
        content |= {"not_changed": not_changed} if not_changed else {}
        text = f"{len(statuses)} of {counted(len(asked), 'errors')} changed in {reply.where}."
    return Shown(content={"errors": content}, text=text)


def _single(reply: Reply, error: str) -> Shown:
    """The same of one error, and what else upstream tells of it that a change can change."""
    row = reply.page.rows[0] if reply.page.rows else None
    if not isinstance(row, Error):
        return Shown(content={"errors": {"asked": 1, "accepted": True}}, text=f"1 error changed in {reply.where}.")
    content: dict[str, Any] = {"asked": 1, "changed": 1, "statuses": {error: row.status}}
    content |= present(row, [name for name in STATE if name != "status"])
    return Shown(content=noticed({"errors": content}), text=f"1 of 1 error changed in {reply.where}.")


def _told(page: Page[Any]) -> dict[str, dict[str, Any]]:
    row = page.rows[0] if page.rows else None
    return row.told or {} if isinstance(row, BulkUpdate) else {}


def _status(told: dict[str, Any]) -> str | None:
    status = told.get("status")
    return status if isinstance(status, str) and status.replace(" ", "_").isidentifier() and len(status) < 40 else None  # noqa: PLR2004 - the vendor's words are shorter


STATE = (
    "status", "overridden_severity", "discarded", "reopen_rules", "assigned_collaborator_id", "assigned_team_id",
    "linked_issues", "created_issue",
)  # fmt: skip
"""What a change can change."""

bulk = View(_bulk, Holds(fields=STATE[1:], added=("asked", "accepted", "changed", "statuses", "not_changed")))
