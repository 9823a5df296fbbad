"""The tool lists of the example policies, as files (THREATS row 8), and what they cost in tokens."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crashgate.mcp import render
from crashgate.tools.toolbox import Toolbox
from crashgate_sandbox.bugspulse.sessions import session_id
from crashgate_sandbox.world.content.hostile import HOSTILE
from crashgate_sandbox.world.world import World
from tests.house import NOW, OPERATOR, READER, RELEASES, TRIAGE, House, open_house, write_policies
from tests.tools import snapshots
from tests.tools.counting import tokens

AGENTS = (OPERATOR, READER, RELEASES, TRIAGE)
MOST_FOR_A_LIST = 5_000
MOST_FOR_ERRORS = 3_600
"""A row tells which release introduced its error and when, and the events of seven days: a third of what it costs."""
MOST_FOR_AN_EVENT = 1_500


def wire(toolbox: Toolbox, agent: str) -> Mapping[str, Any]:
    """The result of tools/list as it goes over the wire."""
    return render.tools(toolbox.listed(agent)).model_dump(mode="json", by_alias=True, exclude_none=True)


def for_the_model(listed: Mapping[str, Any]) -> Mapping[str, Any]:
    """A list of tools without what clients keep to themselves."""
    return {
        **listed,
        "tools": [{key: value for key, value in each.items() if key != "_meta"} for each in listed["tools"]],
    }


@pytest.mark.threats(8)
@pytest.mark.parametrize("agent", AGENTS)
async def test_the_tool_list_is_the_reviewed_one(tmp_path: Path, agent: str) -> None:
    # Guards: that a tool's words, schema, annotations and place in the order change only where a reviewer sees it.
    async with open_house(tmp_path) as house:
        snapshots.check(f"{agent}.json", wire(house.toolbox, agent))


ANALYST = "session-analyst"
SESSIONS = """
[[grant]]
connection = "bugspulse"
access.session = "read"
access.session_event = "read"
access.crash = "read"
access.network_log = "read"

[[grant]]
connection = "browserstack"
environments = ["staging", "qa-eu"]
access.session = "write"

[[grant]]
connection = "devrev"
platforms = ["ios", "android"]
apps = ["com.acme.checkout"]
access.session = "read"
access.session_event = "read"
"""
"""An agent over the providers of sessions: one app, two platforms, two environments."""

MOST_FOR_SESSIONS = 4_150
ANSWERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "list_sessions-bugspulse": ("list_sessions", {"connection": "bugspulse", "per_page": 3}),
    "list_sessions-browserstack": ("list_sessions", {"connection": "browserstack", "per_page": 3}),
    "list_sessions-devrev": ("list_sessions", {"connection": "devrev", "platform": "ios", "per_page": 3}),
    "get_session-browserstack": ("get_session", {"connection": "browserstack", "session_id": "a+b;c=d,e"}),
    "list_session_events-bugspulse": (
        "list_session_events",
        {"connection": "bugspulse", "session_id": session_id(0)},
    ),
    "list_network_logs": ("list_network_logs", {"per_page": 3}),
    "list_crashes": ("list_crashes", {"per_page": 3}),
}
"""Answers that are the same whenever they are asked for."""


@pytest.mark.threats(8)
async def test_the_tool_list_over_sessions_is_the_reviewed_one(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {ANALYST: SESSIONS})
    async with open_house(tmp_path, policies=policies) as house:
        seen = wire(house.toolbox, ANALYST)
        for tool, arguments in ANSWERS.values():
            await house.call(ANALYST, tool, arguments)
        after = wire(house.toolbox, ANALYST)

    assert tokens(for_the_model(seen)) <= MOST_FOR_SESSIONS
    assert seen == after
    snapshots.check(f"{ANALYST}.json", seen)


async def test_the_answers_over_sessions_are_the_reviewed_ones(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {ANALYST: SESSIONS})
    found: dict[str, object] = {}
    async with open_house(tmp_path, policies=policies) as house:
        for name, (tool, arguments) in ANSWERS.items():
            answer = await house.call(ANALYST, tool, arguments)
            content = {key: value for key, value in answer.content.items() if key != "next_cursor"}
            found[name] = {"text": answer.text, "content": content}

    snapshots.check("session-answers.json", found)


def _hostile_world() -> World:
    """A world whose organizations and projects have an attacker's names."""
    world = World(now=NOW)
    for number, project in enumerate(list(world.projects.values())):
        name = HOSTILE[number % len(HOSTILE)]
        world.projects[project.id] = replace(project, name=name)
    for number, organization in enumerate(list(world.organizations.values())):
        world.organizations[organization.id] = replace(organization, name=HOSTILE[number])
    return world


