"""Single objects as an agent sees them. Rule: an empty answer is said to be empty, never made up."""

from collections.abc import Callable
from typing import Any

from crashgate.gateway.ask import Reply
from crashgate.tools.present import everything
from crashgate.tools.tool import Detail, Shown, View
from crashgate.tools.views.page import Row, noticed


def one(name: str, summary: Row, full: Callable[[Any], dict[str, Any]] = everything) -> View:
    """A view of one object under the key ``name``; ``full`` shows it with full detail."""

    def view(reply: Reply, detail: Detail) -> Shown:
        where = f" in {reply.project}" if reply.project else ""
        if not reply.page.rows:
            return Shown(content={name: {}}, text=f"BugSnag has no {name.replace('_', ' ')}{where} to show.")
        result = reply.page.rows[0]
        shown = full(result) if detail is Detail.FULL else summary(result, detail)
        return Shown(content=noticed({name: shown}), text=f"One {name.replace('_', ' ')}{where}.")

    return view


def changed(past: str) -> View:
    """A view of an error after a change that ``past`` names."""

    def view(reply: Reply, _: Detail) -> Shown:
        content: dict[str, Any] = {"id": getattr(reply.params, "error_id")}  # noqa: B009 - every change names its error
        if reply.page.rows:
            error = reply.page.rows[0]
            state = {name: getattr(error, name) for name in ("status", "overridden_severity", "discarded")}
            content |= {name: value for name, value in state.items() if value is not None}
        return Shown(content={"error": content}, text=f"{past} in {reply.project}.")

    return view
