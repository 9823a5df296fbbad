"""Lists as an agent sees them. Rule: counts are told only where they are whole."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from crashgate.catalogue.result import Page
from crashgate.gateway.ask import Reply
from crashgate.tools.present import NOTICE, UNTRUSTED, present
from crashgate.tools.tool import Detail, Holds, Row, Shown, View
from crashgate.tools.views.bounds import fitting


def rows(name: str, row: Row) -> View:
    """A view of a list under the key ``name``, each row made by ``row``."""

    def view(reply: Reply, detail: Detail) -> Shown:
        shown = fitting(reply.page.rows, lambda each: row(each, detail))
        part = len(shown) if len(shown) < len(reply.page.rows) else None
        content: dict[str, Any] = {name: shown}
        if reply.page.total is not None:
            content["total"] = reply.page.total
        if reply.page.truncated:
            content["truncated"] = True
        return Shown(content=noticed(content), text=_sentence(name, reply.page, reply.where, part), rows=part)

    return View(view, replace(row.holds, beside=("total",)))


def fields(*names: str) -> Row:
    """A row with these fields, whatever the detail."""

    def row(result: Any, _: Detail) -> dict[str, Any]:  # noqa: ANN401 - any result
        return present(result, names)

    return Row(row, Holds(fields=names))


def noticed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content, with the fixed notice in front when outsiders' text is in it."""
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
