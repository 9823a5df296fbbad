"""Exports over the protocol: progress while they are made, a link to the file, and reading it back (THREATS row 21)."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import MCPError
from mcp.shared.subscriptions import ResourcesListChanged
from mcp_types import BlobResourceContents, ResourceLink, TextResourceContents

from crashgate.mcp import render
from crashgate.model.tool import Link
from tests.house import everything, write_policies
from tests.mcp.face import Face, open_face
from tests.system.served import Era, http_client

ERAS: list[Era] = ["legacy", "2026-07-28"]
MAKER, OTHER = "maker", "other"
NOWHERE = "crashgate://exports/" + "0" * 24


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    grants = everything("bugspulse")
    return write_policies(tmp_path / "policies", {MAKER: grants, OTHER: grants})


@pytest.mark.threats(19)
@pytest.mark.parametrize("era", ERAS)
async def test_an_export_tells_its_progress_and_gives_a_link_that_its_maker_can_read(
    tmp_path: Path, policies: Path, era: Era
) -> None:
    told: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        del total
        told.append((progress, message))

    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(30),
        http_client(face.url, face.tokens[MAKER], era=era) as client,
    ):
        made = await client.call_tool("export_crashes", {}, progress_callback=hear)
        unwatched = await client.call_tool("export_crashes", {})
        (link,) = [block for block in made.content if isinstance(block, ResourceLink)]
        listed = await client.list_resources()
        read = await client.read_resource(link.uri)

    assert (made.is_error, unwatched.is_error) == (False, False)
    assert made.structured_content is not None
    rows = made.structured_content["export"]["rows"]
    assert told[-1][0] == rows > 0
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert (listed.cache_scope, len(listed.resources)) == ("private", 2)
    assert {each.title for each in (link, *listed.resources)} == {"Export of crashes"}
    (contents,) = read.contents
    assert isinstance(contents, TextResourceContents)
    assert (contents.uri, contents.mime_type) == (link.uri, "application/jsonl")
    assert len([json.loads(line) for line in contents.text.splitlines()]) == rows
    assert len(contents.text.encode()) == link.size


@pytest.mark.threats(3, 21)
@pytest.mark.parametrize("era", ERAS)
async def test_anothers_file_and_a_missing_one_are_the_same_and_both_are_recorded(
    tmp_path: Path, policies: Path, era: Era
) -> None:
    refused: list[tuple[int, str, Any]] = []
    asked: list[str] = []
    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(30),
        http_client(face.url, face.tokens[MAKER], era=era) as maker,
        http_client(face.url, face.tokens[OTHER], era=era) as other,
    ):
        made = await maker.call_tool("export_crashes", {})
        (link,) = [block for block in made.content if isinstance(block, ResourceLink)]
        before = len(face.house.entries)
        for uri in (link.uri, NOWHERE, "file:///etc/passwd", "crashgate://exports/..%2f"):
            with pytest.raises(MCPError) as caught:
                await other.read_resource(uri)
            asked.append(uri)
            refused.append((caught.value.error.code, caught.value.error.message, caught.value.error.data))
        listed = await other.list_resources()
        entries = face.house.entries[before:]

    # The same but for the address, which is the caller's own word.
    assert refused == [(-32602, "Resource not found", {"uri": uri}) for uri in asked]
    assert listed.resources == []
    assert [entry.decision.record.agent for entry in entries] == [OTHER] * 5


@pytest.mark.threats(19)
@pytest.mark.parametrize("era", ERAS)
async def test_a_file_has_no_template_because_its_link_names_it(tmp_path: Path, policies: Path, era: Era) -> None:
    async with (
        open_face(tmp_path, policies=policies) as face,
        http_client(face.url, face.tokens[MAKER], era=era) as client,
    ):
        listed = await client.list_resource_templates()

    assert (listed.cache_scope, listed.ttl_ms) == ("private", 0)
    assert not [each for each in listed.resource_templates if "export" in each.uri_template]


async def _made(face: Face) -> None:
    async with http_client(face.url, face.tokens[MAKER]) as client:
        await client.call_tool("export_crashes", {})


async def test_a_client_that_listens_is_told_of_a_new_file_of_its_own(tmp_path: Path, policies: Path) -> None:
    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(30),
        http_client(face.url, face.tokens[MAKER]) as client,
        http_client(face.url, face.tokens[OTHER]) as other,
        client.listen(resources_list_changed=True) as heard,
        other.listen(resources_list_changed=True) as heard_by_other,
    ):
        await _made(face)
        told = await anext(aiter(heard))
        with anyio.move_on_after(0.2) as silence:
            await anext(aiter(heard_by_other))

    assert told == ResourcesListChanged()
    assert silence.cancelled_caught


def test_bytes_that_are_not_text_are_sent_as_bytes() -> None:
    link = Link(uri=NOWHERE, name="x.csv", title="x", description="x", mime_type="text/csv", size=3)
    cut = render.resource(link, "é".encode()[:1]).contents
    whole = render.resource(link, "é".encode()).contents

    assert cut == [BlobResourceContents(uri=NOWHERE, mime_type="text/csv", blob=base64.b64encode(b"\xc3").decode())]
    assert whole == [TextResourceContents(uri=NOWHERE, mime_type="text/csv", text="é")]
