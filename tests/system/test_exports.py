"""Exports by real processes: read back over the protocol, and killed in the middle (THREATS row 28)."""

import asyncio
import base64
import json
import random
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError
from mcp_types import BlobResourceContents, ResourceLink, TextResourceContents

from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.faults import Fault, FaultKind
from crashgate_sandbox.machine_clock import MachineClock
from tests.house import NOW, OPERATOR, SESSION_PROVIDERS, everything, policies_of_all, until, write_policies
from tests.mcp.face import call
from tests.plain_http import NO_CERTIFICATES
from tests.session_providers import BUGSPULSE_PREFIX, SessionProviders
from tests.system.served import Era, Face, Site, http_client, kill, open_site
from tests.tools.read_back import FORMATS, read_back

PAGES = 12
OTHER = "other"
ASKED: Mapping[str, Any] = {"connection": "bugspulse", "until": "2026-11-20T15:00:00Z"}


def _long() -> SessionProviders:
    """A BugsPulse with so many pages that there is time to kill somebody."""
    clock = MachineClock()
    usual = SessionProviders.usual(NOW, clock, limited=False)
    pulse = BugsPulse(
        prefix=BUGSPULSE_PREFIX, requests_per_minute=None, sessions=PAGES * 1_000 - 5, now=NOW, clock=clock
    )
    return SessionProviders(bugspulse=pulse, browserstack=usual.browserstack, devrev=usual.devrev)


async def _read(client: Client, uri: str) -> bytes:
    (contents,) = (await client.read_resource(uri)).contents
    if isinstance(contents, TextResourceContents):
        return contents.text.encode()
    assert isinstance(contents, BlobResourceContents)
    return base64.b64decode(contents.blob)


@pytest.mark.threats(3, 21)
@pytest.mark.parametrize(("face", "era"), [("stdio", "legacy"), ("http", "auto")])
async def test_a_client_reads_back_what_it_exported_and_another_agent_does_not(
    tmp_path: Path, face: Face, era: Era
) -> None:
    policies = policies_of_all(tmp_path / "policies")
    write_policies(policies, {OTHER: "".join(everything(each) for each in SESSION_PROVIDERS)})
    ids: dict[str, list[str]] = {}
    async with asyncio.timeout(60), open_site(tmp_path, policies=policies, all_providers=True) as site:
        async with site.client(OPERATOR, face=face, era=era) as client:
            links: list[ResourceLink] = []
            for format_ in FORMATS:
                made = await client.call_tool("export_crashes", {"format": format_})
                assert made.is_error is False, made
                assert made.structured_content is not None
                (link,) = [block for block in made.content if isinstance(block, ResourceLink)]
                data = await _read(client, link.uri)
                assert (len(data), sha256(data).hexdigest()) == (link.size, made.structured_content["export"]["sha256"])
                ids[format_] = [row["id"] for row in read_back(data, format_)]
                links.append(link)
            listed = await client.list_resources()
        async with site.client(OTHER, face=face, era=era) as client:
            others = await client.list_resources()
            refused: list[str] = []
            for address in (links[0].uri, "crashgate://exports/" + "0" * 24):
                with pytest.raises(MCPError) as told:
                    await client.read_resource(address)
                refused.append(f"{told.value.error.code} {told.value.error.message}".replace(address, ""))

    assert ids["jsonl"] == ids["csv"] == ids["parquet"]
    assert len(ids["jsonl"]) == 38
    assert {each.uri for each in listed.resources} == {link.uri for link in links}
    assert others.resources == []
    assert refused[0] == refused[1]


async def _call(url: str, token: str, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """One call by plain HTTP: a client of the SDK does not outlive its server."""
    body = call(tool, arguments)
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    async with httpx2.AsyncClient(timeout=60, verify=NO_CERTIFICATES) as client:
        answer = await client.post(f"{url}/mcp", json=body, headers=headers)
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith(("data: ", "{"))]
    told = json.loads(lines[-1])
    assert "result" in told, told
    found: dict[str, Any] = told["result"]
    return found


