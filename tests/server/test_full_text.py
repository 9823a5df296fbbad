"""An answer's text, for clients that give a model the text alone (decision 0014)."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from crashgate.identity import Via
from crashgate.sandbox.app import UNLIMITED
from crashgate.server.build import build
from crashgate.server.identity import Launched
from tests.house import OPERATOR, TRIAGE, open_house, policies_of_all
from tests.server.asked import ERAS
from tests.system.served import Era, Face, open_site

LIST: dict[str, Any] = {"project_id": "checkout-ios", "per_page": 2}


def text_of(answer: CallToolResult) -> str:
    (text,) = [block.text for block in answer.content if isinstance(block, TextContent)]
    return text


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("face", ["stdio", "http"])
async def test_with_full_text_a_client_finds_the_data_below_the_sentence(tmp_path: Path, face: Face, era: Era) -> None:
    wanted = {"CRASHGATE_SERVE__TEXT": "full"}
    async with open_site(tmp_path, variables=wanted) as site, site.client(TRIAGE, face=face, era=era) as client:
        found = await client.call_tool("list_errors", LIST)

    sentence, data = text_of(found).split("\n")
    assert sentence.startswith("2 of ")
    assert json.loads(data) == found.structured_content
    assert found.structured_content is not None
    assert len(found.structured_content["errors"]) == 2


@pytest.mark.parametrize("era", ERAS)
async def test_unless_it_is_asked_for_the_text_is_one_sentence(tmp_path: Path, era: Era) -> None:
    async with open_site(tmp_path) as site, site.client(TRIAGE, face="stdio", era=era) as client:
        found = await client.call_tool("list_errors", LIST)

    assert text_of(found).endswith(" errors in checkout-ios. More with next_cursor.")
    assert "\n" not in text_of(found)


@pytest.mark.parametrize("era", ERAS)
async def test_an_error_reads_the_same_either_way(tmp_path: Path, era: Era) -> None:
    told: list[CallToolResult] = []
    async with open_house(tmp_path) as house:
        for full_text in (False, True):
            server = build(house.toolbox, Launched(agent=TRIAGE, via=Via.MEMORY), full_text=full_text)
            async with Client(server, mode=era) as client:
                told.append(await client.call_tool("list_errors", {"project_id": "no-such-project"}))

    short, full = told
    assert short.is_error
    assert full == short


async def test_full_text_holds_what_the_structured_content_holds_whoever_the_provider_is(tmp_path: Path) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("triage_error", {"project_id": "checkout-ios"}),
        ("get_stability_trend", {"project_id": "checkout-ios"}),
        ("list_sessions", {"connection": "bugspulse"}),
        ("list_sessions", {"connection": "browserstack"}),
        ("my_access", {}),
    ]
    policies = policies_of_all(tmp_path / "policies")
    async with open_house(tmp_path, policies=policies, budgets=UNLIMITED) as house:
        server = build(house.toolbox, Launched(agent=OPERATOR, via=Via.MEMORY), full_text=True)
        asked[0][1]["error_id"] = house.errors()[0].id
        async with Client(server) as client:
            for tool, arguments in asked:
                found = await client.call_tool(tool, arguments)
                assert not found.is_error, (tool, text_of(found))
                assert json.loads(text_of(found).partition("\n")[2]) == found.structured_content
