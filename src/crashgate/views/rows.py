"""Views of lists, of single objects and of the answers to changes.

Rule: a total is shown only if nothing was left out of it, and an empty answer says that it is empty.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from crashgate.model.field_table import Visibility
from crashgate.model.result import Page
from crashgate.model.tool import Detail, Holds, Reply, Row, Shown, View
from crashgate.views.present import NOTICE, ROWS_BYTES, UNTRUSTED, everything, first_that_fit, present, show_fields

_ROW = show_fields(Visibility.ROW)
_SUMMARY = show_fields(Visibility.SUMMARY)


def rows(name: str, row: Row = _ROW, *, room: int = ROWS_BYTES) -> View:
    """A view of a list under the key ``name``, each row made by ``row``; as many as fit in ``room`` bytes."""

    def view(reply: Reply, detail: Detail) -> Shown:
        shown = first_that_fit(row.all(reply.page.rows, detail), room=room)
        part = len(shown) if len(shown) < len(reply.page.rows) else None
        content: dict[str, Any] = {name: shown}
        if reply.page.total is not None:
            content["total"] = reply.page.total
        if reply.page.truncated:
            content["truncated"] = True
        return Shown(content=noticed(content), text=_sentence(name, reply.page, reply.where, part), rows=part)

    return View(view, replace(row.holds, beside=("total",)))


def noticed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content, preceded by the fixed notice if it holds outsiders' text."""
    return ({"notice": NOTICE} if _has_untrusted(content) else {}) | dict(content)


def _has_untrusted(node: Any) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(node, Mapping):
        return UNTRUSTED in node or any(map(_has_untrusted, cast("Mapping[str, Any]", node).values()))
    return isinstance(node, list) and any(map(_has_untrusted, cast("list[Any]", node)))


def counted(number: int, plural: str) -> str:
    """``1 error``, ``2 errors``; ``plural`` is the name of a list, such as ``saved_searches``."""
    words = plural.replace("_", " ")
    return f"{number} {_singular(words) if number == 1 else words}"


def _singular(words: str) -> str:
    return words.removesuffix("es" if words.endswith(("ches", "shes", "sses", "xes")) else "s")


def _sentence(name: str, page: Page[Any], project: str | None, part: int | None) -> str:
    count = len(page.rows) if part is None else part
    where = f" in {project}" if project else ""
    if page.total is not None and page.total > count:
        found = f"{count} of {counted(page.total, name)}"
    else:
        found = counted(count, name)
    more = " More with next_cursor." if page.next_mark and part is None else ""
    cut = " The upstream pages no deeper: add filters to see the rest." if page.truncated else ""
    lost = f" Left out because they could not be read: {page.unusable}." if page.unusable else ""
    if count:
        return f"{found}{where}.{lost}{more}{cut}"
    # Without a total, an empty page may be one of several.
    here = " on this page" if page.total or page.unusable or page.next_mark or page.previous_mark else ""
    return f"No {name.replace('_', ' ')}{where}{here}.{lost}{more}{cut}"


def one(name: str, summary: Row = _SUMMARY, full: Callable[[Any], dict[str, Any]] = everything) -> View:
    """A view of one object under the key ``name``; ``full`` shows it with full detail."""

    def view(reply: Reply, detail: Detail) -> Shown:
        where = f" in {reply.where}" if reply.where else ""
        if not reply.page.rows:
            return Shown(content={name: {}}, text=f"There is no {name.replace('_', ' ')}{where} to show.")
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

    return View(view, Holds(visibility=Visibility.FULL))


def changed(name: str, past: str, fields: tuple[str, ...] = ()) -> View:
    """A view of an object after a change that ``past`` names: its id, and those of the fields that upstream tells."""

    def view(reply: Reply, _: Detail) -> Shown:
        content: dict[str, Any] = {"id": getattr(reply.params, f"{name}_id")}
        if reply.page.rows:
            content |= present(reply.page.rows[0], fields)
        where = f" in {reply.where}" if reply.where else ""
        return Shown(content=noticed({name: content}), text=f"{past}{where}.")

    return View(view, Holds(fields=fields, added=("id",), reads=()))
