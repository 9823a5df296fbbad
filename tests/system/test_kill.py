"""``kill -9`` at random points of a busy run (THREATS row 28): nothing was sent that no record tells of."""

import asyncio
import random
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from crashgate.audit.call import Entry
from crashgate.audit.record import Effect
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import OPERATOR, READER, TRIAGE, until
from tests.mcp.face import call
from tests.plain_http import NO_CERTIFICATES
from tests.system.oracle.bugsnag import REQUESTS
from tests.system.served import Site, kill, open_site

ROUNDS = 4
PEOPLE = (OPERATOR, OPERATOR, TRIAGE, READER)


def _headers(token: str, body: dict[str, Any]) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": body["params"]["name"],
    }


async def _busy(url: str, token: str, site: Site, draw: random.Random) -> None:
    """One client that calls and calls, until nobody answers any more."""
    async with httpx2.AsyncClient(timeout=20, verify=NO_CERTIFICATES) as client:
        while True:
            error = draw.choice(site.world.errors_of(draw.choice(list(site.world.projects))))
            there = {"project_id": draw.choice([error.project.id, error.project.plan.slug])}
            tool, arguments = draw.choice(
                [
                    ("list_errors", there),
                    ("get_event", {**there, "error_id": error.id}),
                    ("resolve_error", {**there, "error_id": error.id}),
                    ("discard_error", {**there, "error_id": error.id}),
                ]
            )
            body = call(tool, arguments)
            try:
                await client.post(f"{url}/mcp", json=body, headers=_headers(token, body))
            except httpx2.HTTPError:
                return


def _arrived(site: Site, number: int) -> bool:
    return len(site.requests.received) >= number


def _line(entry: Entry) -> str:
    record = entry.decision.record
    return REQUESTS[record.operation or ""].format_map({name: str(value) for name, value in record.arguments.items()})


def _most_sent(entry: Entry) -> int:
    """How many requests the entry accounts for. Nothing fails here, so nothing is tried twice."""
    return 1 if entry.outcome is None else entry.outcome.record.requests


@pytest.mark.threats(28)
async def test_kill_9_leaves_no_request_without_a_record(tmp_path: Path) -> None:
    # Guards: that a decision is durable before its request goes out, look-ups too; and that the chain goes on after.
    draw = random.Random(9)  # noqa: S311 - a test that can be repeated
    unknown = 0
    async with asyncio.timeout(60), open_site(tmp_path) as site:
        tokens = {agent: site.token(agent) for agent in PEOPLE}
        for _ in range(ROUNDS):
            site.requests.clear()
            site.faults.replace([Fault(kind=FaultKind.SLOW, times=None, seconds=0.01)])
            known = len(list(site.log.entries())) if (tmp_path / "state" / "log").exists() else 0
            async with site.http_server() as (url, process):
                busy = [asyncio.create_task(_busy(url, tokens[agent], site, draw)) for agent in PEOPLE]
                enough = draw.randint(3, 60)
                await until(partial(_arrived, site, enough))
                kill(process)
                await asyncio.gather(*busy)
            entries = list(site.log.entries())[: -known or None]
            allowed = [entry for entry in entries if entry.decision.record.effect is Effect.ALLOW]
            received = Counter(f"{each.method} {each.path}" for each in site.requests.received)
            told: Counter[str] = Counter()
            for entry in allowed:
                told[_line(entry)] += _most_sent(entry)

            assert received - told == Counter()
            assert sum(received.values()) >= enough
            # And the other way round: what the log says was sent has arrived.
            sent: Counter[str] = Counter()
            for entry in allowed:
                sent[_line(entry)] += 0 if entry.outcome is None else entry.outcome.record.requests
            assert sent - received == Counter()
            assert all(entry.sentence.endswith("Outcome unknown.") for entry in allowed if entry.outcome is None)
            unknown += sum(entry.outcome is None for entry in allowed)
            assert [(each.chain, each.sound, each.end_checked) for each in site.log.verify()] == [("main", True, True)]

    assert unknown > 0
