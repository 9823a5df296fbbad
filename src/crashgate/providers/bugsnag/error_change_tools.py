"""The tools that change errors. Rule: deleting and discarding are tools of their own, so that they can be kept away."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from crashgate.model.params import Params
from crashgate.model.tool import Addition, Always, Named, Tool
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
    STATE,
    UNDISCARD_ERRORS,
    UNLINK_ISSUES,
    bulk,
)
from crashgate.providers.bugsnag.comments import CREATE_COMMENT
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
    WEB_ADDRESS,
)
from crashgate.providers.bugsnag.errors import DELETE_ERROR
from crashgate.views.rows import changed


class LinkBesides(Params):
    """A ticket to link besides another change."""

    issue_url: Annotated[str, StringConstraints(pattern=WEB_ADDRESS, max_length=1000)]


class CommentBesides(Params):
    """What to write on each error besides another change; BugSnag keeps no release of a fix, so that is written too."""

    comment: Annotated[str | None, Field(min_length=1, max_length=9_000, description="to leave on each error")] = None
    release: Annotated[
        str | None,
        StringConstraints(pattern=r"^[A-Za-z0-9_.+() :-]+$", max_length=100),
        Field(description="version with the fix, told in the comment"),
    ] = None


def _comment(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The text: what was written, behind the release."""
    release = f"Fixed in {given['release']}." if "release" in given else ""
    return {"message": " ".join(filter(None, (release, given.get("comment"))))}


_RARE = frozenset({"notification_id", "verify_issue_url"})

ERROR_CHANGE_TOOLS = (
    Tool(
        name="resolve_error",
        title="Resolve an error",
        description="Mark an error as fixed, when its fix is released. It reopens if it happens again.",
        choice=Always(operation=FIX_ERROR),
        view=changed("error", "Resolved", STATE),
        holds=("error", "object"),
    ),
    Tool(
        name="update_error",
        title="Update errors",
        description=(
            "Change one error or up to 100; `operation` says how. fix resolves, open also ends a snooze, delete and"
            " discard lose data. comment, issue_url and release may go along; nothing is sent if any is refused."
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
            singles={
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
            many="error_ids",
            one="error_id",
        ),
        view=bulk,
        holds=("errors", "object"),
        notes={"issue_url": "for link_issue, or linked besides"},
        hidden=_RARE,
        additions=(
            Addition(params=LinkBesides, operation=LINK_ISSUES, arguments=dict),
            Addition(params=CommentBesides, operation=CREATE_COMMENT, arguments=_comment, each="error_id"),
        ),
    ),
    Tool(
        name="discard_error",
        title="Discard an error",
        description="Throw away all future events of an error: data is lost until update_error undiscards it.",
        choice=Always(operation=DISCARD_ERROR),
        view=changed("error", "Future events are discarded", STATE),
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
