"""A tool is listed if and only if some call of it could be allowed (THREATS row 18)."""

import asyncio
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crashgate.errors import Code
from crashgate.model.access import Level
from crashgate.model.scope import APP, ENVIRONMENT, NOTHING, ORGANIZATION, PLATFORM, PROJECT, Dimension
from tests.catalogue import RESOURCES, TOOLS
from tests.examples import examples
from tests.gate.gate import AGENT, Gate, PlayedUpstream, open_gate, organization_id, policy, site
from tests.house import SESSION_PROVIDERS
from tests.tools.asks import ASKS, OTHER_ASKS, SESSION_ASKS
from tests.tools.played import PlayedSessions, Spot, open_played

EXAMPLES = min(examples(1 / 3), 300)
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
_resources = RESOURCES["bugsnag"]


@st.composite
def _grants(draw: st.DrawFn) -> str:
    """One grant as text, naming what its resources need."""
    kind = draw(st.sampled_from([ORGANIZATION, PROJECT]))
    names = [name for name, each in _resources.items() if each is kind]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    lines = ["[[grant]]", 'connection = "bugsnag"']
    if kind is PROJECT:
        lines.append(f"projects = {draw(_patterns)}")
    if kind is ORGANIZATION or draw(st.booleans()):
        lines.append(f"organizations = {draw(_patterns)}")
    lines += [f'access.{name} = "{draw(st.sampled_from(Level))}"' for name in chosen]
    return "\n".join(lines).replace("'", '"')


async def _may_call(gate: Gate, tool: str) -> bool:
    """Whether a call of the tool in any place at all is not refused."""
    asks = [each[tool] for each in (ASKS, OTHER_ASKS) if tool in each]
    return await _any_allowed(gate, tool, [ask(each) for ask, each in itertools.product(asks, SITES)])


async def _any_allowed(gate: Gate, tool: str, calls: Iterable[Mapping[str, Any]]) -> bool:
    for arguments in calls:
        answer = await gate.call(tool, arguments)
        if answer.error is not Code.NOT_AVAILABLE:
            assert answer.error is None, answer
            return True
    return False


@pytest.mark.ablation("a tool is shown only where some call is allowed")
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


PLATFORMS = ("android", "ios", "web")
SPOTS = [Spot(environment=slug, app=slug, platform=platform) for slug, platform in itertools.product(SLUGS, PLATFORMS)]
_named: Mapping[Dimension, st.SearchStrategy[list[str]]] = {
    ENVIRONMENT: _patterns,
    APP: _patterns,
    PLATFORM: st.lists(st.sampled_from(["*", *PLATFORMS, "i*", "tv"]), min_size=1, max_size=2, unique=True),
}


@st.composite
def _session_grants(draw: st.DrawFn, provider: str) -> str:
    """One grant as text, naming what its resources need, and sometimes what is wider."""
    resources = RESOURCES[provider]
    chosen = draw(st.lists(st.sampled_from(list(resources)), min_size=1, max_size=3, unique=True))
    needed = {resources[name] for name in chosen} - {NOTHING}
    needed |= {each.wider for each in needed if each.wider is not None and draw(st.booleans())}
    lines = ["[[grant]]", f'connection = "{provider}"']
    lines += [f"{each} = {draw(_named[each])}" for each in sorted(needed, key=str)]
    lines += [f'access.{name} = "{draw(st.sampled_from(Level))}"' for name in chosen]
    return "\n".join(lines).replace("'", '"')


def _session_calls(provider: str, tool: str) -> list[Mapping[str, Any]]:
    ask = SESSION_ASKS[provider].get(tool)
    # Only the web has tabs; elsewhere the question is malformed, whoever asks.
    tabs = (provider, tool) == ("devrev", "list_network_logs")
    return [] if ask is None else [ask(each) for each in SPOTS if each.platform == "web" or not tabs]


