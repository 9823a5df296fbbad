"""A person between reading what outsiders can write and changing anything (THREATS rows 5, 22, 23 and 33)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.adapters.limit_store import FILE, SqliteCounter
from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag.errors import LIST_ERRORS
from crashgate.catalogue.own.exports import READ_EXPORT
from crashgate.catalogue.result import Page
from crashgate.decisions.record import DecisionRecord, Effect
from crashgate.errors import Code, LogUnavailableError, StateUnavailableError
from crashgate.gateway.approval import ApprovalRequest, Standing, Way
from crashgate.gateway.ask import Ask
from crashgate.gateway.limiter import Counter
from crashgate.policy.policy import PolicySet
from crashgate.upstream.message import Request, Response
from tests.gateway.gate import (
    ACME,
    AGENT,
    ANDROID,
    IOS,
    PAYMENTS,
    Gate,
    PlayedUpstream,
    ok,
    open_gate,
    policy,
    principal,
)

GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    'access.error = "full"\naccess.comment = "write"\naccess.event = "read"\naccess.trend = "read"\n'
)
HOUR = "[approve]\nafter_untrusted_minutes = 60\nexpires_minutes = 10\n"
HERE = {"project_id": IOS.id}
ONE = {**HERE, "error_id": IOS.error}
COMMENT = {**ONE, "message": "Seen."}
BUCKETS = {**HERE, "buckets_count": 2}
MINUTE = 60.0
WHY = "text that outsiders can write was asked for less than 60 minutes ago"


def gate(approve: str = HOUR, more: str = "", *, counter: Counter | None = None) -> Gate:
    return open_gate(policy(GRANTS + approve + more), counter=counter)


def _changes(opened: Gate) -> list[str]:
    return [line for line in opened.upstream.lines if not line.startswith("GET")]


def _last(opened: Gate) -> DecisionRecord:
    return [each for each in opened.log.decisions if each.parent is None][-1]


async def _answer(opened: Gate, *, approved: bool = True) -> ApprovalRequest:
    """The operator answers the newest request."""
    newest = list(await opened.approvals.all())[-1]
    found = await opened.approvals.answer(newest.id, approved=approved, by="olga", way=Way.CLI, now=opened.clock.now())
    assert found is not None
    return found


@pytest.mark.threats(5)
async def test_a_change_after_such_reading_waits_for_a_person_and_says_why() -> None:
    # Guards: Taint.why in Gateway._permitted.
    opened = gate()
    assert (await opened.call("list_errors", HERE)).error is None
    opened.clock.passed += 59 * MINUTE
    answer = await opened.call("delete_error", ONE)
    (request,) = await opened.approvals.all()

    assert answer.content == {"error": {"code": "approval_required", "approval": request.id}}
    assert answer.text == (
        f"A person has to approve this first: delete error {IOS.error} in checkout-ios (bugsnag). Text that outsiders"
        f" can write was asked for less than 60 minutes ago. The request {request.id} waits for an answer until"
        " 2026-11-20T16:39:00.000Z. Ask the operator of crashgate to run"
        f" `crashgate approvals approve {request.id}`, then call again with the same arguments. Nothing was sent."
    )
    assert (_changes(opened), request.why) == ([], WHY)
    last = _last(opened)
    assert (last.effect, last.reason, last.approval) == (Effect.DENY, "approval_required", request.id)
    asked = f"{WHY}, so a person has to approve it first, and was asked as {request.id}"
    assert last.sentence.endswith(f"was refused: {asked}. Nothing but the look-up was sent.")


@pytest.mark.threats(5, 22)
async def test_once_a_person_agrees_this_one_call_is_made_once() -> None:
    opened = gate()
    await opened.call("list_errors", HERE)
    await opened.call("delete_error", ONE)
    approval = await _answer(opened)
    other = await opened.call("create_comment", COMMENT)
    made = await opened.call("delete_error", ONE)
    record = _last(opened)
    again = await opened.call("delete_error", ONE)

    assert (other.error, made.error, again.error) == (Code.APPROVAL_REQUIRED, None, Code.APPROVAL_REQUIRED)
    assert (record.effect, record.reason, record.approval) == (Effect.ALLOW, "granted", approval.id)
    assert len(_changes(opened)) == 1


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


@pytest.mark.threats(5)
@pytest.mark.parametrize(
    ("tool", "arguments"), [("delete_error", ONE), ("resolve_error", ONE), ("create_comment", COMMENT)]
)
async def test_every_change_is_asked_about_and_no_reading(tool: str, arguments: Mapping[str, Any]) -> None:
    opened = gate()
    await opened.call("list_events", HERE)

    assert (await opened.call(tool, arguments)).error is Code.APPROVAL_REQUIRED
    assert (await opened.call("get_error", ONE)).error is None
    assert _changes(opened) == []


async def test_before_any_such_reading_nobody_is_asked() -> None:
    opened = gate()
    made = [await opened.call("delete_error", ONE), await opened.call("create_comment", COMMENT)]

    assert [each.error for each in made] == [None, None]


async def test_what_holds_no_such_text_does_not_count_and_nor_do_look_ups_of_the_gate() -> None:
    # Each call looks the project up, and its name is somebody's text.
    opened = gate()
    answers = [
        await opened.call("my_access"),
        await opened.call("get_trend", BUCKETS),
        await opened.call("delete_error", ONE),
        await opened.call("delete_error", ONE),
    ]

    assert [each.error for each in answers] == [None] * 4
    assert (opened.counter.untrusted, f"GET /projects/{IOS.id}" in opened.upstream.lines) == ({}, True)


async def test_what_was_refused_does_not_count() -> None:
    opened = gate(more="[limits]\ncalls_per_hour = 3\n")
    refused = [
        await opened.call("list_errors", {"project_id": PAYMENTS.id}),
        await opened.call("list_releases", HERE),
        await opened.call("get_error", {**HERE, "error_id": "nonsense"}),
        await opened.call("get_trend", BUCKETS),
        await opened.call("delete_error", ONE),
        await opened.call("list_errors", HERE),
    ]

    assert [each.error for each in refused if each.error] == [
        Code.NOT_AVAILABLE,
        Code.NOT_AVAILABLE,
        Code.INVALID_ARGUMENTS,
        Code.RATE_LIMITED,
    ]
    assert opened.counter.untrusted == {}


@pytest.mark.threats(5)
async def test_a_change_that_answers_with_such_text_counts_too() -> None:
    opened = gate()
    first = await opened.call("resolve_error", ONE)
    second = await opened.call("resolve_error", ONE)

    assert (first.error, second.error, len(_changes(opened))) == (None, Code.APPROVAL_REQUIRED, 1)


@pytest.mark.threats(5)
async def test_such_a_change_counts_too_where_a_person_approved_it() -> None:
    opened = gate()
    await opened.call("list_errors", HERE)
    opened.clock.passed += 59 * MINUTE
    await opened.call("resolve_error", ONE)
    await _answer(opened)
    made = await opened.call("resolve_error", ONE)
    opened.clock.passed += 59 * MINUTE

    assert (made.error, (await opened.call("delete_error", ONE)).error) == (None, Code.APPROVAL_REQUIRED)


@pytest.mark.threats(5)
async def test_reading_an_export_back_counts() -> None:
    # Guards: gives_back of READ_EXPORT.
    opened = gate()

    async def file() -> Page[Any]:
        return Page(rows=())

    ask = Ask(
        principal=principal(),
        tool=None,
        operation=READ_EXPORT,
        connection="crashgate",
        arguments={"export_id": "0" * 24},
        answer=file,
    )
    await opened.gateway.run(ask)

    assert (await opened.call("delete_error", ONE)).error is Code.APPROVAL_REQUIRED


def _export() -> Ask:
    return Ask(
        principal=principal(), tool="list_errors", operation=LIST_ERRORS, connection="bugsnag", arguments=dict(HERE)
    )


@pytest.mark.threats(5)
async def test_a_long_export_counts_to_its_end() -> None:
    # Guards: Taint.note in Gateway._next_of.
    opened = gate()
    async with opened.gateway.reading(_export()) as reading:
        opened.clock.passed += 59 * MINUTE
        assert len([page async for page in reading.pages(None)]) == 1
    opened.clock.passed += 59 * MINUTE

    assert (await opened.call("delete_error", ONE)).error is Code.APPROVAL_REQUIRED


async def _none_read(opened: Gate) -> None:
    async with opened.gateway.reading(_export()):
        """No page is read."""


@pytest.mark.threats(5)
async def test_an_export_counts_from_its_start() -> None:
    opened = gate()
    await _none_read(opened)

    assert (await opened.call("delete_error", ONE)).error is Code.APPROVAL_REQUIRED


@pytest.mark.threats(5)
async def test_it_is_noted_before_anything_is_sent() -> None:
    # Guards: Taint.note in Gateway._permitted.
    opened, noted = gate(), list[bool]()

    def answer(_: Request) -> Response:
        noted.append("triage-agent" in opened.counter.untrusted)
        return ok([])

    opened.upstream.answers[f"/projects/{IOS.id}/errors"] = answer
    await opened.call("list_errors", HERE)

    assert noted == [True]


@dataclass(kw_only=True)
class _Slow(PlayedUpstream):
    """Holds the lists of errors back until the test lets them go."""

    asked: anyio.Event = field(default_factory=anyio.Event)
    go: anyio.Event = field(default_factory=anyio.Event)

    async def send(self, request: Request) -> Response:
        if request.url.partition("?")[0].endswith("/errors"):
            self.asked.set()
            await self.go.wait()
        return await super().send(request)


@pytest.mark.threats(5)
async def test_a_change_while_such_reading_is_under_way_is_asked_about() -> None:
    upstream = _Slow(organizations={ACME: "acme"}, sites=(IOS, ANDROID, PAYMENTS))
    opened = open_gate(policy(GRANTS + HOUR), upstream=upstream)
    errors: list[Code | None] = []
    async with anyio.create_task_group() as group:
        group.start_soon(opened.call, "list_errors", HERE)
        await upstream.asked.wait()
        errors.append((await opened.call("delete_error", ONE)).error)
        upstream.go.set()

    assert (errors, _changes(opened)) == ([Code.APPROVAL_REQUIRED], [])


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


async def test_a_policy_without_it_notes_nothing_and_asks_nobody() -> None:
    opened = gate(approve="")
    opened.counter.broken = StateUnavailableError("No state.", because="it is never looked at")
    await opened.call("list_errors", HERE)

    assert (await opened.call("delete_error", ONE)).error is None
    assert opened.counter.untrusted == {}


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


@pytest.mark.threats(5, 33)
async def test_an_export_ends_where_its_pages_cannot_be_noted() -> None:
    opened = gate()

    async def read() -> None:
        async with opened.gateway.reading(_export()) as reading:
            opened.counter.broken = StateUnavailableError("No state.", because="it cannot be noted")
            async for _ in reading.pages(None):
                pytest.fail("a page was read")

    with pytest.raises(StateUnavailableError):
        await read()


@pytest.mark.threats(5)
async def test_what_trial_mode_lets_through_is_asked_about_too() -> None:
    # What the policy refuses is let through in trial mode, but for deletes.
    opened = open_gate(policy('mode = "observe"\n' + GRANTS.replace('error = "full"', 'error = "off"') + HOUR))
    first = await opened.call("create_comment", COMMENT)
    tried = await opened.call("list_errors", HERE)
    record = _last(opened)
    change = await opened.call("resolve_error", ONE)

    assert (first.error, tried.error, record.observed) == (None, None, True)
    assert (change.error, len(_changes(opened))) == (Code.APPROVAL_REQUIRED, 1)


def _once_decided(opened: Gate, approve: str) -> None:
    """Let another [approve] come into force as soon as the next call's decision is stored."""

    def change(record: object) -> bool:
        if isinstance(record, DecisionRecord) and record.parent is None:
            opened.policies.policies = PolicySet([policy(GRANTS + approve)])
        return False

    opened.log.refuse = change


