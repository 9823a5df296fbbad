"""The HTTP side as a whole: health, headers that must match the body, and calls that are given up (rows 17, 19)."""

import asyncio
from typing import Any

import anyio
import pytest

from crashgate.audit.record import Ending
from crashgate.mcp.instructions import instructions
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import OPERATOR, TRIAGE, House, until
from tests.mcp.face import Face, call, message
from tests.system.served import http_client

HEADER_MISMATCH = -32020


async def test_health_is_told_to_anyone_and_tells_nothing(face: Face) -> None:
    for headers in ({}, {"Host": "evil.com"}, {"Origin": "http://evil.com"}):
        response = await face.client.get("/livez", headers=headers)
        assert (response.status_code, response.json()) == (200, {"status": "live"})
    assert face.untouched


@pytest.mark.parametrize("path", ["/", "/mcp/", "/mcp/x", "/livez/x", "/docs", "/.well-known/oauth-protected-resource"])
async def test_nothing_else_is_served(face: Face, path: str) -> None:
    response = await face.client.post(path, headers=face.headers(), content=b"{}")

    assert response.status_code in {404, 405, 307}
    assert (await face.client.get(path)).status_code == 401
    assert face.untouched


@pytest.mark.threats(17)
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Mcp-Name", "list_projects"),
        ("Mcp-Name", "LIST_ERRORS"),
        ("Mcp-Name", ""),
        ("Mcp-Name", "list_errors, delete_error"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Method", "TOOLS/CALL"),
        ("Mcp-Method", ""),
    ],
)
async def test_a_header_that_does_not_match_the_body_is_refused_before_anything_is_decided(
    face: Face, header: str, value: str
) -> None:
    response = await face.post(without=[header], more=[(header, value)])

    assert (response.status_code, response.json()["error"]["code"]) == (400, HEADER_MISMATCH)
    assert face.untouched


@pytest.mark.threats(17)
@pytest.mark.parametrize("header", ["Mcp-Name", "Mcp-Method"])
async def test_a_header_that_is_missing_or_there_twice_is_refused(face: Face, header: str) -> None:
    assert (await face.post(without=[header])).json()["error"]["code"] == HEADER_MISMATCH
    assert (await face.post(more=[(header, "list_projects")])).json()["error"]["code"] == HEADER_MISMATCH
    assert face.untouched


@pytest.mark.threats(17)
async def test_a_version_that_does_not_match_the_body_is_refused(face: Face) -> None:
    response = await face.post(without=["MCP-Protocol-Version"], more=[("MCP-Protocol-Version", "2099-01-01")])

    assert response.status_code == 400
    assert face.untouched


@pytest.mark.threats(19)
async def test_the_tool_list_may_not_be_kept_by_anyone(face: Face) -> None:
    body = message("tools/list")
    listed = (await face.post(body)).json()["result"]

    assert (listed["cacheScope"], listed["ttlMs"]) == ("private", 0)


async def test_an_unknown_method_is_404_and_no_call(face: Face) -> None:
    response = await face.post(message("sampling/createMessage"))

    assert (response.status_code, response.json()["error"]["code"]) == (404, -32601)
    assert face.untouched


async def test_discover_tells_what_this_is_and_the_instructions_fit_every_client(face: Face) -> None:
    result = (await face.post(message("server/discover"))).json()["result"]

    assert result["supportedVersions"] == ["2026-07-28"]
    assert len(result["instructions"]) <= 2_048
    assert result["instructions"] == instructions(face.house.toolbox)
    assert result["capabilities"] == {
        "completions": {},
        "extensions": {"io.modelcontextprotocol/ui": {}},
        "prompts": {"listChanged": True},
        "resources": {"listChanged": True, "subscribe": True},
        "tools": {"listChanged": True},
    }


async def test_get_is_no_way_in_for_the_modern_era(face: Face) -> None:
    response = await face.client.get("/mcp", headers=face.headers())

    assert response.status_code == 405
    assert face.untouched


async def _arrived(house: House, number: int) -> None:
    await until(lambda: len(house.requests) >= number)


async def _closed(house: House) -> Any:  # noqa: ANN401 - the newest outcome
    await until(lambda: not any(entry.unknown for entry in house.entries))
    outcome = house.entries[-1].outcome
    assert outcome is not None
    return outcome.record


SLOW = Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=60)


async def test_a_client_that_hangs_up_ends_the_request_upstream(face: Face) -> None:
    # Guards: that BodyLayer hands the disconnect on, and that a cancelled call closes its exchange.
    await face.post(call("get_project", {"project_id": "checkout-ios"}))
    face.house.faults.add(SLOW)
    async with asyncio.timeout(20):
        hanging = asyncio.create_task(face.post())
        await _arrived(face.house, 3)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        outcome = await _closed(face.house)

    assert (outcome.result, outcome.requests) == (Ending.CANCELLED, 1)


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_call_that_its_client_cancels_is_recorded_as_cancelled(face: Face, era: Any) -> None:  # noqa: ANN401 - any JSON
    async with asyncio.timeout(20), http_client(face.url, face.tokens[TRIAGE], era=era) as client:
        await client.call_tool("get_project", {"project_id": "checkout-ios"})
        face.house.faults.add(SLOW)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "list_errors", {"project_id": "checkout-ios"})
            await _arrived(face.house, 3)
            tasks.cancel_scope.cancel()
        outcome = await _closed(face.house)
        again = await client.call_tool("get_project", {"project_id": "checkout-ios"})

    assert (outcome.result, again.is_error) == (Ending.CANCELLED, False)
    assert face.house.entries[-2].sentence.endswith(" ms.")
    assert "The call was cancelled after" in face.house.entries[-2].sentence


async def test_many_agents_at_once_each_get_their_own_answers(face: Face) -> None:
    answers: list[tuple[str, Any]] = []
    async with anyio.create_task_group() as tasks:

        async def one(agent: str, slug: str) -> None:
            response = await face.post(call("list_errors", {"project_id": slug}), agent=agent)
            answers.append((f"{agent} {slug}", response.json()["result"]["isError"]))

        for agent in (TRIAGE, OPERATOR):
            for slug in ("checkout-ios", "payments-api", "checkout-android"):
                tasks.start_soon(one, agent, slug)

    assert sorted(answers) == [
        ("operator checkout-android", False),
        ("operator checkout-ios", False),
        ("operator payments-api", False),
        ("triage-agent checkout-android", False),
        ("triage-agent checkout-ios", False),
        ("triage-agent payments-api", True),
    ]
    assert face.house.log.verify()[0].sound
