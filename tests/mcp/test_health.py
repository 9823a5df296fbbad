"""``/livez`` and ``/readyz``: what probes and load balancers are told, and that nothing else is."""

import json
from pathlib import Path

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from crashgate.mcp.body import reply
from crashgate.mcp.health import HealthLayer, Readiness
from tests.mcp.face import open_face


async def _below(scope: Scope, receive: Receive, send: Send) -> None:
    await reply(404, {})(scope, receive, send)


async def _get(path: str, readiness: Readiness) -> tuple[int, object]:
    app = HealthLayer(_below, lambda: readiness)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://probe") as client:
        response = await client.get(path)
    return response.status_code, json.loads(response.content)


@pytest.mark.parametrize(
    ("readiness", "answer"),
    [
        (Readiness(), (200, {"status": "ready"})),
        (Readiness(frozen=2), (200, {"status": "ready", "frozen": 2})),
        (Readiness(frozen=2, all_frozen=True), (200, {"status": "ready", "frozen": "every agent"})),
        (Readiness(faults=("stopping",)), (503, {"status": "not ready", "why": ["stopping"]})),
    ],
)
async def test_readiness_says_why_not(readiness: Readiness, answer: tuple[int, object]) -> None:
    assert await _get("/readyz", readiness) == answer
    assert await _get("/livez", readiness) == (200, {"status": "live"})


async def test_other_paths_are_not_its_business() -> None:
    assert [await _get(path, Readiness()) for path in ("/", "/livez/x", "/readyz/")] == [(404, {})] * 3


async def test_a_probe_needs_neither_a_known_host_nor_a_token(tmp_path: Path) -> None:
    async with open_face(tmp_path) as face:
        found = [await face.client.get(path, headers={"Host": "10.1.2.3"}) for path in ("/livez", "/readyz")]

    assert [each.status_code for each in found] == [200, 200]
