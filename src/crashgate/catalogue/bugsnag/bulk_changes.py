"""Status changes of many errors at once. Rule: the same values of ``operation`` as for one, with the same access.

``PATCH /projects/{p}/errors?error_ids[]=a&error_ids[]=b``: the ids go in the query, each with brackets, the rest in the
body. Source: contracts/bugsnag/README.md row 12 and section 4, and the vendor's page.
"""

from typing import Annotated, Any, Self, TypeVar, cast

from pydantic import Field, model_validator

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.bugsnag.error_changes import Assign, CreateIssue, Link, Override, Snooze
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Logged, ObjectId, Params, Ref
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.result import Result, Word
from crashgate.catalogue.scope import ProjectNamed

MOST_ERRORS = 100
"""Ids in one call: the longest address is then about 4 kB."""


class BulkUpdate(Result):
    """What upstream says it did: ``operation``, and for each error it tells about, an object under the error's id.

    A recording of 2017 has one for each error; a third party saw none in 2026. So nothing is concluded from silence.
    """

    operation: Word = None

    @property
    def told(self) -> dict[str, dict[str, Any]]:
        """The objects by error id."""
        extra = self.model_extra or {}
        return {name: cast("dict[str, Any]", value) for name, value in extra.items() if isinstance(value, dict)}


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


def _change(  # noqa: PLR0913 - a declaration with named parts
    name: str,
    *,
    params: type[P],
    verb: str,
    past: str,
    target: str = "several errors",
    access: Access = Access.WRITE,
    shape: Shape = Shape.ONE,
) -> Operation[P, BulkUpdate]:
    """The one route with its ``operation`` field fixed to ``name``."""
    return Operation(
        id=f"bugsnag.errors.{name}_many",
        provider=Provider.BUGSNAG,
        resource="error",
        access=access,
        method="PATCH",
        path="/projects/{project_id}/errors",
        scope=ProjectNamed(),
        params=params,
        result=BulkUpdate,
        shape=shape,
        fixed_body={"operation": name},
        wording=Wording(verb=verb, past=past, target=target),
        source=f"{REFERENCE}/errors/errors/update-an-error",
    )


FIX_ERRORS = _change("fix", params=ManyErrors, verb="resolve", past="resolved")
OPEN_ERRORS = _change("open", params=ManyErrors, verb="reopen", past="reopened")
IGNORE_ERRORS = _change("ignore", params=ManyErrors, verb="ignore", past="ignored")
SNOOZE_ERRORS = _change("snooze", params=SnoozeErrors, verb="snooze", past="snoozed")
ASSIGN_ERRORS = _change("assign", params=AssignErrors, verb="assign", past="assigned")
OVERRIDE_SEVERITIES = _change(
    "override_severity",
    params=OverrideSeverities,
    verb="override",
    past="overrode",
    target="the severity of several errors with {severity}",
)
CREATE_ISSUES = _change(
    "create_issue", params=CreateIssues, verb="open", past="opened", target="issues for several errors"
)
LINK_ISSUES = _change("link_issue", params=LinkIssues, verb="link", past="linked", target="an issue to several errors")
UNLINK_ISSUES = _change(
    "unlink_issue", params=ManyErrors, verb="unlink", past="unlinked", target="the issues of several errors"
)
UNDISCARD_ERRORS = _change("undiscard", params=ManyErrors, verb="undiscard", past="undiscarded")
DISCARD_ERRORS = _change(
    "discard",
    params=ManyErrors,
    verb="discard",
    past="discarded",
    target="future events of several errors",
    access=Access.DELETE,
    shape=Shape.EMPTY,
)
DELETE_ERRORS = _change(
    "delete", params=ManyErrors, verb="delete", past="deleted", access=Access.DELETE, shape=Shape.EMPTY
)

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