def _arrived(site: Site, number: int) -> bool:
    return len(site.requests.received) >= number


async def _killed(site: Site, token: str, arguments: Mapping[str, Any], after: int) -> int:
    """A server that is killed when so many more pages have been asked for; gives the rows that were there before."""
    site.requests.clear()
    async with site.http_server() as (url, process):
        (begun, *_) = [*await _begun(url, token), None]
        if begun is not None:
            arguments = {"connection": "bugspulse", **begun["resume_with"]}
        before = begun["rows_so_far"] if begun else 0
        running = asyncio.create_task(_call(url, token, "export_sessions", arguments))
        await until(partial(_arrived, site, min(after, PAGES - before // 1_000)))
        kill(process)
        await asyncio.gather(running, return_exceptions=True)
    found: int = before
    return found


async def _begun(url: str, token: str) -> list[dict[str, Any]]:
    """The exports that can be resumed."""
    listed = await _call(url, token, "list_exports", {})
    return [each for each in listed["structuredContent"]["exports"] if "resume_with" in each]


@pytest.mark.threats(28)
@pytest.mark.parametrize("number", [0, 1, *(pytest.param(each, marks=pytest.mark.nightly) for each in range(2, 50))])
async def test_kill_9_in_the_middle_of_an_export_loses_no_row_and_doubles_none(tmp_path: Path, number: int) -> None:
    # Guards: the order of data, checkpoint and manifest, seen from outside: a new process goes on.
    draw = random.Random(number)  # noqa: S311 - a test that can be repeated
    policies = policies_of_all(tmp_path / "policies")
    arguments = {**ASKED, "format": FORMATS[number % len(FORMATS)]}
    async with (
        asyncio.timeout(90),
        open_site(tmp_path, policies=policies, all_providers=True, session_providers=_long()) as site,
    ):
        token = site.token(OPERATOR)
        async with site.http_server() as (url, _):
            made = await _call(url, token, "export_sessions", arguments)
        whole = made["structuredContent"]["export"]
        # Slow enough that something is durable before the end, with two pages asked for at a time.
        site.faults.replace([Fault(kind=FaultKind.SLOW, times=None, seconds=0.3)])
        # Killed as it begins or late, and again while it goes on.
        await _killed(site, token, arguments, draw.choice([1, PAGES // 2, PAGES - 2, PAGES]) if number else PAGES - 2)
        before = await _killed(site, token, arguments, draw.randint(1, 3))
        async with site.http_server() as (url, _):
            begun = await _begun(url, token)
            resumed = {"connection": "bugspulse", **begun[0]["resume_with"]} if begun else arguments
            done = await _call(url, token, "export_sessions", resumed)
            rest = await _begun(url, token)

        export = done["structuredContent"]["export"]
        assert (export["sha256"], export["rows"]) == (whole["sha256"], whole["rows"])
        assert sha256((site.exports / export["file"]).read_bytes()).hexdigest() == whole["sha256"]
        assert rest == []
        assert before > 0 or number > 0
        assert [(each.sound, each.end_checked) for each in site.log.verify()] == [(True, True)]


async def test_a_second_client_does_not_wait_for_an_export(tmp_path: Path) -> None:
    policies = policies_of_all(tmp_path / "policies")
    async with (
        asyncio.timeout(60),
        open_site(tmp_path, policies=policies, all_providers=True, session_providers=_long()) as site,
        site.http_server() as (url, _),
    ):
        token = site.token(OPERATOR)
        slow = Fault(kind=FaultKind.SLOW, path="/bugspulse/export/sessions", seconds=30)
        site.faults.replace([slow])
        exporting = asyncio.create_task(_call(url, token, "export_sessions", ASKED))
        await until(partial(_arrived, site, 1))
        async with http_client(url, token) as client:
            other = await client.call_tool("list_crashes", {})
        assert not exporting.done()
        exporting.cancel()
        await asyncio.gather(exporting, return_exceptions=True)

    assert other.is_error is False
