"""The tool that tells an agent what it may do. Rule: it speaks of the agent's own policy and of nothing else."""

from typing import Any

from crashgate.catalogue.own.access import GET_ACCESS
from crashgate.catalogue.result import Page, Result
from crashgate.gateway.ask import Reply
from crashgate.policy.explain import AccessSummary, access_summary
from crashgate.policy.policy import Policy
from crashgate.policy.vocabulary import Vocabulary
from crashgate.tools.tool import Always, Detail, Holds, Shown, Tool, View


class OwnAccess(Result):
    """An access summary as a result, so that it travels through the door like every answer."""

    summary: AccessSummary


async def answer(policy: Policy, vocabulary: Vocabulary) -> Page[OwnAccess]:
    """The summary as the page that the door returns."""
    return Page(rows=(OwnAccess.model_construct(summary=access_summary(policy, vocabulary)),))


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
    named = {dimension.value: list(patterns) for dimension, patterns in held.places.items()}
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
