"""The tool that tells an agent what it exported. Rule: it speaks of the agent's own exports and of no others."""

from typing import Any

from crashgate.catalogue.own.exports import LIST_EXPORTS
from crashgate.catalogue.result import Page, Result
from crashgate.exports.manifest import Manifest
from crashgate.exports.port import Unfinished
from crashgate.exports.shelf import ExportShelf, Given
from crashgate.gateway.ask import Reply
from crashgate.tools.exports import SUMMARY, link, summary
from crashgate.tools.tool import Always, Detail, Holds, Link, Shown, Tool, View
from crashgate.tools.views.bounds import fitting
from crashgate.tools.views.page import counted


class OwnExport(Result):
    """What is told of one export, as a result, so that it travels through the door like every answer."""

    told: dict[str, Any]


class OwnFile(Result):
    """The link to a finished one, as a result for the same reason."""

    link: Link


async def answer(shelf: ExportShelf, agent: str, given: Given, before: str | None) -> Page[OwnExport]:
    """The agent's exports, newest first, those among them that can be resumed."""
    page = await shelf.page(agent, given, before=before)
    told = (summary(each) if isinstance(each, Manifest) else _unfinished(each) for each in page.exports)
    return Page(rows=tuple(OwnExport.model_construct(told=each) for each in told), next_mark=page.next)


async def files(shelf: ExportShelf, agent: str, given: Given, before: str | None) -> Page[OwnFile]:
    """Links to the agent's finished exports, newest first."""
    page = await shelf.page(agent, lambda each: isinstance(each, Manifest) and given(each), before=before)
    found = (link(each) for each in page.exports if isinstance(each, Manifest))
    return Page(rows=tuple(OwnFile.model_construct(link=each) for each in found), next_mark=page.next)


def _unfinished(each: Unfinished) -> dict[str, Any]:
    return {
        "id": each.plan.id,
        "tool": f"export_{each.plan.subject}",
        "connection": each.plan.connection,
        "rows_so_far": each.checkpoint.rows,
        "started_at": each.plan.created_at,
        "resume_with": {"resume": each.plan.id},
    }


def _view(reply: Reply, _: Detail) -> Shown:
    shown = fitting(reply.page.rows, lambda row: row.told)
    part = len(shown) if len(shown) < len(reply.page.rows) else None
    more = "" if reply.page.next_mark is None else ", and there are more"
    text = f"{counted(len(shown), 'exports')} of yours{more}."
    return Shown(content={"exports": shown}, text=text, rows=part)


EXPORT_LIST = (
    Tool(
        name="list_exports",
        title="List exports",
        description="Your own exports: the files that you made, and those that were interrupted and can be resumed.",
        choice=Always(operation=LIST_EXPORTS),
        view=View(_view, Holds(added=(*SUMMARY, "tool", "rows_so_far", "started_at", "resume_with"))),
        holds=("exports", "array"),
        pages=True,
    ),
)
