"""An answer's text, for clients that give a model the text alone (decision 0016)."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from crashgate.identity import Via
from crashgate.mcp.server import build
from crashgate.mcp.tokens import Launched
from crashgate.model.tool import Tool
from tests.catalogue import BY_NAME
from tests.gate.gate import AGENT
from tests.house import TRIAGE, open_house
from tests.mcp.asked import ERAS
from tests.system.served import Era, Face, open_site
from tests.tools.asks import RIGHT
from tests.tools.played import open_to_all

LIST: dict[str, Any] = {"project_id": "checkout-ios", "per_page": 2}


def texts(answer: CallToolResult) -> list[str]:
    return [block.text for block in answer.content if isinstance(block, TextContent)]


@asynccontextmanager
async def opened(provider: str, folder: Path, era: Era, *, short: bool = False) -> AsyncGenerator[Client]:
    """A client of an agent that may do all there is at one provider."""
    gate = open_to_all(provider, folder)
    server = build(gate.toolbox, Launched(agent=AGENT, via=Via.MEMORY), short=lambda _: short)
    async with Client(server, mode=era) as client:
        yield client


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("provider", "tool"), RIGHT)
async def test_the_text_of_every_tool_holds_what_its_structured_content_holds(
    tmp_path: Path, provider: str, tool: str, era: Era
) -> None:
    async with opened(provider, tmp_path, era) as client:
        answer = await client.call_tool(tool, dict(RIGHT[provider, tool]))

    assert not answer.is_error, (tool, texts(answer))
    sentence, data = texts(answer)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert json.loads(data) == answer.structured_content


@pytest.mark.parametrize("era", ERAS)
async def test_the_datas_marks_and_characters_stand_in_the_text_as_they_are(tmp_path: Path, era: Era) -> None:
    async with open_house(tmp_path) as house:
        server = build(house.toolbox, Launched(agent=TRIAGE, via=Via.MEMORY))
        async with Client(server, mode=era) as client:
            answer = await client.call_tool("list_errors", LIST)

    _, data = texts(answer)
    assert data.startswith('{"notice":"Text under `untrusted` was written by app users or outsiders')
    assert data.count('"untrusted":{') == 2
    assert data.isprintable()


CHOSEN: tuple[tuple[Mapping[str, str], int], ...] = (
    ({}, 2),
    ({"CRASHGATE_SERVE__TEXT": "short"}, 1),
    ({"CRASHGATE_SERVE__TEXT_OF": f'{{"{TRIAGE}": "short"}}'}, 1),
    ({"CRASHGATE_SERVE__TEXT": "short", "CRASHGATE_SERVE__TEXT_OF": f'{{"{TRIAGE}": "full"}}'}, 2),
    ({"CRASHGATE_SERVE__TEXT_OF": '{"another": "short"}'}, 2),
)
"""What an operator sets, and how many texts an answer has then."""


def _chosen() -> Iterator[object]:
    """Each setting over each transport, which takes a process: in every run with one of the two eras."""
    for number, (variables, blocks) in enumerate(CHOSEN):
        for face, era in product(("stdio", "http"), ERAS):
            marks = [] if (number + (face == "http") + (era == ERAS[0])) % 2 else [pytest.mark.nightly]
            yield pytest.param(variables, blocks, face, era, marks=marks)


@pytest.mark.parametrize(("variables", "blocks", "face", "era"), list(_chosen()))
async def test_the_operator_chooses_short_texts_for_a_server_or_for_an_agent(
    tmp_path: Path, variables: Mapping[str, str], blocks: int, face: Face, era: Era
) -> None:
    async with open_site(tmp_path, variables=variables) as site, site.client(TRIAGE, face=face, era=era) as client:
        found = await client.call_tool("list_errors", LIST)

    assert len(texts(found)) == blocks
    assert texts(found)[0].startswith("2 of 40 errors in checkout-ios. More with next_cursor.")
    assert found.structured_content is not None
    assert len(found.structured_content["errors"]) == 2


@pytest.mark.parametrize("era", ERAS)
async def test_an_error_reads_the_same_either_way(tmp_path: Path, era: Era) -> None:
    told: list[CallToolResult] = []
    for short in (False, True):
        async with opened("bugsnag", tmp_path, era, short=short) as client:
            told.append(await client.call_tool("list_errors", {"project_id": "no-such-project"}))

    assert told[0].is_error
    assert told[0] == told[1]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("provider", "tool"), [each for each in RIGHT if isinstance(BY_NAME[each[1]], Tool)])
async def test_one_is_never_said_in_the_plural(tmp_path: Path, provider: str, tool: str, era: Era) -> None:
    async with opened(provider, tmp_path, era) as client:
        answer = await client.call_tool(tool, dict(RIGHT[provider, tool]))

    content: Mapping[str, Any] = answer.structured_content or {}
    found = BY_NAME[tool]
    assert isinstance(found, Tool)
    name, kind = found.holds
    sentence = texts(answer)[0]
    if kind == "array" and len(content[name]) == 1 and "recording" not in content:
        plural = name.replace("_", " ")
        assert sentence.startswith(("1 ", "1 of 1 ")), sentence
        assert f"1 {plural}" not in sentence.replace("1 of 1 ", "1 ", 1)
