"""A person between reading what outsiders can write and changing anything (THREATS rows 5, 22, 23 and 33)."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.audit.record import Effect
from crashgate.errors import Code, StateUnavailableError
from crashgate.gate.approval_requests import Standing, Way
from crashgate.model.access import Access
from crashgate.storage.counters import FILE, SqliteCounter
from tests.gate.approvals import answer_newest, changes_sent
from tests.gate.gate import IOS, open_gate, policy
from tests.gate.untrusted import BUCKETS, COMMENT, GRANTS, HERE, HOUR, MINUTE, ONE, gate, last_call

WHY = "text that outsiders can write was asked for less than 60 minutes ago"


@pytest.mark.ablation("a change after reading outsiders' text needs a person")
@pytest.mark.threats(5)
async def test_a_change_after_such_reading_waits_for_a_person_and_says_why() -> None:
    # Guards: UntrustedExposure.why in Gateway._permitted.
    opened = gate()
    assert (await opened.call("list_errors", HERE)).error is None
    opened.clock.passed += 59 * MINUTE
    answer = await opened.call("delete_error", ONE)
    (request,) = await opened.approvals.all()

    assert (answer.content["error"]["code"], answer.content["error"]["approval"]) == ("approval_required", request.id)
    assert answer.text.startswith(
        f"A person has to approve this first: delete error {IOS.error} in checkout-ios (bugsnag). Text that outsiders"
        f" can write was asked for less than 60 minutes ago. The request {request.id} waits for an answer until"
        " 2026-11-20T16:39:00.000Z. Ask the operator of crashgate to run"
        f" `crashgate approvals approve {request.id}`, then call again with the same arguments. Nothing was sent."
    )
    assert (changes_sent(opened), request.why) == ([], WHY)
    last = last_call(opened)
    assert (last.effect, last.reason, last.approval) == (Effect.DENY, "approval_required", request.id)
    asked = f"{WHY}, so a person has to approve it first, and was asked as {request.id}"
    assert last.sentence.endswith(f"was refused: {asked}. Nothing but the look-up was sent.")


@pytest.mark.threats(5, 22)
async def test_once_a_person_agrees_this_one_call_is_made_once() -> None:
    opened = gate()
    await opened.call("list_errors", HERE)
    await opened.call("delete_error", ONE)
    approval = await answer_newest(opened)
    other = await opened.call("create_comment", COMMENT)
    made = await opened.call("delete_error", ONE)
    record = last_call(opened)
    again = await opened.call("delete_error", ONE)

    assert (other.error, made.error, again.error) == (Code.APPROVAL_REQUIRED, None, Code.APPROVAL_REQUIRED)
    assert (record.effect, record.reason, record.approval) == (Effect.ALLOW, "granted", approval.id)
    assert len(changes_sent(opened)) == 1


@pytest.mark.threats(5)
async def test_the_minutes_over_nobody_is_asked() -> None:
    opened = gate()
    await opened.call("list_errors", HERE)
    opened.clock.passed += 60 * MINUTE

    assert (await opened.call("delete_error", ONE)).error is None


@pytest.mark.threats(5)
async def test_the_minutes_count_from_the_last_reading() -> None:
    opened = gate()
    await opened.call("list_errors", HERE)
    opened.clock.passed += 50 * MINUTE
    await opened.call("get_error", ONE)
    opened.clock.passed += 50 * MINUTE

    assert (await opened.call("delete_error", ONE)).error is Code.APPROVAL_REQUIRED


@pytest.mark.ablation("every change needs a person after such reading")
@pytest.mark.threats(5)
@pytest.mark.parametrize(
    ("tool", "arguments"), [("delete_error", ONE), ("resolve_error", ONE), ("create_comment", COMMENT)]
)
async def test_every_change_is_asked_about_and_no_reading(tool: str, arguments: Mapping[str, Any]) -> None:
    opened = gate()
    await opened.call("list_events", HERE)

    assert (await opened.call(tool, arguments)).error is Code.APPROVAL_REQUIRED
    assert (await opened.call("get_error", ONE)).error is None
    assert changes_sent(opened) == []


async def test_before_any_such_reading_nobody_is_asked() -> None:
    opened = gate()
    made = [await opened.call("delete_error", ONE), await opened.call("create_comment", COMMENT)]

    assert [each.error for each in made] == [None, None]


@pytest.mark.threats(5, 23)
async def test_it_holds_for_all_processes_of_the_agent_and_after_a_restart(tmp_path: Path) -> None:
    reading, changing = (gate(counter=SqliteCounter(tmp_path)) for _ in range(2))
    assert (await changing.call("delete_error", ONE)).error is None
    await reading.call("list_errors", HERE)
    beside = await changing.call("delete_error", ONE)
    restarted = gate(counter=SqliteCounter(tmp_path))

    assert [beside.error, (await restarted.call("delete_error", ONE)).error] == [Code.APPROVAL_REQUIRED] * 2
    assert (tmp_path / FILE).exists()


@pytest.mark.threats(5, 23)
async def test_it_holds_for_all_connections_of_the_agent_and_for_no_other_agent() -> None:
    names = ("bugsnag", "bugsnag-eu")
    grants = "".join(GRANTS.replace('"bugsnag"', f'"{name}"') for name in names) + HOUR
    two = [policy(grants, agent=agent, connections=names) for agent in ("triage-agent", "another")]
    opened = open_gate(*two, connections=names)
    await opened.call("list_errors", {**HERE, "connection": "bugsnag"})
    change = {**ONE, "connection": "bugsnag-eu"}

    assert (await opened.call("delete_error", change)).error is Code.APPROVAL_REQUIRED
    assert (await opened.call("delete_error", change, agent="another")).error is None


@pytest.mark.threats(5, 33)
@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (StateUnavailableError("No state.", because="it cannot be noted"), Code.STATE_UNAVAILABLE),
        (RuntimeError("a defect"), Code.INTERNAL),
    ],
)
async def test_where_it_cannot_be_noted_or_asked_nothing_is_sent(problem: Exception, code: Code) -> None:
    opened = gate()
    opened.counter.broken = problem
    read, changed = await opened.call("list_errors", HERE), await opened.call("delete_error", ONE)

    assert (read.error, changed.error) == (code, code)
    assert opened.upstream.lines == [f"GET /projects/{IOS.id}"]
    assert {each.effect for each in opened.log.decisions if each.parent is None} == {Effect.DENY}


SHORT = "[approve]\nafter_untrusted_minutes = 1\nexpires_minutes = 10\n"


@pytest.mark.ablation("a no holds when nobody would be asked any more")
@pytest.mark.threats(5, 22)
async def test_a_no_holds_until_it_expires_also_when_nobody_would_be_asked_any_more() -> None:
    # Guards: Approvals.still_asked.
    opened = gate(SHORT)
    await opened.call("list_errors", HERE)
    await opened.call("delete_error", ONE)
    rejected = await answer_newest(opened, approved=False)
    opened.clock.passed += 9 * MINUTE
    refused = await opened.call("delete_error", ONE)
    other = await opened.call("create_comment", COMMENT)
    opened.clock.passed += MINUTE
    late = await opened.call("delete_error", ONE)

    assert (refused.error, refused.content["error"]["approval"]) == (Code.APPROVAL_REJECTED, rejected.id)
    assert (other.error, late.error) == (None, None)


@pytest.mark.threats(5, 22)
async def test_whoever_was_asked_has_to_answer_before_the_call_is_made() -> None:
    opened = gate(SHORT)
    await opened.call("list_errors", HERE)
    await opened.call("delete_error", ONE)
    opened.clock.passed += 2 * MINUTE
    waiting = await opened.call("delete_error", ONE)
    approval = await answer_newest(opened)
    made = await opened.call("delete_error", ONE)

    assert (waiting.error, made.error) == (Code.APPROVAL_REQUIRED, None)
    assert [(each.id, each.standing) for each in await opened.approvals.all()] == [(approval.id, Standing.USED)]


TEXT = frozenset(
    {"bugsnag.errors.list", "bugsnag.errors.get", "bugsnag.events.list_on_project"}
    | {"bugsnag.errors.fix", "bugsnag.comments.create"}
)
"""The operations below that answer with outsiders' text, by what the vendor documents."""
CALLS: Mapping[str, Mapping[str, Any]] = {
    "list_errors": HERE,
    "get_error": ONE,
    "list_events": HERE,
    "get_trend": BUCKETS,
    "my_access": {},
    "delete_error": ONE,
    "resolve_error": ONE,
    "create_comment": COMMENT,
}
Step = tuple[float, str, bool | None]
_STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 59.0, 60.0, 299.0, 599.0, 600.0, 1799.999, 1800.0]),
        st.sampled_from(sorted(CALLS)),
        st.sampled_from([None, None, True, False]),
    ),
    min_size=4,
    max_size=20,
)
"""So many seconds pass, a tool is called, and somebody answers what waits, or does not."""


