"""A tool is listed if and only if some call of it could be allowed (THREATS row 18)."""

import asyncio
import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crashgate.catalogue.access import Level
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.registry import RESOURCES
from crashgate.catalogue.scope import Dimension
from crashgate.errors import Code
from crashgate.tools.registry import TOOLS
from tests.gateway.gate import AGENT, Gate, PlayedUpstream, open_gate, organization_id, policy, site
from tests.tools.asks import ASKS, OTHER_ASKS

EXAMPLES = min((settings.default or settings()).max_examples // 3, 300)
"""Each tries every tool in every place."""

SLUGS = ("a", "b", "ab", "c")
"""With patterns over a and b, every place that a policy can tell apart is one of these."""

ORGANIZATIONS = {organization_id(number): slug for number, slug in enumerate(SLUGS)}
SITES = tuple(
    site(number * 10 + inner, slug, organization)
    for number, organization in enumerate(ORGANIZATIONS)
    for inner, slug in enumerate(SLUGS)
)

_patterns = st.lists(st.sampled_from(["*", "a", "b", "a*", "*b", "c"]), min_size=1, max_size=2, unique=True)
_resources = RESOURCES[Provider.BUGSNAG]


@st.composite
def _grants(draw: st.DrawFn) -> str:
    """One grant as text, naming what its resources need."""
    kind = draw(st.sampled_from([Dimension.ORGANIZATION, Dimension.PROJECT]))
    names = [name for name, each in _resources.items() if each is kind]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    lines = ["[[grant]]", 'connection = "bugsnag"']
    if kind is Dimension.PROJECT:
        lines.append(f"projects = {draw(_patterns)}")
    if kind is Dimension.ORGANIZATION or draw(st.booleans()):
        lines.append(f"organizations = {draw(_patterns)}")
    lines += [f'access.{name} = "{draw(st.sampled_from(Level))}"' for name in chosen]
    return "\n".join(lines).replace("'", '"')


async def _may_call(gate: Gate, tool: str) -> bool:
    """Whether a call of the tool in any place at all is not refused."""
    asks = [each[tool] for each in (ASKS, OTHER_ASKS) if tool in each]
    for ask, each in itertools.product(asks, SITES):
        answer = await gate.call(tool, ask(each))
        if answer.error is not Code.NOT_AVAILABLE:
            assert answer.error is None, answer
            return True
    return False


@pytest.mark.threats(18)
@settings(max_examples=EXAMPLES)
@given(st.lists(_grants(), max_size=4))
@example(['[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\norganizations = ["a"]\naccess.error = "full"'])
@example([])
def test_a_tool_is_listed_exactly_when_some_call_of_it_is_allowed(grants: list[str]) -> None:
    # Guards: that Toolbox.listed and Gateway.run both ask decide; list with another rule, and this fails.
    async def compare() -> tuple[list[str], list[str]]:
        upstream = PlayedUpstream(organizations=ORGANIZATIONS, sites=SITES)
        gate = open_gate(policy("\n".join(grants)), upstream=upstream)
        listed = [definition.name for definition in gate.toolbox.listed(AGENT)]
        return listed, [tool.name for tool in TOOLS if await _may_call(gate, tool.name)]

    listed, allowed = asyncio.run(compare())
    assert listed == allowed


@pytest.mark.threats(18)
async def test_an_agent_without_a_policy_is_shown_nothing_and_may_call_nothing() -> None:
    gate = open_gate(policy('[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "full"'))

    assert gate.toolbox.listed("stranger") == ()
    answers = [await gate.call(tool, ASKS[tool](SITES[0]), agent="stranger") for tool in ASKS]
    assert {answer.error for answer in answers} == {Code.NOT_AVAILABLE}
    assert gate.upstream.received == []


@pytest.mark.threats(18)
async def test_an_agent_is_offered_only_the_connections_that_its_policy_opens() -> None:
    grants = '[[grant]]\nconnection = "bugsnag-eu"\nprojects = ["*"]\naccess.error = "read"'
    both = ("bugsnag", "bugsnag-eu")
    gate = open_gate(policy(grants, connections=both), connections=both)

    listed = {each.name: each for each in gate.toolbox.listed(AGENT)}
    assert "connection" not in listed["list_errors"].input_schema["properties"]
    assert "connection" not in listed["triage_error"].input_schema["properties"]
    await gate.call("list_errors", {"project_id": "checkout-ios"})
    assert [decision.connection for decision in gate.log.decisions] == ["bugsnag-eu", "bugsnag-eu"]
