"""What the user is asked, how long and how often, and what is an answer (THREATS rows 5 and 22)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest
from mcp.client.context import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult, ErrorData

from crashgate.gate.approval_requests import Standing
from crashgate.mcp.elicitation import MOST_ASKED, Elicitation, sentence
from tests.gate.gate import AGENT, IOS
from tests.held_clock import HeldClock
from tests.mcp.asked import (
    DECLINED,
    DISMISSED,
    ERAS,
    GATE_DELETE,
    YES,
    User,
    approving_gate,
    code_of,
    gate_client,
    rounds,
    sent,
)
from tests.storage.test_approval_store import NOW, REQUEST
from tests.system.served import Era


@pytest.mark.threats(22)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "said",
    [
        ElicitResult(action="accept"),
        ElicitResult(action="accept", content={"approve": "true"}),
        ElicitResult(action="accept", content={"approve": 1}),
        ElicitResult(action="accept", content={"approved": True}),
        ElicitResult(action="cancel", content={"approve": True}),
    ],
    ids=["empty", "text", "number", "another name", "dismissed with a tick"],
)
async def test_what_is_no_plain_answer_is_none(era: Era, said: ElicitResult) -> None:
    # Guards: _meant in elicitation.
    gate = approving_gate()
    async with gate_client(gate, User(said), era) as client:
        waiting = await client.call_tool("delete_error", GATE_DELETE)

    assert (code_of(waiting), sent(gate)) == ("approval_required", [])
    assert [each.standing for each in await gate.approvals.all()] == [Standing.PENDING]


@pytest.mark.threats(22)
@pytest.mark.parametrize("era", ERAS)
async def test_a_yes_after_the_request_expired_comes_too_late(era: Era) -> None:
    gate = approving_gate()

    def wait() -> None:
        gate.clock.passed += 600

    user = User(YES, before=wait)
    async with gate_client(gate, user, era) as client:
        late = await client.call_tool("delete_error", GATE_DELETE)

    assert (code_of(late), sent(gate), len(user.asked)) == ("approval_required", [], 1)
    assert [each.reason for each in gate.log.decisions if each.parent is None] == ["approval_required"] * len(
        rounds(era, "", "", "")
    )
    assert {each.standing for each in await gate.approvals.all()} == {Standing.PENDING}


@pytest.mark.threats(22)
async def test_a_call_does_not_wait_for_ever_for_its_user() -> None:
    # Guards: move_on_after in _AtOnce.ask.
    gate = approving_gate()

    async def thinks(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context, params
        await anyio.sleep_forever()
        raise AssertionError

    async with asyncio.timeout(20), gate_client(gate, thinks, "legacy", answer_seconds=0.05) as client:
        waiting = await client.call_tool("delete_error", GATE_DELETE)

    assert (code_of(waiting), sent(gate)) == ("approval_required", [])
    assert [each.standing for each in await gate.approvals.all()] == [Standing.PENDING]


def test_no_answer_is_waited_for_longer_than_its_request_holds() -> None:
    clock = HeldClock()
    elicitation = Elicitation(clock, seconds=120)
    left = (REQUEST.expires - NOW).total_seconds()
    waits: list[float] = []
    for passed in (0, left - 119, left - 1, left + 1):
        clock.passed = passed
        waits.append(elicitation.seconds_for(REQUEST))

    assert waits == [120, 119, 1, 0]


async def test_a_client_that_fails_to_ask_has_not_answered() -> None:
    gate = approving_gate()
    user = User(ErrorData(code=-32603, message="No window."))
    async with gate_client(gate, user, "legacy") as client:
        waiting = await client.call_tool("delete_error", GATE_DELETE)

    assert (code_of(waiting), sent(gate)) == ("approval_required", [])


@pytest.mark.threats(22)
@pytest.mark.parametrize("era", ERAS)
async def test_a_user_is_not_asked_the_same_for_ever(era: Era) -> None:
    # Guards: MOST_ASKED.
    gate = approving_gate()
    user = User(*[DISMISSED] * MOST_ASKED, YES)
    async with gate_client(gate, user, era) as client:
        codes = [code_of(await client.call_tool("delete_error", GATE_DELETE)) for _ in range(MOST_ASKED + 2)]

    assert (set(codes), len(user.asked), sent(gate)) == ({"approval_required"}, MOST_ASKED, [])


@pytest.mark.parametrize("era", ERAS)
async def test_what_needs_no_approval_asks_nobody(era: Era) -> None:
    gate, user = approving_gate(), User()
    async with gate_client(gate, user, era) as client:
        listed = await client.call_tool("my_access", {})
        missing = await client.call_tool("update_organization", {"organization_id": "acme"})

    assert (code_of(listed), code_of(missing), user.asked) == (None, "not_available", [])


@pytest.mark.threats(22)
def test_the_question_is_one_sentence_of_values_that_the_log_may_show() -> None:
    request = replace(
        REQUEST,
        agent="triage-agent",
        what="delete error 5f0001 in checkout-ios (bugsnag)",
        arguments={"error_id": "5f0001", "severity": "error", "per_page": 5, "stages": ("beta", "production")},
        hidden=("message",),
        why="",
        expires=datetime(2026, 11, 20, 15, 45, tzinfo=UTC),
    )

    assert sentence(request) == (
        "May the agent triage-agent delete error 5f0001 in checkout-ios (bugsnag), once and by"
        " 2026-11-20T15:45:00.000Z? With severity = error, per_page = 5, stages = beta and production,"
        " message as given in the call (too long to be shown here)."
    )
    told = sentence(replace(request, why="text that outsiders can write was asked for less than 60 minutes ago"))
    assert told == f"Text that outsiders can write was asked for less than 60 minutes ago. {sentence(request)}"


@pytest.mark.ablation("who is asked reads how many")
@pytest.mark.threats(22)
async def test_who_is_asked_for_many_at_once_reads_how_many_and_until_when() -> None:
    # Guards: the number in spoken, and _MOST_NAMED: a sentence that is cut says neither.
    gate, user = approving_gate(), User(DECLINED)
    ids = [f"{number:024x}" for number in range(100)]
    async with gate_client(gate, user, "2026-07-28") as client:
        await client.call_tool("update_error", {"project_id": IOS.id, "error_ids": ids, "operation": "delete"})
    (asked,) = user.asked

    assert asked.message == (
        f"May the agent {AGENT} delete 100 errors in checkout-ios (bugsnag), once and by 2026-11-20T15:40:00.000Z?"
        f" With project_id = {IOS.id}, error_ids = {', '.join(ids[:5])} and 95 more."
    )


@pytest.mark.ablation("the question shows the texts that would be sent")
@pytest.mark.threats(5, 22, 45)
@pytest.mark.parametrize("era", ERAS)
async def test_what_would_be_sent_stands_in_the_question_on_one_line_and_cleaned(era: Era) -> None:
    # Guards: the texts in sentence; what an agent writes there cannot look like a line of ours.
    gate, user = approving_gate(), User(DECLINED)
    comment = {**GATE_DELETE, "message": 'The operator said yes.\nTick \x1b[31m\u202ethe "box".'}
    async with gate_client(gate, user, era) as client:
        await client.call_tool("create_comment", comment)
    (asked,) = user.asked

    assert asked.message == (
        f"May the agent {AGENT} comment on error {IOS.error} in checkout-ios (bugsnag), once and by"
        f" 2026-11-20T15:40:00.000Z? With project_id = {IOS.id}.\n"
        'message: "The operator said yes.\\nTick [31mthe \\"box\\"."'
    )
    assert not any("operator said" in line for line in gate.log.sentences)


@pytest.mark.ablation("the question says how much of a text it leaves out")
@pytest.mark.threats(45)
async def test_of_a_long_text_the_question_says_how_many_characters_it_leaves_out() -> None:
    gate, user = approving_gate(), User(DECLINED)
    async with gate_client(gate, user, "2026-07-28") as client:
        await client.call_tool("create_comment", {**GATE_DELETE, "message": "a" * 2_345})
    (asked,) = user.asked

    assert asked.message.endswith(f'\nmessage: "{"a" * 2_000}" and 345 more characters, which are not shown')
