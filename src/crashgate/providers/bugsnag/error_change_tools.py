"""The tools that change errors. Rule: deleting and discarding are tools of their own, so that they can be kept away."""

from crashgate.model.tool import Always, Named, Tool
from crashgate.providers.bugsnag.bulk_changes import (
    ASSIGN_ERRORS,
    CREATE_ISSUES,
    DELETE_ERRORS,
    DISCARD_ERRORS,
    FIX_ERRORS,
    IGNORE_ERRORS,
    LINK_ISSUES,
    OPEN_ERRORS,
    OVERRIDE_SEVERITIES,
    SNOOZE_ERRORS,
    UNDISCARD_ERRORS,
    UNLINK_ISSUES,
    bulk,
)
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
)
from crashgate.providers.bugsnag.errors import DELETE_ERROR
from crashgate.views.rows import changed

_STATE = (
    "status", "overridden_severity", "discarded", "reopen_rules", "assigned_collaborator_id", "assigned_team_id",
    "linked_issues", "created_issue",
)  # fmt: skip
"""What a change can change."""

_OF_ONE_OPERATION = (
    "reopen_rules", "assigned_collaborator_id", "assigned_team_id", "severity", "issue_url", "issue_title",
)  # fmt: skip
_RARE = frozenset({"notification_id", "verify_issue_url"})

ERROR_CHANGE_TOOLS = (
    Tool(
        name="resolve_error",
        title="Resolve an error",
        description="Mark an error as fixed, when its fix is released. It reopens if it happens again.",
        choice=Always(operation=FIX_ERROR),
        view=changed("error", "Resolved", _STATE),
        holds=("error", "object"),
    ),
    Tool(
        name="update_error",
        title="Update an error",
        description=("Change an error's status otherwise; `operation` says how. open also ends a snooze."),
        choice=Named(
            argument="operation",
            choices={
                "open": OPEN_ERROR,
                "ignore": IGNORE_ERROR,
                "snooze": SNOOZE_ERROR,
                "assign": ASSIGN_ERROR,
                "override_severity": OVERRIDE_SEVERITY,
                "create_issue": CREATE_ISSUE,
                "link_issue": LINK_ISSUE,
                "unlink_issue": UNLINK_ISSUE,
                "undiscard": UNDISCARD_ERROR,
            },
        ),
        view=changed("error", "Updated", _STATE),
        holds=("error", "object"),
        hidden=_RARE,
    ),
    Tool(
        name="update_errors",
        title="Update errors",
        description=(
            "Change up to 100 errors of a project at once. `operation` is fix or as in update_error; delete and discard"
            " lose data."
        ),
        choice=Named(
            argument="operation",
            choices={
                "fix": FIX_ERRORS,
                "open": OPEN_ERRORS,
                "ignore": IGNORE_ERRORS,
                "snooze": SNOOZE_ERRORS,
                "assign": ASSIGN_ERRORS,
                "override_severity": OVERRIDE_SEVERITIES,
                "create_issue": CREATE_ISSUES,
                "link_issue": LINK_ISSUES,
                "unlink_issue": UNLINK_ISSUES,
                "undiscard": UNDISCARD_ERRORS,
                "discard": DISCARD_ERRORS,
                "delete": DELETE_ERRORS,
            },
        ),
        view=bulk,
        holds=("errors", "object"),
        notes=dict.fromkeys(_OF_ONE_OPERATION, "as in update_error"),
        hidden=_RARE,
    ),
    Tool(
        name="discard_error",
        title="Discard an error",
        description="Throw away all future events of an error: data is lost until update_error undiscards it.",
        choice=Always(operation=DISCARD_ERROR),
        view=changed("error", "Future events are discarded", _STATE),
        holds=("error", "object"),
    ),
    Tool(
        name="delete_error",
        title="Delete an error",
        description="Delete an error and all of its events. Cannot be undone.",
        choice=Always(operation=DELETE_ERROR),
        view=changed("error", "Deleted"),
        holds=("error", "object"),
    ),
)
