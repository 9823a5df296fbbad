"""Status changes of an error. Rule: one route upstream, one operation here for each value of its ``operation`` field.

``PATCH /projects/{p}/errors/{e}`` resolves an error and also throws its future events away, so the body decides the
access. Source: docs/upstreams/bugsnag.md#changes-to-errors.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar, cast

from pydantic import Field, StringConstraints, model_validator

from crashgate.model.access import Access
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import (
    OBJECT_ID_PATTERN,
    In,
    Logged,
    NamedBy,
    ObjectId,
    Params,
    PatternHelp,
    Unsets,
)
from crashgate.model.scope import ProjectNamed
from crashgate.providers.bugsnag.collaborators import LIST_PROJECT_COLLABORATORS
from crashgate.providers.bugsnag.conventions import REFERENCE
from crashgate.providers.bugsnag.errors import Error, OneError

ReopenIf = Literal["occurs_after", "n_occurrences_in_m_hours", "n_additional_occurrences", "n_additional_users"]
COMPANIONS: dict[ReopenIf, frozenset[str]] = {
    "occurs_after": frozenset({"seconds"}),
    "n_occurrences_in_m_hours": frozenset({"occurrences", "hours"}),
    "n_additional_occurrences": frozenset({"additional_occurrences"}),
    "n_additional_users": frozenset({"additional_users"}),
}

WEB_ADDRESS = r"^https?://[!#-&(-;=?-\[\]_a-z~]+$"
"""What RFC 3986 writes an address with: printable ASCII, no blanks, quotes or angle brackets."""


_SAMPLES = {"seconds": 3600, "occurrences": 10, "hours": 24, "additional_occurrences": 100, "additional_users": 10}


def _form(rule: str) -> str:
    """How the rule is written."""
    numbers = {name: number for name, number in _SAMPLES.items() if name in COMPANIONS[cast("ReopenIf", rule)]}
    return json.dumps({"reopen_if": rule, **numbers})


class ReopenRule(Params):
    """When a snoozed error opens again: ``reopen_if`` and the numbers that go with it."""

    reopen_if: ReopenIf
    seconds: Annotated[int | None, Field(ge=1)] = None
    occurrences: Annotated[int | None, Field(ge=1)] = None
    hours: Annotated[int | None, Field(ge=1)] = None
    additional_occurrences: Annotated[int | None, Field(ge=1)] = None
    additional_users: Annotated[int | None, Field(ge=1, le=100_000)] = None

    @model_validator(mode="before")
    @classmethod
    def _has_a_rule(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
        """Say how the rule is written that was probably meant, by its name or a number of it as key."""
        if not isinstance(given, Mapping) or "reopen_if" in given:
            return cast("Any", given)
        meant = [rule for rule, numbers in COMPANIONS.items() if not {rule, *numbers}.isdisjoint(cast("Any", given))]
        raise ValueError(f"must be of this form: {' or '.join(_form(rule) for rule in meant or COMPANIONS)}")

    @model_validator(mode="after")
    def _right_companions(self) -> Self:
        named = self.model_fields_set - {"reopen_if"}
        given = frozenset(name for name in named if getattr(self, name) is not None)
        if given != COMPANIONS[self.reopen_if]:
            raise ValueError(f"must be of this form: {_form(self.reopen_if)}")
        return self


_PERSON_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029/]+$"

PersonName = Annotated[
    str,
    StringConstraints(pattern=_PERSON_PATTERN, min_length=1, max_length=200),
    PatternHelp(_PERSON_PATTERN, "must be an id of 24 hexadecimal digits, an e-mail address, a name or me"),
    Logged(only=OBJECT_ID_PATTERN),
]
"""What people call somebody; the log shows only an id."""


class Snooze(Params):
    """What snoozing takes."""

    reopen_rules: Annotated[ReopenRule, In.BODY]


class Assign(Params):
    """What assigning takes: one person or one team; null takes the assignment away."""

    assigned_collaborator_id: Annotated[
        PersonName | None,
        In.BODY,
        Unsets(),
        NamedBy(operation=LIST_PROJECT_COLLABORATORS, fields=("email", "name"), noun="collaborator", me=True),
    ] = None
    assigned_team_id: Annotated[ObjectId | None, In.BODY, Logged(), Unsets()] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if len(self.model_fields_set & {"assigned_collaborator_id", "assigned_team_id"}) != 1:
            raise ValueError("assign takes exactly one of assigned_collaborator_id and assigned_team_id")
        return self


class Override(Params):
    """What overriding the severity takes."""

    severity: Annotated[Literal["info", "warning", "error"], In.BODY, Logged()]


class Link(Params):
    """What linking a ticket takes."""

    issue_url: Annotated[str, StringConstraints(pattern=WEB_ADDRESS, max_length=1000), In.BODY]
    verify_issue_url: Annotated[bool | None, In.BODY, Logged()] = None


class CreateIssue(Params):
    """What opening a ticket in the project's own tracker takes."""

    issue_title: Annotated[str | None, In.BODY, Field(min_length=1, max_length=200)] = None
    notification_id: Annotated[ObjectId | None, In.BODY, Logged()] = None


