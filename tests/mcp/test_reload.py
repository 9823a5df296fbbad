"""Policies that change while agents are connected: at once in force, told to those concerned (THREATS rows 30, 31)."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.subscriptions import ToolsListChanged
from mcp_types import ToolListChangedNotification

from crashgate.mcp.notices import MOST_STREAMS
from tests.house import until, write_policies
from tests.mcp.asked import code_of
from tests.mcp.face import Face, open_face
from tests.plain_http import NO_CERTIFICATES
from tests.system.served import COMMAND, Era, Site, open_site

ERAS: list[Era] = ["legacy", "2026-07-28"]
AGENT, OTHER = "reader", "other"
READ = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "read"\naccess.event = "read"\n'
NARROW = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.event = "read"\n'
SAME_LIST = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "read"\naccess.event = "read"\n# Changed.\n'
)
PAGE: dict[str, Any] = {"project_id": "checkout-ios", "per_page": 1}


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return write_policies(tmp_path / "policies", {AGENT: READ, OTHER: READ})


def revoke(policies: Path, grants: str = NARROW) -> None:
    """Write the reader's document anew."""
    write_policies(policies, {AGENT: grants})


@asynccontextmanager
async def over_http(face: Face, agent: str, era: Era, heard: list[object]) -> AsyncGenerator[Client]:
    """A client that takes down what it is told of changed tools."""

    async def hear(message: object) -> None:
        if isinstance(message, ToolListChangedNotification):
            heard.append(message)

    headers = {"Authorization": f"Bearer {face.tokens[agent]}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, verify=NO_CERTIFICATES) as http,
        Client(streamable_http_client(f"{face.url}/mcp", http_client=http), mode=era, message_handler=hear) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(site: Site, era: Era, heard: list[object]) -> AsyncGenerator[Client]:
    async def hear(message: object) -> None:
        if isinstance(message, ToolListChangedNotification):
            heard.append(message)

    words: list[str] = [*COMMAND[1:], "--agent", AGENT]
    parameters = StdioServerParameters(command=COMMAND[0], args=words, env=site.environment, cwd=site.folder)
    with (site.folder / "stderr").open("a", encoding="utf-8") as errors:
        async with Client(stdio_client(parameters, errlog=errors), mode=era, message_handler=hear) as client:
            yield client


async def _names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.threats(31)
@pytest.mark.parametrize("era", ERAS)
async def test_what_is_revoked_during_a_paged_listing_has_no_next_page(
    tmp_path: Path, policies: Path, era: Era
) -> None:
    async with open_face(tmp_path, policies=policies) as face:
        async with asyncio.timeout(20), over_http(face, AGENT, era, []) as client:
            first = await client.call_tool("list_errors", PAGE)
            assert first.structured_content is not None
            cursor = first.structured_content["next_cursor"]
            asked = len(face.house.requests)
            revoke(policies)
            await face.watch.reload()
            refused = await client.call_tool("list_errors", {**PAGE, "cursor": cursor})
            nothing = await client.call_tool("list_errors_", {})
            names = await _names(client)

        records = [entry.decision.record for entry in face.house.entries if entry.decision.record.tool == "list_errors"]
        assert (refused.is_error, code_of(refused)) == (True, "not_available")
        assert refused.content == nothing.content
        assert len(face.house.requests) == asked
        assert "list_errors" not in names
        assert [record.effect.value for record in records][-1] == "deny"
        assert records[-1].policy_hash == hashlib.sha256((policies / f"{AGENT}.toml").read_bytes()).hexdigest()
        assert records[0].policy_hash != records[-1].policy_hash


@pytest.mark.threats(3, 31)
@pytest.mark.parametrize("era", ERAS)
async def test_a_cursor_of_an_older_policy_is_not_good_even_where_the_list_still_is(
    tmp_path: Path, policies: Path, era: Era
) -> None:
    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(20),
        over_http(face, AGENT, era, []) as client,
    ):
        first = await client.call_tool("list_errors", PAGE)
        assert first.structured_content is not None
        cursor = first.structured_content["next_cursor"]
        revoke(policies, SAME_LIST)
        await face.watch.reload()
        asked = len(face.house.requests)
        old = await client.call_tool("list_errors", {**PAGE, "cursor": cursor})
        sent = len(face.house.requests)
        again = await client.call_tool("list_errors", PAGE)

    assert (old.is_error, code_of(old)) == (True, "invalid_arguments")
    assert (sent, again.is_error) == (asked, False)


