"""One agent cannot take what others need: requests, calls and sessions are counted by agent (rows 3, 23, 24)."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest

from crashgate.mcp.concurrency import ConcurrencyLimit
from crashgate_sandbox.faults import Fault, FaultKind
from tests.held_clock import HeldClock
from tests.house import OPERATOR, TRIAGE, until
from tests.mcp.face import Face, message, open_face
from tests.mcp.pipe import INITIALIZE
from tests.system.served import http_client

if TYPE_CHECKING:
    from mcp_types import CallToolResult

SLOW = Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=60)
LIST: dict[str, Any] = {"project_id": "checkout-ios"}


async def _drop(tasks: list[asyncio.Task[httpx2.Response]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.ablation("requests of one agent at once are bounded")
@pytest.mark.threats(23, 24)
async def test_requests_at_once_are_bounded_by_agent_over_all_connections(tmp_path: Path) -> None:
    # Guards: ConcurrencyLayer.
    async with open_face(tmp_path, max_concurrent_per_agent=2) as face, asyncio.timeout(20):
        await face.post()
        face.house.faults.add(SLOW)
        slow = [asyncio.create_task(face.post()) for _ in range(2)]
        statuses: list[int] = []
        while not statuses or statuses[-1] != 429:
            statuses.append((await face.post(message("tools/list"))).status_code)
        another = await face.post(message("tools/list"), agent=OPERATOR)
        await _drop(slow)
        await until(lambda: not face.house.entries[-1].unknown)
        again = 429
        while again == 429:
            again = (await face.post(message("tools/list"))).status_code

    assert (set(statuses) <= {200, 429}, another.status_code, again) == (True, 200, 200)
    assert face.noted[0] == ("rate_limited", "too_many_requests", TRIAGE, 1)


@pytest.mark.threats(23)
@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_calls_at_once_are_bounded_by_agent_over_sessions_and_eras(tmp_path: Path, era: Any) -> None:  # noqa: ANN401 - an era
    # Guards: the ConcurrencyLimit in server.build; both clients are the same agent, in sessions of their own.
    answers: list[CallToolResult] = []
    async with asyncio.timeout(20), open_face(tmp_path, most_calls=1) as face:
        async with (
            http_client(face.url, face.tokens[TRIAGE], era="legacy") as first,
            http_client(face.url, face.tokens[TRIAGE], era=era) as second,
            http_client(face.url, face.tokens[OPERATOR], era=era) as other,
        ):
            await first.call_tool("list_errors", LIST)
            face.house.faults.add(SLOW)
            before = len(face.house.requests)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(first.call_tool, "list_errors", LIST)
                await until(lambda: len(face.house.requests) > before)
                answers += [await each.call_tool("my_access", {}) for each in (second, other)]
                tasks.cancel_scope.cancel()
            await until(lambda: not any(entry.unknown for entry in face.house.entries))
            answers.append(await second.call_tool("my_access", {}))
        noted = face.noted

    assert [each.is_error for each in answers] == [True, False, False]
    refused: Any = answers[0].structured_content
    assert refused["error"]["code"] == "rate_limited"
    assert noted == [("rate_limited", "too_many_calls", TRIAGE, 1)]


async def _initialize(face: Face, agent: str = TRIAGE) -> httpx2.Response:
    headers = {
        "Authorization": f"Bearer {face.tokens[agent]}",
        "Accept": "application/json, text/event-stream",
    }
    return await face.client.post("/mcp", json=INITIALIZE, headers=headers)


async def _end(face: Face, opened: httpx2.Response, agent: str = TRIAGE) -> int:
    headers = {"Authorization": f"Bearer {face.tokens[agent]}", "Mcp-Session-Id": opened.headers["mcp-session-id"]}
    return (await face.client.delete("/mcp", headers=headers)).status_code


@pytest.mark.ablation("sessions of one agent are bounded")
@pytest.mark.threats(3, 23, 24)
async def test_one_agent_cannot_take_all_sessions(tmp_path: Path) -> None:
    # Guards: SessionLayer; the protocol library has one limit for everybody.
    async with open_face(tmp_path, max_sessions_per_agent=2) as face:
        opened = [await _initialize(face) for _ in range(2)]
        refused = await _initialize(face)
        others = await _initialize(face, OPERATOR)
        foreign = await _end(face, opened[0], OPERATOR)
        still = await _initialize(face)
        ended = await _end(face, opened[0])
        after = await _initialize(face)

        assert [each.status_code for each in opened] == [200, 200]
        assert (refused.status_code, others.status_code) == (503, 200)
        assert (foreign, still.status_code) == (404, 503)
        assert (ended, after.status_code) == (200, 200)
        assert face.noted == [
            ("session_refused", "too_many_sessions", TRIAGE, 1),
            ("session_refused", "no_such_session", OPERATOR, 1),
        ]


async def test_an_idle_session_makes_room(tmp_path: Path) -> None:
    # Guards: SessionLayer._forget_idle.
    clock, shown = HeldClock(), {"idle_seconds": 600.0}
    async with (
        open_face(tmp_path, max_sessions_per_agent=1, shown=shown, clock=clock) as face,
        asyncio.timeout(20),
    ):
        statuses = [(await _initialize(face)).status_code, (await _initialize(face)).status_code]
        while statuses[-1] == 503:  # it is idle from when the server is done with the answer, which nobody tells
            clock.passed += 600.5
            statuses.append((await _initialize(face)).status_code)

    assert (statuses[:2], statuses[-1]) == ([200, 503], 200)


async def test_the_last_place_of_all_is_recorded_too(tmp_path: Path) -> None:
    async with open_face(tmp_path, shown={"most_sessions": 1}) as face:
        statuses = [(await _initialize(face, agent)).status_code for agent in (TRIAGE, OPERATOR)]

        assert statuses == [200, 503]
        assert face.noted == [("session_refused", "too_many_sessions", OPERATOR, 1)]


def test_a_crowd_counts_each_agent_for_itself_and_forgets_who_left() -> None:
    concurrency = ConcurrencyLimit(1)
    with concurrency.take_slot("a") as first, concurrency.take_slot("a") as second, concurrency.take_slot("b") as other:
        assert (first, second, other) == (True, False, True)
    with concurrency.take_slot("a") as again:
        assert again
