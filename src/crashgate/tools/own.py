"""The tool that tells an agent what it may do. Rule: it speaks of the agent's own policy and of nothing else.

The tool that tells an agent what it exported. Rule: it speaks of the agent's own exports and of no others.
"""

from functools import cache
from typing import Any

from crashgate.exports.catalogue import ExportCatalogue, Given
from crashgate.exports.manifest import Manifest
from crashgate.exports.port import Unfinished
from crashgate.model.catalogue import Catalogue
from crashgate.model.own import EXPORTS, GET_ACCESS, LIST_EXPORTS, OWN
from crashgate.model.provider import AnyTool, Provider
from crashgate.model.result import Page, Result
from crashgate.model.tool import Always, Detail, Holds, Link, Reply, Shown, Tool, View
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.policy.review.explain import AccessSummary, access_summary
from crashgate.providers.installed import load_providers
from crashgate.tools.composites import ACROSS, COMPOSITES
from crashgate.tools.exports import SUMMARY, link, summary
from crashgate.tools.field_meanings import FIELD_MEANINGS
from crashgate.views.present import fitting
from crashgate.views.rows import counted


class OwnAccess(Result):
    """An access summary as a result, so that it travels through the door like every answer."""

    summary: AccessSummary


async def answer(policy: Policy, vocabulary: Vocabulary) -> Page[OwnAccess]:
    """The summary as the page that the door returns."""
    return Page(rows=(OwnAccess(summary=access_summary(policy, vocabulary)),))


def _view(reply: Reply, _: Detail) -> Shown:
    summary: AccessSummary = reply.page.rows[0].summary
    content = {
        "agent": summary.agent,
        "about": summary.about,
        "owner": summary.owner,
        "connections": [
            {
                "connection": each.connection,
                "access": [_held(held) for held in each.held],
                "not_granted": list(each.not_granted),
            }
            for each in summary.connections
        ],
        "why_not_more": summary.why_not_more,
    }
    return Shown(content={"access": content}, text=f"What {summary.agent} may do here.")


def _held(held: Any) -> dict[str, Any]:  # noqa: ANN401 - one level of the summary
    named = {kind: list(patterns) for kind, patterns in held.places.items()}
    return {"resource": held.resource, "level": held.level.value} | named


OWN_TOOLS = (
    Tool(
        name="my_access",
        title="My access",
        description="What you may do here, in which projects, why not more, and whom to ask. Call it when refused.",
        choice=Always(operation=GET_ACCESS),
        view=View(_view, Holds(added=("agent", "about", "owner", "connections", "why_not_more"))),
        holds=("access", "object"),
    ),
)


class OwnExport(Result):
    """What is told of one export, as a result, so that it travels through the door like every answer."""

    told: dict[str, Any]


class OwnFile(Result):
    """The link to a finished one, as a result for the same reason."""

    link: Link


async def answer_exports(catalogue: ExportCatalogue, agent: str, given: Given, before: str | None) -> Page[OwnExport]:
    """The agent's exports, newest first, those among them that can be resumed."""
    page = await catalogue.page(agent, given, before=before)
    told = (summary(each) if isinstance(each, Manifest) else _unfinished(each) for each in page.exports)
    return Page(rows=tuple(OwnExport(told=each) for each in told), next_mark=page.next)


async def files(catalogue: ExportCatalogue, agent: str, given: Given, before: str | None) -> Page[OwnFile]:
    """Links to the agent's finished exports, newest first."""
    page = await catalogue.page(agent, lambda each: isinstance(each, Manifest) and given(each), before=before)
    found = (link(each) for each in page.exports if isinstance(each, Manifest))
    return Page(rows=tuple(OwnFile(link=each) for each in found), next_mark=page.next)


def _unfinished(each: Unfinished) -> dict[str, Any]:
    return {
        "id": each.plan.id,
        "tool": f"export_{each.plan.subject}",
        "connection": each.plan.connection,
        "rows_so_far": each.checkpoint.rows,
        "started_at": each.plan.created_at,
        "resume_with": {"resume": each.plan.id},
    }


def _view_exports(reply: Reply, _: Detail) -> Shown:
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
        view=View(_view_exports, Holds(added=(*SUMMARY, "tool", "rows_so_far", "started_at", "resume_with"))),
        holds=("exports", "array"),
        pages=True,
    ),
)


@cache
def load_catalogue(names: frozenset[str] | None = None) -> Catalogue:
    """What crashgate itself and the providers of these names offer; without names, all that are installed.

    Raises ConfigurationError where a provider is not installed.
    """
    providers = load_providers(names)
    capabilities = {each.name: each.capabilities for each in providers}
    composites = [tool for each in COMPOSITES if (tool := each.bind(capabilities)).providers]
    tools: tuple[AnyTool, ...] = (*OWN_TOOLS, *composites)
    own = Provider(
        name=OWN, title=OWN, operations=(GET_ACCESS, *EXPORTS), tools=tools, rank=0, field_meanings=FIELD_MEANINGS
    )
    across = [tool for each in ACROSS if (tool := each.bind(capabilities)).providers]
    return Catalogue.of([own, *providers], last=EXPORT_LIST, across=across)