@pytest.mark.threats(31)
async def test_a_document_with_a_mistake_changes_nothing_for_anybody(tmp_path: Path, policies: Path) -> None:
    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(20),
        over_http(face, AGENT, "2026-07-28", []) as client,
    ):
        before = await _names(client)
        revoke(policies, "colour = 1\n")
        await face.watch.reload()
        after = await _names(client)
        called = await client.call_tool("list_errors", PAGE)

    assert (after, called.is_error) == (before, False)


async def test_a_client_of_the_modern_era_that_listens_is_told_what_concerns_it(tmp_path: Path, policies: Path) -> None:
    # Guards: Notices; another agent's change, and a change that leaves the list as it was, are told to nobody.
    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(20),
        over_http(face, AGENT, "2026-07-28", []) as client,
        over_http(face, OTHER, "2026-07-28", []) as other,
        client.listen(tools_list_changed=True) as heard,
        other.listen(tools_list_changed=True) as heard_by_other,
    ):
        write_policies(policies, {AGENT: SAME_LIST})
        await face.watch.reload()
        write_policies(policies, {AGENT: NARROW})
        await face.watch.reload()
        first = await anext(aiter(heard))
        write_policies(policies, {OTHER: NARROW})
        await face.watch.reload()
        others = await anext(aiter(heard_by_other))
        with anyio.move_on_after(0.2) as silence:
            await anext(aiter(heard))

    assert (first, others) == (ToolsListChanged(), ToolsListChanged())
    assert silence.cancelled_caught


async def test_a_client_of_the_older_era_is_told_on_its_session(tmp_path: Path, policies: Path) -> None:
    # Guards: Notices.joined, and the capability, which the protocol library does not set by itself over HTTP.
    heard: list[object] = []
    heard_by_other: list[object] = []
    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(20),
        over_http(face, AGENT, "legacy", heard) as client,
        over_http(face, OTHER, "legacy", heard_by_other) as other,
    ):
        await other.list_tools()
        grants = [NARROW, READ]
        while not heard:  # its standing stream opens when it likes
            revoke(policies, grants[0])
            grants.reverse()
            await face.watch.reload()
            await asyncio.sleep(0.01)
        capability = client.server_capabilities

    assert heard_by_other == []
    assert capability.tools is not None
    assert capability.tools.list_changed is True


@pytest.mark.threats(31)
@pytest.mark.parametrize("era", ERAS)
async def test_over_stdio_a_change_of_the_files_is_told_and_in_force(tmp_path: Path, policies: Path, era: Era) -> None:
    heard: list[object] = []
    async with (
        asyncio.timeout(60),
        open_site(tmp_path, policies=policies) as site,
        over_stdio(site, era, heard) as client,
    ):
        before = await _names(client)
        if era == "legacy":
            revoke(policies)
            await until(lambda: bool(heard))
        else:
            async with client.listen(tools_list_changed=True) as listening:
                revoke(policies)
                heard.append(await anext(aiter(listening)))
        after = await _names(client)
        refused = await client.call_tool("list_errors", PAGE)

    assert ("list_errors" in before, "list_errors" in after, refused.is_error) == (True, False, True)
    assert "Policies reloaded; changed for: reader." in (tmp_path / "stderr").read_text(encoding="utf-8")


async def test_streams_of_one_agent_are_bounded(tmp_path: Path, policies: Path) -> None:
    refused: list[MCPError] = []
    opened: list[object] = []
    async with (
        open_face(tmp_path, policies=policies) as face,
        asyncio.timeout(20),
        over_http(face, AGENT, "2026-07-28", []) as client,
        over_http(face, OTHER, "2026-07-28", []) as other,
        anyio.create_task_group() as tasks,
    ):

        async def hold() -> None:
            try:
                async with client.listen(tools_list_changed=True) as one:
                    opened.append(one)
                    await anyio.sleep_forever()
            except MCPError as problem:
                refused.append(problem)

        for _ in range(MOST_STREAMS + 1):
            tasks.start_soon(hold)
        await until(lambda: bool(refused))
        async with other.listen(tools_list_changed=True) as others:
            opened.append(others)
        tasks.cancel_scope.cancel()

    assert (len(opened), len(refused)) == (MOST_STREAMS + 1, 1)