@pytest.mark.ablation("a tool is shown only where one of its words is open")
@pytest.mark.threats(18)
@pytest.mark.parametrize("provider", SESSION_PROVIDERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_tool_over_sessions_is_listed_exactly_when_some_call_of_it_is_allowed(
    provider: str, data: st.DataObject
) -> None:
    grants = data.draw(st.lists(_session_grants(provider), max_size=3))

    async def compare(folder: Path) -> tuple[list[str], list[str]]:
        connections = (provider,)
        upstream = PlayedSessions(organizations=ORGANIZATIONS, sites=SITES, spots=SPOTS)
        gate = open_played(
            policy("\n".join(grants), connections=connections),
            connections=connections,
            folder=folder,
            upstream=upstream,
        )
        listed = [each.name for each in gate.toolbox.listed(AGENT)]
        calls = {tool.name: _session_calls(provider, tool.name) for tool in TOOLS}
        calls |= {tool: [{}] for tool in ("my_access", "list_exports")}
        return listed, [tool for tool, each in calls.items() if await _any_allowed(gate, tool, each)]

    with TemporaryDirectory() as folder:
        listed, allowed = asyncio.run(compare(Path(folder)))
    assert listed == allowed


@pytest.mark.threats(15, 18)
@pytest.mark.parametrize("provider", SESSION_PROVIDERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_the_names_of_a_schema_are_exactly_those_that_can_be_asked_for(provider: str, data: st.DataObject) -> None:
    # Guards: offered in gateway.fixed. What is shown is allowed; what is not shown is not, or is put in by the gate.
    grants = data.draw(st.lists(_session_grants(provider), min_size=1, max_size=3))
    gate = open_played(
        policy("\n".join(grants), connections=(provider,)),
        connections=(provider,),
        folder=Path("unused"),
        upstream=PlayedSessions(organizations=ORGANIZATIONS, sites=SITES, spots=SPOTS),
    )
    known: Mapping[str, Sequence[str]] = {"environment": SLUGS, "app_id": SLUGS, "platform": PLATFORMS}

    async def allowed(tool: str, name: str, value: str) -> bool:
        given = [each for each in _session_calls(provider, tool) if value in _listed(each.get(name))]
        return await _any_allowed(gate, tool, given)

    async def compare() -> None:
        for definition in gate.toolbox.listed(AGENT):
            tool, properties = definition.name, definition.input_schema["properties"]
            # Exports write files, and ask as the lists do.
            for name, values in known.items() if tool in SESSION_ASKS[provider] and "export" not in tool else ():
                schema = properties.get(name, {})
                shown = schema.get("items", schema).get("enum")
                if shown is not None and shown != list(PLATFORMS):
                    asked_for = [value for value in values if await allowed(tool, name, value)]
                    assert [each for each in shown if each in values] == [each for each in shown if each in asked_for]
                    assert set(asked_for) <= set(shown)

    asyncio.run(compare())


ONE = """
[[grant]]
connection = "browserstack"
environments = ["a"]
access.session = "write"

[[grant]]
connection = "devrev"
platforms = ["ios"]
apps = ["a", "b"]
access.session = "read"
"""


@pytest.mark.threats(15)
async def test_what_a_policy_fixes_is_no_parameter_and_is_put_in() -> None:
    # Guards: _offered in tools.derive, and settled in gateway.fixed.
    connections = ("browserstack", "devrev")
    upstream = PlayedSessions(organizations=ORGANIZATIONS, sites=SITES, spots=SPOTS)
    gate = open_played(policy(ONE, connections=connections), connections=connections, upstream=upstream)
    listed = {each.name: each.input_schema for each in gate.toolbox.listed(AGENT)}
    chats = await gate.call("list_sessions", {"connection": "browserstack"})
    runs = [await gate.call("list_sessions", {"connection": "devrev", "app_id": app}) for app in ("a", "b")]
    made = await gate.call("create_session", {"session_id": "x", "name": "turn"})
    missing = await gate.call("list_sessions", {"connection": "devrev"})

    assert listed["list_sessions"]["properties"]["connection"]["enum"] == ["browserstack", "devrev"]
    assert listed["list_sessions"]["properties"]["app_id"]["enum"] == ["a", "b"]
    assert {"environment", "platform"}.isdisjoint(listed["list_sessions"]["properties"])
    # Only one connection takes it.
    assert {"connection", "environment"}.isdisjoint(listed["create_session"]["properties"])
    assert [row["environment"] for row in chats.content["sessions"]] == ["a"]
    assert [[row["untrusted"]["id"] for row in each.content["sessions"]] for each in runs] == [
        ["run-a-ios"],
        ["run-b-ios"],
    ]
    assert made.error is None
    assert json.loads(gate.upstream.received[-1].body or b"{}")["batch"][0]["body"]["environment"] == "a"
    assert (missing.error, "app_id" in missing.text) == (Code.INVALID_ARGUMENTS, True)


def _listed(value: object) -> Sequence[str]:
    return [str(each) for each in cast("list[object]", value)] if isinstance(value, list) else [str(value)]


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


@pytest.mark.ablation("names that are off are not offered")
def test_a_name_that_another_grant_switches_off_is_not_offered() -> None:
    read = '[[grant]]\nconnection = "browserstack"\nenvironments = ["one", "two", "three"]\naccess.session = "read"\n'
    off = '[[grant]]\nconnection = "browserstack"\nenvironments = ["three"]\naccess.session = "off"\n'
    gate = open_played(
        policy(read + off, connections=("browserstack",)),
        connections=("browserstack",),
        folder=Path("unused"),
        upstream=PlayedSessions(organizations=ORGANIZATIONS, sites=SITES, spots=SPOTS),
    )
    (found,) = [each for each in gate.toolbox.listed(AGENT) if each.name == "list_sessions"]
    environment = found.input_schema["properties"]["environment"]

    assert environment.get("items", environment)["enum"] == ["one", "two"]
