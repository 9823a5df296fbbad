"""Metrics, as a scrape sees them: on their own listener, with labels that no client can make up."""

import socket
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.shared.exceptions import MCPError
from prometheus_client.parser import text_string_to_metric_families

from crashgate.policy.serving import EVERYBODY, Freeze
from crashgate.storage.approvals import SqliteApprovals
from crashgate.storage.freezes import FreezeFile
from tests.house import OPERATOR
from tests.storage.test_approval_store import REQUEST
from tests.system.served import Site, free_port, http_client, open_site

ATTACK = 'made-up"} 1'
Samples = Mapping[str, list[tuple[dict[str, str], float]]]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    metrics = {"CRASHGATE_METRICS__ENABLED": "true", "CRASHGATE_METRICS__ADDRESS": f"127.0.0.1:{free_port()}"}
    async with open_site(tmp_path, variables=metrics) as opened:
        yield opened


async def _scrape(site: Site) -> Samples:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"http://{site.variables['CRASHGATE_METRICS__ADDRESS']}/metrics")
    assert answer.status_code == 200
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def _counts(samples: Samples, name: str, **labels: str) -> float:
    return sum(value for has, value in samples.get(name, []) if labels.items() <= has.items())


async def test_a_scrape_counts_what_clients_asked_and_what_was_decided(site: Site) -> None:
    async with site.http_server() as (url, _):
        async with http_client(url, site.token(OPERATOR)) as client:
            await client.call_tool("list_errors", {"project_id": "checkout-ios"})
            await client.call_tool("list_errors", {"project_id": "no-such-project"})
        async with httpx2.AsyncClient() as stranger:
            refused = await stranger.post(f"{url}/mcp", json={})
            nothing = await stranger.get(f"{url}/metrics")
            elsewhere = await stranger.get(f"http://{site.variables['CRASHGATE_METRICS__ADDRESS']}/")
        samples = await _scrape(site)

    call: dict[str, Any] = {"mcp_method_name": "tools/call", "gen_ai_tool_name": "list_errors"}
    duration = "mcp_server_operation_duration_seconds_count"
    assert (refused.status_code, elsewhere.status_code) == (401, 404)
    assert nothing.status_code != 200
    assert _counts(samples, duration, **call) == 2
    assert _counts(samples, duration, **call, error_type="tool_error") == 1
    assert _counts(samples, duration, mcp_protocol_version="2026-07-28", network_transport="tcp", **call) == 2
    decided = {"agent": OPERATOR, "access": "read", "connection": "bugsnag"}
    assert _counts(samples, "crashgate_decisions_total", effect="allow", **decided) >= 1
    assert _counts(samples, "crashgate_attempts_total", what="unauthenticated") == 1
    assert _counts(samples, "crashgate_upstream_request_duration_seconds_count", connection="bugsnag") >= 2
    assert _counts(samples, "crashgate_log_append_duration_seconds_count") >= 2
    assert "crashgate_upstream_budget_left" not in samples
    assert samples["crashgate_upstream_waiting"] == [({"connection": "bugsnag"}, 0)]
    assert _counts(samples, "crashgate_log_failures_total") == 0


async def test_no_client_makes_up_a_label(site: Site) -> None:
    async with site.http_server() as (url, _), http_client(url, site.token(OPERATOR)) as client:
        await client.call_tool(ATTACK, {"connection": ATTACK})
        with pytest.raises(MCPError):
            await client.read_resource("crashgate://made-up")
        samples = await _scrape(site)

    labels = [has for each in samples.values() for has, _ in each]
    assert _counts(samples, "mcp_server_operation_duration_seconds_count", gen_ai_tool_name="_OTHER") == 1
    assert not [each for each in labels if any("made-up" in value for value in each.values())]
    assert {name for each in labels for name in each} <= {
        "access", "agent", "answer", "connection", "effect", "error_type", "gen_ai_tool_name", "hash", "le",
        "mcp_method_name", "mcp_protocol_version", "network_transport", "reason", "version", "what",
    }  # fmt: skip


async def test_a_scrape_shows_the_policies_in_force_and_what_is_frozen(site: Site) -> None:
    FreezeFile(site.folder / "state").freeze(OPERATOR, Freeze.WRITES)
    async with site.http_server():
        before = await _scrape(site)
    FreezeFile(site.folder / "state").freeze(EVERYBODY, Freeze.ALL)
    async with site.http_server():
        after = await _scrape(site)

    ((policies, one),) = before["crashgate_policies_info"]
    assert (len(policies["hash"]), one) == (64, 1)
    assert before["crashgate_policies_info"] == after["crashgate_policies_info"]
    assert _counts(before, "crashgate_policies_in_force") > 1
    assert _counts(before, "crashgate_policies_loaded_timestamp_seconds") > 1_700_000_000
    assert [_counts(each, "crashgate_frozen_agents") for each in (before, after)] == [1, 1]
    assert [_counts(each, "crashgate_frozen_everybody") for each in (before, after)] == [0, 1]


async def test_a_taken_address_is_told_in_words(site: Site) -> None:
    host, port = site.variables["CRASHGATE_METRICS__ADDRESS"].split(":")
    with socket.create_server((host, int(port))):
        async with site.process("--http") as process:
            _, told = await process.communicate()

    assert process.returncode != 0
    assert f"Metrics cannot be served on {host} port {port}." in told.decode()


async def test_a_scrape_counts_the_requests_for_approval_that_wait(site: Site) -> None:
    store = SqliteApprovals(site.folder / "state")
    now = datetime.now(UTC).replace(microsecond=0)
    waits = replace(REQUEST, asked=now, expires=now + timedelta(minutes=10))
    await store.request(waits, most=10)
    await store.request(replace(waits, id="expired", digest="c" * 64, expires=now - timedelta(minutes=1)), most=10)
    async with site.http_server():
        samples = await _scrape(site)

    assert _counts(samples, "crashgate_approvals_pending") == 1
