"""A token that is revoked ends what it began over HTTP: streams and sessions of both eras, and exports (row 39)."""

import asyncio
import json
from pathlib import Path

import anyio
import pytest

from crashgate.periodic import repeat
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import OPERATOR, TRIAGE, everything, until, write_policies
from tests.mcp.face import Face, call, message, open_face

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    },
}
LISTEN = message("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
EXPORT = call("export_sessions")


async def _session(face: Face) -> dict[str, str]:
    """The headers of a new session of the older era."""
    headers = {
        "Authorization": f"Bearer {face.tokens[TRIAGE]}",
        "Accept": "application/json, text/event-stream",
    }
    opened = await face.client.post("/mcp", json=INITIALIZE, headers=headers)
    assert opened.status_code == 200
    headers |= {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert (await face.client.post("/mcp", json=ready, headers=headers)).status_code == 202
    return headers


@pytest.mark.ablation("a stream of the modern era ends with its token")
@pytest.mark.threats(39)
async def test_a_stream_of_the_modern_era_ends_with_its_token(tmp_path: Path) -> None:
    async with open_face(tmp_path) as face, asyncio.timeout(20):
        content, headers = json.dumps(LISTEN).encode(), face.headers(body=LISTEN)
        async with face.client.stream("POST", "/mcp", content=content, headers=headers) as stream:
            lines = stream.aiter_lines()
            await anext(lines)  # it has begun
            face.revoke(TRIAGE)
            await face.end_revoked()
            rest = "\n".join([line async for line in lines])

    assert "The token that this call came with was revoked." in rest


@pytest.mark.ablation("a session of the older era ends with its token")
@pytest.mark.threats(39)
async def test_a_stream_and_the_session_of_the_older_era_end_with_their_token(tmp_path: Path) -> None:
    async with open_face(tmp_path, max_sessions_per_agent=1) as face, asyncio.timeout(20):
        headers = await _session(face)
        async with face.client.stream("GET", "/mcp", headers=headers) as stream:
            assert stream.status_code == 200
            face.revoke(TRIAGE)
            await face.end_revoked()
            async for _ in stream.aiter_lines():
                pass
        assert (await face.client.delete("/mcp", headers=headers)).status_code == 401
        renewed = face.issue(TRIAGE)
        there = await _session(renewed)  # the place of the other is free again

    assert there["Mcp-Session-Id"] != headers["Mcp-Session-Id"]


@pytest.mark.threats(39)
async def test_an_export_ends_with_its_token_and_asks_for_nothing_more(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {OPERATOR: everything("bugspulse")})
    async with open_face(tmp_path, policies=policies) as face, asyncio.timeout(20):
        face.house.faults.add(Fault(kind=FaultKind.SLOW, seconds=3_600))
        answers: list[str] = []

        async def export() -> None:
            answers.append((await face.post(EXPORT, agent=OPERATOR)).text)

        async with anyio.create_task_group() as group, repeat(face.end_revoked, seconds=0.01):
            group.start_soon(export)
            await until(lambda: len(face.house.requests) == 1)
            face.revoke(OPERATOR)
            await until(lambda: bool(answers))

        assert len(face.house.requests) == 1
        assert '"code":"token_revoked"' in answers[0]
        assert face.house.sentences[-1].endswith("because its token was revoked.")