@pytest.mark.threats(5, 31)
async def test_a_change_is_not_sent_under_a_new_policy_that_wants_a_person_before_it() -> None:
    # Guards: Taint.why in Gateway._check_again.
    opened = gate(HOUR.replace("60", "1"))
    await opened.call("list_errors", HERE)
    opened.clock.passed += 2 * MINUTE
    _once_decided(opened, HOUR)
    answer = await opened.call("delete_error", ONE)

    assert (answer.error, _changes(opened), _last(opened).effect) == (Code.NOT_AVAILABLE, [], Effect.ALLOW)


@pytest.mark.threats(5, 31)
async def test_a_reading_is_noted_under_a_new_policy_that_has_it() -> None:
    # Guards: Taint.note in Gateway._check_again.
    opened = gate(approve="")
    _once_decided(opened, HOUR)
    answer = await opened.call("get_error", ONE)

    assert (answer.error, list(opened.counter.untrusted)) == (None, [AGENT])


SHORT = "[approve]\nafter_untrusted_minutes = 1\nexpires_minutes = 10\n"


@pytest.mark.threats(5, 22)
async def test_a_no_holds_until_it_expires_also_when_nobody_would_be_asked_any_more() -> None:
    # Guards: Approvals.still_asked.
    opened = gate(SHORT)
    await opened.call("list_errors", HERE)
    await opened.call("delete_error", ONE)
    rejected = await _answer(opened, approved=False)
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
    approval = await _answer(opened)
    made = await opened.call("delete_error", ONE)

    assert (waiting.error, made.error) == (Code.APPROVAL_REQUIRED, None)
    assert [(each.id, each.standing) for each in await opened.approvals.all()] == [(approval.id, Standing.USED)]


@pytest.mark.threats(5)
async def test_what_the_policy_names_is_asked_about_whatever_was_read() -> None:
    opened = gate(HOUR + 'operations = ["bugsnag.errors.delete"]\n')
    answer = await opened.call("delete_error", ONE)
    (request,) = await opened.approvals.all()

    assert (answer.error, request.why) == (Code.APPROVAL_REQUIRED, "")


@pytest.mark.threats(28)
async def test_what_is_noted_is_no_record_and_replaces_none() -> None:
    opened = gate()

    def refuse(record: object) -> bool:
        return isinstance(record, DecisionRecord) and record.parent is None

    opened.log.refuse = refuse
    answer = await opened.call("list_errors", HERE)

    assert (answer.error, opened.upstream.lines) == (LogUnavailableError("").code, [f"GET /projects/{IOS.id}"])


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