class SnoozeError(OneError, Snooze):
    """Parameters of snoozing one error."""


class AssignError(OneError, Assign):
    """Parameters of assigning one error."""


class OverrideSeverity(OneError, Override):
    """Parameters of overriding one error's severity."""


class LinkIssue(OneError, Link):
    """Parameters of linking a ticket to one error."""


class CreateErrorIssue(OneError, CreateIssue):
    """Parameters of opening a ticket for one error."""


P = TypeVar("P", bound=OneError)


def _change(  # noqa: PLR0913 - a declaration with named parts
    name: str,
    *,
    params: type[P],
    verb: str,
    past: str,
    target: str = "error {error_id}",
    access: Access = Access.WRITE,
    shape: Shape = Shape.ONE,
    idempotent: bool = True,
    creates: bool = False,
) -> Operation[P, Error]:
    """The one route with its ``operation`` field fixed to ``name``."""
    return Operation(
        id=f"bugsnag.errors.{name}",
        provider="bugsnag",
        resource="error",
        access=access,
        method="PATCH",
        path="/projects/{project_id}/errors/{error_id}",
        scope=ProjectNamed(),
        params=params,
        result=Error,
        shape=shape,
        fixed_body={"operation": name},
        idempotent=idempotent,
        creates=creates,
        wording=Wording(verb=verb, past=past, target=target),
        source=f"{REFERENCE}/errors/errors/update-an-error",
    )


FIX_ERROR = _change("fix", params=OneError, verb="resolve", past="resolved")
OPEN_ERROR = _change("open", params=OneError, verb="reopen", past="reopened")
IGNORE_ERROR = _change("ignore", params=OneError, verb="ignore", past="ignored")
SNOOZE_ERROR = _change("snooze", params=SnoozeError, verb="snooze", past="snoozed", idempotent=False)
ASSIGN_ERROR = _change("assign", params=AssignError, verb="assign", past="assigned")
OVERRIDE_SEVERITY = _change(
    "override_severity",
    params=OverrideSeverity,
    verb="override",
    past="overrode",
    target="the severity of error {error_id} with {severity}",
)
LINK_ISSUE = _change("link_issue", params=LinkIssue, verb="link", past="linked", target="an issue to error {error_id}")
CREATE_ISSUE = _change(
    "create_issue",
    params=CreateErrorIssue,
    verb="open",
    past="opened",
    target="an issue for error {error_id}",
    idempotent=False,
    creates=True,
)
UNLINK_ISSUE = _change(
    "unlink_issue", params=OneError, verb="unlink", past="unlinked", target="the issue of error {error_id}"
)
UNDISCARD_ERROR = _change("undiscard", params=OneError, verb="undiscard", past="undiscarded")
DISCARD_ERROR = _change(
    "discard",
    params=OneError,
    verb="discard",
    past="discarded",
    target="future events of error {error_id}",
    access=Access.DELETE,
    shape=Shape.EMPTY,
)

ERROR_CHANGES = (
    FIX_ERROR,
    OPEN_ERROR,
    IGNORE_ERROR,
    SNOOZE_ERROR,
    ASSIGN_ERROR,
    OVERRIDE_SEVERITY,
    CREATE_ISSUE,
    LINK_ISSUE,
    UNLINK_ISSUE,
    UNDISCARD_ERROR,
    DISCARD_ERROR,
)