@pytest.mark.threats(8)
@pytest.mark.parametrize("agent", AGENTS)
async def test_hostile_names_upstream_leave_the_tool_list_as_it_is(tmp_path: Path, agent: str) -> None:
    # Guards: that nothing upstream gets into names, descriptions or schemas, not even after it was read.
    async with open_house(tmp_path, world=_hostile_world()) as house:
        before = wire(house.toolbox, agent)
        projects = await house.call(agent, "list_projects", {"organization_id": "acme"})
        await house.call(agent, "list_event_fields", {"project_id": "checkout-ios"})
        after = wire(house.toolbox, agent)

    assert "Ignore previous instructions" in str(projects.content)
    assert before == after
    snapshots.check(f"{agent}.json", after)


async def _cost(house: House, tool: str, arguments: Mapping[str, Any]) -> int:
    """The tokens of a whole answer without its cursor, which is different each time."""
    answer = await house.call(OPERATOR, tool, arguments)
    assert answer.error is None
    return tokens({key: value for key, value in answer.content.items() if key != "next_cursor"}) + tokens(answer.text)


async def test_the_costs_in_tokens_are_the_reviewed_ones(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        lists = {agent: tokens(for_the_model(wire(house.toolbox, agent))) for agent in AGENTS}
        slugs = [project.plan.slug for project in house.world.projects.values()]
        errors = {slug: await _cost(house, "list_errors", {"project_id": slug}) for slug in slugs}
        events = {
            slug: await _cost(house, "get_event", {"project_id": slug, "error_id": house.errors(slug)[0].id})
            for slug in slugs
        }

    costs = {"tools/list": lists, "list_errors": errors, "get_event": events}
    snapshots.check("tokens.json", costs)


async def test_the_tool_list_of_the_triage_agent_costs_at_most_5000_tokens(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        assert tokens(for_the_model(wire(house.toolbox, TRIAGE))) <= MOST_FOR_A_LIST


@pytest.mark.parametrize("sort", ["last_seen", "first_seen", "users", "events"])
async def test_thirty_errors_cost_at_most_3600_tokens(tmp_path: Path, sort: str) -> None:
    costs: dict[str, int] = {}
    async with open_house(tmp_path) as house:
        for project in house.world.projects.values():
            arguments = {"project_id": project.id, "sort": sort, "status": "any"}
            answer = await house.call(OPERATOR, "list_errors", arguments)
            assert len(answer.content["errors"]) == min(30, len(house.errors(project.plan.slug)))
            costs[project.plan.slug] = tokens(dict(answer.content)) + tokens(answer.text)

    assert {slug: cost for slug, cost in costs.items() if cost > MOST_FOR_ERRORS} == {}


async def test_an_event_in_summary_costs_at_most_1500_tokens(tmp_path: Path) -> None:
    costs: dict[str, int] = {}
    async with open_house(tmp_path) as house:
        for error in list(house.world.errors.values())[::3]:
            costs[error.id] = await _cost(house, "get_event", {"project_id": error.project.id, "error_id": error.id})

    assert len(costs) > 100
    assert {error: cost for error, cost in costs.items() if cost > MOST_FOR_AN_EVENT} == {}
