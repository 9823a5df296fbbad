"""Approvals asked in the client, in both eras: one plain yes for one call, and nothing else (THREATS rows 3 and 22)."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.context import ClientRequestContext
from mcp.client.stdio import stdio_client
from mcp_types import ElicitRequestParams, ElicitResult

from crashgate.config import wiring
from crashgate.gate.approval_requests import ApprovalRequest, Standing, Way
from tests.house import everything, write_policies
from tests.mcp.asked import (
    DECLINED,
    DISMISSED,
    ERAS,
    GRANTS,
    KEEPER,
    NO,
    OTHER,
    SIDES,
    YES,
    Side,
    User,
    Where,
    code_of,
    open_side,
    over_http,
    rounds,
)
from tests.mcp.face import META, open_face
from tests.system.served import COMMAND, Era, open_site

FORM = {
    "type": "object",
    "properties": {
        "approve": {
            "type": "boolean",
            "title": "Approve",
            "description": "Whether this one call may be made, exactly as described.",
            "default": False,
        }
    },
    "required": ["approve"],
}


@pytest.mark.threats(22)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("where", SIDES)
async def test_a_yes_in_the_client_makes_this_one_call(tmp_path: Path, where: Where, era: Era) -> None:
    # Guards: ask_user in server.build, and both ways of Elicitation.
    user = User(YES)
    async with open_side(tmp_path, where) as side:
        delete = side.delete
        async with side.client(user, era) as client:
            made = await client.call_tool("delete_error", delete)
        (request,) = await side.requests()
        told, changes = side.told, side.changes

    assert (made.is_error, changes) == (False, 1)
    assert told == rounds(era, request.id, "allow", "granted")
    assert (request.standing, request.way) == (Standing.USED, Way.CLIENT)
    (asked,) = user.asked
    assert asked.message.startswith(
        f"May the agent {KEEPER} delete error {delete['error_id']} in checkout-ios (bugsnag)"
    )
    assert asked.requested_schema == FORM


@pytest.mark.threats(22)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("where", SIDES)
@pytest.mark.parametrize("said", [DECLINED, NO], ids=["declined", "not ticked"])
async def test_a_no_in_the_client_is_final(tmp_path: Path, where: Where, era: Era, said: ElicitResult) -> None:
    user = User(said)
    async with open_side(tmp_path, where) as side:
        delete = side.delete
        async with side.client(user, era) as client:
            refused = await client.call_tool("delete_error", delete)
            again = await client.call_tool("delete_error", delete)
        (request,) = await side.requests()
        told, changes = side.told, side.changes

    assert (code_of(refused), code_of(again), changes) == ("approval_rejected", "approval_rejected", 0)
    last = (KEEPER, "deny", "approval_rejected", request.id)
    assert told == [*rounds(era, request.id, "deny", "approval_rejected"), last]
    assert (request.standing, request.way, len(user.asked)) == (Standing.REJECTED, Way.CLIENT, 1)


@pytest.mark.threats(22)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("where", SIDES)
async def test_what_was_dismissed_in_the_client_waits_for_the_operator(tmp_path: Path, where: Where, era: Era) -> None:
    async with open_side(tmp_path, where) as side:
        delete = side.delete
        async with side.client(User(DISMISSED), era) as client:
            waiting = await client.call_tool("delete_error", delete)
            (request,) = await side.requests()
            told, changes = side.told, side.changes
            await _operator_approves(side, request)
            made = await client.call_tool("delete_error", delete)

        assert (code_of(waiting), changes) == ("approval_required", 0)
        assert told == rounds(era, request.id, "deny", "approval_required")
        assert request.standing is Standing.PENDING
        assert (made.is_error, side.changes) == (False, 1)


async def _operator_approves(side: Side, request: ApprovalRequest) -> None:
    store = wiring.approvals(side.house.settings)
    answered = await store.answer(request.id, approved=True, by="olga", way=Way.CLI, now=datetime.now(UTC))
    assert answered is not None


@pytest.mark.threats(22)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("where", SIDES)
async def test_a_client_that_cannot_ask_leaves_it_to_the_operator(tmp_path: Path, where: Where, era: Era) -> None:
    # Guards: _can_ask in elicitation.
    async with open_side(tmp_path, where) as side:
        delete = side.delete
        async with side.client(None, era) as client:
            waiting = await client.call_tool("delete_error", delete)
            (request,) = await side.requests()
            await _operator_approves(side, request)
            made = await client.call_tool("delete_error", delete)

        assert (code_of(waiting), made.is_error, side.changes) == ("approval_required", False, 1)
        assert [each[1:] for each in side.told] == [
            ("deny", "approval_required", request.id),
            ("allow", "granted", request.id),
        ]


@pytest.mark.parametrize(
    ("capability", "asked"),
    [({}, True), ({"form": {}}, True), ({"form": {}, "url": {}}, True), ({"url": {}}, False), (None, False)],
    ids=str,
)
async def test_only_a_client_that_announced_forms_is_asked(tmp_path: Path, capability: object, *, asked: bool) -> None:
    policies = write_policies(tmp_path / "policies", {KEEPER: GRANTS})
    announced = {} if capability is None else {"elicitation": capability}
    async with open_face(tmp_path, policies=policies) as face:
        answer = await face.post(_call(Side(house=face.house).delete, announced), agent=KEEPER)

    assert answer.json()["result"]["resultType"] == ("input_required" if asked else "complete")


def _call(arguments: dict[str, Any], capabilities: dict[str, Any]) -> dict[str, Any]:
    meta = {**META, "io.modelcontextprotocol/clientCapabilities": capabilities}
    params = {"name": "delete_error", "arguments": arguments, "_meta": meta}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


@pytest.mark.threats(3, 22)
async def test_another_agent_cannot_answer_in_a_session_of_the_older_era(tmp_path: Path) -> None:
    # Guards: the SDK's binding of sessions to who opened them, which BearerLayer makes it know.
    policies = write_policies(tmp_path / "policies", {KEEPER: GRANTS, OTHER: GRANTS})
    statuses: list[int] = []
    sessions: list[str] = []
    async with open_face(tmp_path, policies=policies) as face, asyncio.timeout(30):

        async def answered_by_another(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
            del params
            result = YES.model_dump(by_alias=True, mode="json", exclude_none=True)
            answer = await face.client.post(
                "/mcp",
                json={"jsonrpc": "2.0", "id": context.request_id, "result": result},
                headers={
                    "Authorization": f"Bearer {face.tokens[OTHER]}",
                    "Accept": "application/json, text/event-stream",
                    "Mcp-Session-Id": sessions[-1],
                },
            )
            statuses.append(answer.status_code)
            return DISMISSED

        side = Side(house=face.house)
        async with over_http(face, answered_by_another, "legacy", sessions=sessions) as client:
            waiting = await client.call_tool("delete_error", side.delete)

        assert (statuses, code_of(waiting), side.changes) == ([404], "approval_required", 0)
        assert face.noted == [("session_refused", "no_such_session", OTHER, 1)]
        assert [each[:3] for each in side.told] == [(KEEPER, "deny", "approval_required")]


@pytest.mark.parametrize("era", ERAS)
async def test_a_tool_of_several_operations_asks_about_each_in_the_older_era_and_one_in_the_modern(
    tmp_path: Path, era: Era
) -> None:
    asked_for = '[approve]\noperations = ["bugsnag.errors.get", "bugsnag.events.get_latest"]\n'
    user = User(YES, YES)
    async with open_side(tmp_path, "memory", grants=f"{everything('bugsnag')}{asked_for}") as side:
        async with side.client(user, era) as client:
            made: Any = await client.call_tool("triage_error", side.delete)
        waiting = [each.standing for each in await side.requests() if each.standing is Standing.PENDING]
        sentences = "".join(side.house.sentences)

    left_out = {} if era == "legacy" else {"latest_event": "approval_required"}
    assert (made.is_error, made.structured_content["triage"].get("left_out", {})) == (False, left_out)
    assert (len(user.asked), len(waiting)) == (2 - len(left_out), len(left_out))
    assert "the answer that came with it" not in sentences


@pytest.mark.parametrize("era", ERAS)
async def test_an_export_can_need_an_approval(tmp_path: Path, era: Era) -> None:
    asked_for = '[approve]\noperations = ["bugspulse.crashes.export"]\n'
    user = User(YES)
    async with open_side(tmp_path, "memory", grants=f"{everything('bugspulse')}{asked_for}") as side:
        async with side.client(user, era) as client:
            made = await client.call_tool("export_crashes", {})
            files = await client.list_resources()
        (request,) = await side.requests()

    assert (made.is_error, len(user.asked), len(files.resources)) == (False, 1, 1)
    assert request.standing is Standing.USED


@pytest.mark.parametrize("era", ERAS)
async def test_over_stdio_the_user_is_asked_too(tmp_path: Path, era: Era) -> None:
    policies = write_policies(tmp_path / "policies", {KEEPER: GRANTS})
    user = User(YES, DECLINED)
    async with open_site(tmp_path, policies=policies) as site, asyncio.timeout(30):
        words: list[str] = [*COMMAND[1:], "--agent", KEEPER]
        parameters = StdioServerParameters(command=COMMAND[0], args=words, env=site.environment, cwd=site.folder)
        project = site.world.project("checkout-ios")
        assert project is not None
        errors = site.world.errors_of(project.id)
        codes: list[object] = []
        with (site.folder / "stderr").open("a", encoding="utf-8") as told:
            async with Client(stdio_client(parameters, errlog=told), mode=era, elicitation_callback=user) as client:
                for error in errors[:2]:
                    arguments = {"project_id": project.id, "error_id": error.id}
                    codes.append(code_of(await client.call_tool("delete_error", arguments)))
        changes = [each for each in site.requests.received if each.method != "GET"]

    assert (codes, len(user.asked), len(changes)) == ([None, "approval_rejected"], 2, 1)