@pytest.mark.ablation("the minutes after reading are as many as the policy says")
@pytest.mark.threats(5)
@given(steps=_STEPS, minutes=st.sampled_from([1, 10, 30]), mode=st.sampled_from(["enforce", "observe"]))
def test_never_is_anything_changed_in_those_minutes_without_a_person(
    steps: list[Step], minutes: int, mode: str
) -> None:
    document = f'mode = "{mode}"\n{GRANTS}[approve]\nafter_untrusted_minutes = {minutes}\nexpires_minutes = 10\n'
    opened = open_gate(policy(document))

    async def take() -> None:
        for seconds, tool, said in steps:
            opened.clock.passed += seconds
            await opened.call(tool, CALLS[tool])
            waiting = [] if said is None else list(await opened.approvals.all())
            for each in waiting:
                now = opened.clock.now()
                await opened.approvals.answer(each.id, approved=said is True, by="olga", way=Way.CLI, now=now)

    asyncio.run(take())
    made = [each for each in opened.log.decisions if each.parent is None and each.effect is Effect.ALLOW]
    for number, each in enumerate(made):
        if each.access is Access.READ or each.approval is not None:
            continue
        read = [datetime.fromisoformat(one.at) for one in made[:number] if one.operation in TEXT]
        assert all(datetime.fromisoformat(each.at) - one >= timedelta(minutes=minutes) for one in read), each.sentence
