"""What every client is told of the server names only tools that some agent has there."""

import re
from pathlib import Path

import pytest

from crashgate.mcp.instructions import instructions
from tests.house import OPERATOR, TRIAGE, House, everything, open_house, policies_of_all, write_policies


def named(house: House) -> set[str]:
    return set(re.findall(r"[a-z]+_[a-z_]+", instructions(house.toolbox)))


async def test_the_way_in_is_named_whoever_the_agent_is(tmp_path: Path) -> None:
    async with open_house(tmp_path, policies=policies_of_all(tmp_path / "policies")) as house:
        text, names = instructions(house.toolbox), named(house)
        shown = {each.name for agent in (OPERATOR, TRIAGE) for each in house.toolbox.listed(agent)}

    assert len(text) <= 2_048
    assert {"list_errors", "triage_error", "list_sessions", "my_access"} <= names <= shown


@pytest.mark.ablation("the instructions name only tools that some agent has")
async def test_tools_that_are_open_to_no_agent_are_not_named(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {"sessions": everything("devrev")})
    async with open_house(tmp_path, policies=policies) as house:
        shown = {each.name for each in house.toolbox.listed("sessions")}
        assert named(house) <= shown
        assert "list_sessions" in named(house)
