"""Many errors changed at once, as an agent sees it. Rule: what upstream did not say is not known, and said so."""

from typing import Any

from crashgate.catalogue.bugsnag.bulk_changes import BulkUpdate, ManyErrors
from crashgate.catalogue.result import Page
from crashgate.gateway.ask import Reply
from crashgate.tools.tool import Detail, Holds, Shown, View
from crashgate.tools.views.page import counted


def _bulk(reply: Reply, _: Detail) -> Shown:
    """Counts of what changed and what did not, and the new status of each error that upstream told about."""
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


def _told(page: Page[Any]) -> dict[str, dict[str, Any]]:
    row = page.rows[0] if page.rows else None
    return row.told if isinstance(row, BulkUpdate) else {}


def _status(told: dict[str, Any]) -> str | None:
    status = told.get("status")
    return status if isinstance(status, str) and status.replace(" ", "_").isidentifier() and len(status) < 40 else None  # noqa: PLR2004 - the vendor's words are shorter


bulk = View(_bulk, Holds(added=("asked", "accepted", "changed", "statuses", "not_changed")))
