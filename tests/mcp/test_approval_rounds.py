"""What a client brings back in the modern era is good for one call of one agent, once (THREATS rows 3 and 22)."""

from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, ElicitRequest, ElicitResult, InputRequiredResult, InputResponses

from crashgate.gate.approval_requests import Standing
from crashgate.mcp.elicitation import QUESTION
from tests.mcp.asked import (
    GATE_DELETE,
    KEEPER,
    OTHER,
    SIDES,
    YES,
    User,
    Where,
    approving_gate,
    code_of,
    gate_client,
    open_side,
    sent,
)


async def _first(client: Client, arguments: dict[str, Any]) -> str:
    """The state that comes with the question."""
    found = await client.session.call_tool("delete_error", arguments, allow_input_required=True)
    assert isinstance(found, InputRequiredResult), found
    assert found.request_state is not None
    question = (found.input_requests or {})[QUESTION]
    assert isinstance(question, ElicitRequest)
    return found.request_state


async def _second(
    client: Client,
    arguments: dict[str, Any],
    state: str | None,
    said: ElicitResult | None = YES,
    *,
    name: str = QUESTION,
) -> CallToolResult:
    """The call again, with an answer; it must not be asked about again."""
    answers: InputResponses | None = None if said is None else {name: said}
    return await client.session.call_tool("delete_error", arguments, input_responses=answers, request_state=state)


@pytest.mark.threats(22)
@pytest.mark.parametrize("where", SIDES)
async def test_an_answer_is_good_for_no_other_arguments(tmp_path: Path, where: Where) -> None:
    # Guards: Elicitation.fits in _InRounds.ask.
    async with open_side(tmp_path, where) as side:
        async with side.client(User(), "2026-07-28") as client:
            state = await _first(client, side.delete)
            refused = await _second(client, side.delete_another, state)
        first, second = await side.requests()

        assert (code_of(refused), side.changes) == ("approval_required", 0)
        assert side.told == [
            (KEEPER, "deny", "approval_required", first.id),
            (KEEPER, "deny", "approval_required", second.id),
        ]
        because = f"the answer that came with it is not one to {second.id}, for which a person has to approve it"
        assert because in side.house.sentences[-1]
        assert {first.standing, second.standing} == {Standing.PENDING}


@pytest.mark.threats(3, 22)
@pytest.mark.parametrize("where", SIDES)
async def test_an_answer_that_is_sent_again_opens_nothing(tmp_path: Path, where: Where) -> None:
    async with open_side(tmp_path, where) as side:
        delete = side.delete
        async with side.client(User(), "2026-07-28") as client:
            state = await _first(client, delete)
            made = await _second(client, delete, state)
            again = [await _second(client, delete, state) for _ in range(2)]
        first, second = await side.requests()

        assert (code_of(made), [code_of(each) for each in again], side.changes) == (None, ["approval_required"] * 2, 1)
        assert side.told == [
            (KEEPER, "deny", "approval_required", first.id),
            (KEEPER, "allow", "granted", first.id),
            (KEEPER, "deny", "approval_required", second.id),
            (KEEPER, "deny", "approval_required", second.id),
        ]
        assert (first.standing, second.standing) == (Standing.USED, Standing.PENDING)


@pytest.mark.threats(3, 22)
async def test_another_agent_cannot_use_an_answer(tmp_path: Path) -> None:
    async with open_side(tmp_path, "http") as side:
        delete = side.delete
        async with (
            side.client(User(), "2026-07-28") as client,
            side.client(User(), "2026-07-28", OTHER) as other,
        ):
            state = await _first(client, delete)
            refused = await _second(other, delete, state)
            sent = side.changes
            made = await _second(client, delete, state)
        first, second = await side.requests()

        assert (code_of(refused), sent, code_of(made), side.changes) == ("approval_required", 0, None, 1)
        assert side.told == [
            (KEEPER, "deny", "approval_required", first.id),
            (OTHER, "deny", "approval_required", second.id),
            (KEEPER, "allow", "granted", first.id),
        ]
        assert (second.agent, second.standing) == (OTHER, Standing.PENDING)


@pytest.mark.threats(3, 22)
@pytest.mark.parametrize(
    "state", [None, "", "x", "A" * 120, "\u2028", "A" * 100_000], ids=["none", "empty", "x", "As", "odd", "long"]
)
async def test_an_answer_to_what_was_not_asked_opens_nothing(state: str | None) -> None:
    gate = approving_gate()
    async with gate_client(gate, User(), "2026-07-28") as client:
        refused = await _second(client, GATE_DELETE, state)
    (request,) = await gate.approvals.all()
    (record,) = [each for each in gate.log.decisions if each.parent is None]

    assert (code_of(refused), sent(gate)) == ("approval_required", [])
    assert (record.effect, record.reason, record.approval) == ("deny", "approval_required", request.id)
    assert f"the answer that came with it is not one to {request.id}" in record.sentence


@pytest.mark.threats(22)
@pytest.mark.parametrize(("said", "name"), [(None, QUESTION), (YES, "another")], ids=["no answer", "another name"])
async def test_a_state_without_its_answer_is_no_yes(tmp_path: Path, said: ElicitResult | None, name: str) -> None:
    async with open_side(tmp_path, "memory") as side:
        delete = side.delete
        async with side.client(User(), "2026-07-28") as client:
            refused = await _second(client, delete, await _first(client, delete), said, name=name)
        (request,) = await side.requests()

        assert (code_of(refused), side.changes, request.standing) == ("approval_required", 0, Standing.PENDING)


@pytest.mark.threats(3)
async def test_a_state_is_good_for_one_server_only(tmp_path: Path) -> None:
    # Another server stands for this one after a restart.
    async with open_side(tmp_path, "memory") as side:
        delete = side.delete
        async with side.client(User(), "2026-07-28") as before:
            state = await _first(before, delete)
        async with side.client(User(YES), "2026-07-28") as after:
            refused = await _second(after, delete, state)
            made = await after.call_tool("delete_error", delete)

        assert (code_of(refused), code_of(made), side.changes) == ("approval_required", None, 1)
