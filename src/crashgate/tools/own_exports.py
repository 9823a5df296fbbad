"""The tool that tells an agent what it exported. Rule: it speaks of the agent's own exports and of no others."""

from collections.abc import Callable
from typing import Any

from crashgate.catalogue.own.exports import LIST_EXPORTS, READ_EXPORT
from crashgate.catalogue.result import Page, Result
from crashgate.exports.manifest import Manifest
from crashgate.exports.port import Unfinished
from crashgate.exports.shelf import ExportShelf
from crashgate.gateway.ask import Reply
from crashgate.tools.exports import link, summary
from crashgate.tools.tool import Always, Detail, Link, Shown, Tool

_MOST = 50
NEEDED_FOR = frozenset({LIST_EXPORTS.id, READ_EXPORT.id})
"""Operations that are there only where exports are configured."""


class OwnExport(Result):
    """What is told of one export, as a result, so that it travels through the door like every answer."""

    told: dict[str, Any]


class OwnFile(Result):
    """The link to a finished one, as a result for the same reason."""

    link: Link


Given = Callable[[Manifest | Unfinished], bool]
"""Whether the policy in force still gives the agent what is in a file (THREATS row 31)."""


async def answer(shelf: ExportShelf, agent: str, given: Given) -> Page[OwnExport]:
    """The agent's exports, those that can be resumed first, then the finished ones, newest first."""
    unfinished = [
        {
            "id": each.plan.id,
            "tool": f"export_{each.plan.subject}",
            "connection": each.plan.connection,
            "rows_so_far": each.checkpoint.rows,
            "started_at": each.plan.created_at,
            "resume_with": {"resume": each.plan.id},
        }
        for each in await shelf.unfinished(agent)
        if given(each)
    ]
    finished = [summary(manifest) for manifest in await shelf.finished(agent) if given(manifest)]
    rows = tuple(OwnExport.model_construct(told=each) for each in (*unfinished, *finished))
    return Page(rows=rows[:_MOST], total=len(rows))


async def files(shelf: ExportShelf, agent: str, given: Given) -> Page[OwnFile]:
    """Links to the agent's finished exports, newest first."""
    found = [link(manifest) for manifest in await shelf.finished(agent) if given(manifest)]
    return Page(rows=tuple(OwnFile.model_construct(link=each) for each in found))


def _view(reply: Reply, _: Detail) -> Shown:
    rows = [row.told for row in reply.page.rows]
    return Shown(content={"exports": rows, "total": reply.page.total}, text=f"{reply.page.total} exports of yours.")


EXPORT_LIST = (
    Tool(
        name="list_exports",
        title="List exports",
        description="Your own exports: the files that you made, and those that were interrupted and can be resumed.",
        choice=Always(operation=LIST_EXPORTS),
        view=_view,
        holds=("exports", "array"),
    ),
)
