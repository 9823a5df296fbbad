"""Single objects as an agent sees them. Rule: an empty answer is said to be empty, never made up."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crashgate.gateway.ask import Reply
from crashgate.tools.present import everything, present
from crashgate.tools.tool import Detail, Holds, Row, Shown, View
from crashgate.tools.views.page import noticed

if TYPE_CHECKING:
    from crashgate.catalogue.result import Result

_STATE = (
    "status", "overridden_severity", "discarded", "reopen_rules", "assigned_collaborator_id", "assigned_team_id",
    "linked_issues", "created_issue",
)  # fmt: skip


def one(name: str, summary: Row, full: Callable[[Any], dict[str, Any]] = everything) -> View:
    """A view of one object under the key ``name``; ``full`` shows it with full detail."""

    def view(reply: Reply, detail: Detail) -> Shown:
        where = f" in {reply.where}" if reply.where else ""
        if not reply.page.rows:
            return Shown(content={name: {}}, text=f"BugSnag has no {name.replace('_', ' ')}{where} to show.")
        result = reply.page.rows[0]
        shown = full(result) if detail is Detail.FULL else summary(result, detail)
        return Shown(content=noticed({name: shown}), text=f"One {name.replace('_', ' ')}{where}.")

    return View(view, summary.holds)


def created(name: str, past: str) -> View:
    """A view of what a write answered, in full: ``past`` names what happened."""

    def view(reply: Reply, _: Detail) -> Shown:
        where = f" in {reply.where}" if reply.where else ""
        rows = reply.page.rows
        return Shown(content=noticed({name: everything(rows[0]) if rows else {}}), text=f"{past}{where}.")

    return View(view, Holds(every=True))


def changed(name: str, past: str) -> View:
    """A view of an object after a change that ``past`` names: its id, and what upstream stored where it tells it."""

    def view(reply: Reply, _: Detail) -> Shown:
        content: dict[str, Any] = {"id": getattr(reply.params, f"{name}_id")}
        if reply.page.rows:
            row: Result = reply.page.rows[0]
            content |= present(row, [field for field in _STATE if field in type(row).model_fields])
        where = f" in {reply.where}" if reply.where else ""
        return Shown(content=noticed({name: content}), text=f"{past}{where}.")

    return View(view, Holds(fields=_STATE, added=("id",)))
