"""Approvals: one person's yes, for one call, with exactly these arguments, once (THREATS rows 3, 22, 31 and 33)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from crashgate.adapters.approval_store import SqliteApprovals
from crashgate.catalogue.bugsnag.errors import LIST_ERRORS
from crashgate.catalogue.registry import OPERATIONS
from crashgate.decisions.record import Effect
from crashgate.errors import ApprovalError, Code, NotAvailableError, StateUnavailableError
from crashgate.gateway.approval import ApprovalRequest, ApprovalStore, AskUser, Standing, Way
from crashgate.gateway.approvals import MOST_WAITING
from crashgate.gateway.ask import Ask
from crashgate.policy.policy import PolicySet
from crashgate.tools.registry import BY_NAME
from crashgate.tools.toolbox import Answer
from tests.gateway.gate import ACME, AGENT, IOS, Gate, ok, open_gate, policy, principal
from tests.gateway.memory import MemoryApprovals

GRANTS = (
    '[[grant]]\nconnection = "{}"\nprojects = ["checkout-ios"]\n'
    'access.error = "full"\naccess.comment = "write"\naccess.project = "read"\naccess.event = "read"\n'
)
APPROVE = '[approve]\noperations = ["bugsnag.errors.delete", "bugsnag.comments.create"]\nexpires_minutes = 10\n'
DELETE = {"project_id": IOS.id, "error_id": IOS.error}
COMMENT = {"project_id": IOS.id, "error_id": IOS.error, "message": "Seen by me."}


def gate(more: str = "", *, store: ApprovalStore | None = None) -> Gate:
    return open_gate(policy(GRANTS.format("bugsnag") + APPROVE + more), approvals=store)


async def _kept(opened: Gate) -> list[ApprovalRequest]:
    return list(await opened.approvals.all())


async def _answer(opened: Gate, *, approved: bool = True) -> ApprovalRequest:
    """The operator answers the newest request."""
    newest = (await _kept(opened))[-1]
    found = await opened.approvals.answer(newest.id, approved=approved, by="olga", way=Way.CLI, now=opened.clock.now())
    assert found is not None
    return found


def _told(answer: Answer) -> tuple[Code | None, object]:
    error: dict[str, Any] = answer.content.get("error", {})
    return answer.error, error.get("approval")


def _changes(opened: Gate) -> list[str]:
    return [line for line in opened.upstream.lines if not line.startswith("GET")]


@pytest.mark.threats(22)
async def test_without_an_approval_nothing_is_sent_and_a_request_waits() -> None:
    # Guards: Approvals.granted in Gateway._permitted.
    opened = gate()
    answer = await opened.call("delete_error", DELETE)
    (request,) = await _kept(opened)

    assert answer.content == {"error": {"code": "approval_required", "approval": request.id}}
    assert answer.text == (
        f"A person has to approve this first: delete error {IOS.error} in checkout-ios (bugsnag). The request"
        f" {request.id} waits for an answer until 2026-11-20T15:40:00.000Z. Ask the operator of crashgate to run"
        f" `crashgate approvals approve {request.id}`, then call again with the same arguments. Nothing was sent."
    )
    assert _changes(opened) == []
    last = opened.log.decisions[-1]
    assert (last.effect, last.reason, last.approval) == (Effect.DENY, "approval_required", request.id)
    asked = f"a person has to approve it first, and was asked as {request.id}"
    assert last.sentence.endswith(f"was refused: {asked}. Nothing but the look-up was sent.")


async def test_a_request_says_what_would_be_done_and_shows_no_more_than_the_log_may() -> None:
    opened = gate()
    await opened.call("create_comment", COMMENT)
    (request,) = await _kept(opened)

    assert replace(request, id="", digest="") == ApprovalRequest(
        id="",
        agent=AGENT,
        tool="create_comment",
        operation="bugsnag.comments.create",
        access=opened.log.decisions[-1].access or pytest.fail("no access"),
        connection="bugsnag",
        target=f"on error {IOS.error}",
        what=f"comment on error {IOS.error} in checkout-ios (bugsnag)",
        digest="",
        policy_hash=opened.policies.policies[AGENT].hash,
        call=opened.log.decisions[-1].call,
        asked=opened.clock.now(),
        expires=request.asked.replace(minute=40),
        minutes=10,
        arguments={"project_id": IOS.id, "error_id": IOS.error},
        hidden=("message",),
        texts={"message": "Seen by me."},
    )
    assert "Seen by me." not in repr(request)


@pytest.mark.threats(22)
async def test_an_approved_call_is_made_once_and_its_record_names_the_approval_and_who_gave_it() -> None:
    # Guards: ApprovalStore.use before the call is sent.
    opened = gate()
    await opened.call("delete_error", DELETE)
    approval = await _answer(opened)
    made = await opened.call("delete_error", DELETE)
    record = opened.log.decisions[-1]
    again = await opened.call("delete_error", DELETE)

    assert made.error is None, made.text
    assert (record.effect, record.approval, record.answered_by) == (Effect.ALLOW, approval.id, "olga")
    assert f"with approval {approval.id}" in opened.log.outcomes[-2].sentence + record.sentence
    assert again.error is Code.APPROVAL_REQUIRED
    assert len(_changes(opened)) == 1
    first, second = await _kept(opened)
    assert (first.standing, first.used_by, first.answered_by) == (Standing.USED, record.call, "olga")
    assert (second.standing, second.id == first.id) == (Standing.PENDING, False)


@pytest.mark.threats(22)
async def test_a_slug_and_its_id_mean_the_same_call() -> None:
    opened = gate()
    await opened.call("delete_error", {**DELETE, "project_id": "checkout-ios"})
    await _answer(opened)

    assert (await opened.call("delete_error", DELETE)).error is None


@pytest.mark.threats(22)
@pytest.mark.parametrize(
    "other", [{"message": "Seen by me!"}, {"message": "seen by me."}, {"error_id": f"5f{9:020x}20"}]
)
async def test_one_argument_changed_needs_another_approval(other: dict[str, str]) -> None:
    # Guards: the digest in Approvals._wanted, over all arguments, those too that nobody is shown.
    opened = gate()
    await opened.call("create_comment", COMMENT)
    await _answer(opened)
    answer = await opened.call("create_comment", {**COMMENT, **other})

    assert (answer.error, _changes(opened)) == (Code.APPROVAL_REQUIRED, [])
    assert len(await _kept(opened)) == 2


@pytest.mark.threats(22)
async def test_another_connection_or_operation_needs_another_approval() -> None:
    # Guards: connection and operation in the digest.
    names = ("bugsnag", "bugsnag-eu")
    grants = "".join(GRANTS.format(name) for name in names)
    asks = '[approve]\noperations = ["bugsnag.errors.delete", "bugsnag.errors.discard"]\n'
    opened = open_gate(policy(grants + asks, connections=names), connections=names)
    await opened.call("delete_error", {**DELETE, "connection": "bugsnag"})
    await _answer(opened)

    for tool, connection in (("delete_error", "bugsnag-eu"), ("discard_error", "bugsnag")):
        answer = await opened.call(tool, {**DELETE, "connection": connection})
        assert answer.error is Code.APPROVAL_REQUIRED, answer.text
    assert _changes(opened) == []


@pytest.mark.threats(22)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_another_agent_cannot_use_it(kind: str, tmp_path: Path) -> None:
    # Guards: the agent in ApprovalStore.request and use.
    store = MemoryApprovals() if kind == "memory" else SqliteApprovals(tmp_path)
    document = GRANTS.format("bugsnag") + APPROVE
    opened = open_gate(policy(document), policy(document, agent="another"), approvals=store)
    await opened.call("delete_error", DELETE)
    await _answer(opened)
    answer = await opened.call("delete_error", DELETE, agent="another")

    assert (answer.error, _changes(opened)) == (Code.APPROVAL_REQUIRED, [])


@pytest.mark.threats(22, 31)
async def test_an_approval_of_an_older_policy_is_good_for_nothing(tmp_path: Path) -> None:
    # Guards: the policy's hash in ApprovalStore.request and use.
    opened = gate(store=SqliteApprovals(tmp_path))
    await opened.call("delete_error", DELETE)
    await _answer(opened)
    opened.policies.policies = PolicySet([policy(GRANTS.format("bugsnag") + APPROVE + "# changed\n")])
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, _changes(opened)) == (Code.APPROVAL_REQUIRED, [])


@pytest.mark.threats(22)
async def test_requests_and_approvals_expire(tmp_path: Path) -> None:
    # Guards: the expiry in ApprovalStore.request, answer and use.
    opened = gate(store=SqliteApprovals(tmp_path))
    await opened.call("delete_error", DELETE)
    opened.clock.passed += 600
    late = await _answer(opened)
    assert late.standing is Standing.PENDING

    await opened.call("delete_error", DELETE)
    await _answer(opened)
    opened.clock.passed += 600
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, _changes(opened)) == (Code.APPROVAL_REQUIRED, [])
    assert len(await _kept(opened)) == 3


@pytest.mark.threats(22)
async def test_of_two_calls_at_once_exactly_one_uses_it(tmp_path: Path) -> None:
    # Guards: that ApprovalStore.use changes what it finds in the same statement.
    opened = gate(store=SqliteApprovals(tmp_path))
    await opened.call("delete_error", DELETE)
    await _answer(opened)
    errors: list[Code | None] = []

    async def call() -> None:
        errors.append((await opened.call("delete_error", DELETE)).error)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(call)

    assert sorted(map(str, errors)) == ["None", *["approval_required"] * 7]
    assert len(_changes(opened)) == 1


@pytest.mark.threats(22)
async def test_the_same_call_again_asks_nobody_twice() -> None:
    opened = gate()
    told = {_told(await opened.call("delete_error", DELETE)) for _ in range(3)}

    (request,) = await _kept(opened)
    assert told == {(Code.APPROVAL_REQUIRED, request.id)}


@pytest.mark.threats(22)
async def test_an_agent_cannot_tire_a_person_with_requests() -> None:
    # Guards: MOST_WAITING.
    opened = gate()
    for number in range(MOST_WAITING):
        await opened.call("create_comment", {**COMMENT, "message": str(number)})
    answer = await opened.call("create_comment", COMMENT)

    assert answer.error is Code.RATE_LIMITED
    assert len(await _kept(opened)) == MOST_WAITING
    assert opened.log.decisions[-1].reason == "rate_limited"


@pytest.mark.threats(22)
async def test_what_was_rejected_is_not_asked_again_until_it_expires() -> None:
    opened = gate()
    await opened.call("delete_error", DELETE)
    rejected = await _answer(opened, approved=False)
    answer = await opened.call("delete_error", DELETE)

    assert _told(answer) == (Code.APPROVAL_REJECTED, rejected.id)
    refused = opened.log.decisions[-1]
    assert (refused.reason, refused.approval, refused.answered_by) == ("approval_rejected", rejected.id, "olga")
    assert f"refused: olga was asked to approve it as {rejected.id}, and said no." in refused.sentence
    opened.clock.passed += 601
    assert (await opened.call("delete_error", DELETE)).error is Code.APPROVAL_REQUIRED


@pytest.mark.threats(22)
async def test_no_tool_and_no_operation_answers_a_request() -> None:
    opened = gate()
    answer = await opened.call("delete_error", DELETE)
    request = answer.content["error"]["approval"]
    for name in ("approve", "approvals_approve", "approve_request", "answer_approval"):
        assert (await opened.call(name, {"id": request, "approved": True})).error is Code.NOT_AVAILABLE
    smuggled = await opened.call("delete_error", {**DELETE, "approval": request})

    assert smuggled.error is Code.INVALID_ARGUMENTS
    assert [each.standing for each in await _kept(opened)] == [Standing.PENDING]
    assert not [name for name in [*BY_NAME, *(each.id for each in OPERATIONS)] if "approv" in name]


@pytest.mark.threats(22)
async def test_a_limit_is_looked_at_before_an_approval_is_used_up() -> None:
    opened = gate("[limits]\ndeletes_per_hour = 1\n")
    errors: list[Code | None] = []
    for _ in range(2):
        await opened.call("delete_error", DELETE)
        await _answer(opened)
        errors.append((await opened.call("delete_error", DELETE)).error)

    assert errors == [None, Code.RATE_LIMITED]
    assert [each.standing for each in await _kept(opened)] == [Standing.USED, Standing.APPROVED]


async def test_a_call_that_waits_for_a_person_is_no_delete_yet() -> None:
    opened = gate("[limits]\ndeletes_per_hour = 1\n")
    await opened.call("delete_error", DELETE)
    await _answer(opened)

    assert (await opened.call("delete_error", DELETE)).error is None


async def test_what_the_policy_refuses_asks_nobody() -> None:
    opened = open_gate(policy(GRANTS.format("bugsnag").replace('"full"', '"read"') + APPROVE))
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, await _kept(opened)) == (Code.NOT_AVAILABLE, [])


@pytest.mark.threats(33)
@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (StateUnavailableError("No state.", because="no approval can be found"), Code.STATE_UNAVAILABLE),
        (RuntimeError("a defect"), Code.INTERNAL),
    ],
)
async def test_without_the_store_nothing_is_sent(problem: Exception, code: Code) -> None:
    store = MemoryApprovals()
    store.broken = problem
    opened = gate(store=store)
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, _changes(opened)) == (code, [])
    assert opened.log.decisions[-1].effect is Effect.DENY


async def _asked(opened: Gate, ask_user: AskUser, **arguments: object) -> Answer:
    return await opened.toolbox.call(principal(), "delete_error", {**DELETE, **arguments}, ask_user=ask_user)


YES, NO = True, False


def _says(*answers: bool | None) -> tuple[AskUser, list[ApprovalRequest]]:
    """A person who answers so, and what was asked."""
    asked: list[ApprovalRequest] = []
    said = iter(answers)

    async def ask_user(request: ApprovalRequest) -> bool | None:
        await anyio.lowlevel.checkpoint()
        asked.append(request)
        return next(said)

    return ask_user, asked


@pytest.mark.threats(22)
async def test_a_yes_in_the_client_is_good_for_this_one_call() -> None:
    opened = gate()
    ask_user, asked = _says(YES, None)
    made = await _asked(opened, ask_user)
    again = await _asked(opened, ask_user)

    assert (made.error, again.error) == (None, Code.APPROVAL_REQUIRED)
    assert len(_changes(opened)) == 1
    first, second = await _kept(opened)
    assert [each.id for each in asked] == [first.id, second.id]
    assert (first.standing, first.way, first.answered_by) == (
        Standing.USED,
        Way.CLIENT,
        "the user at the agent's client",
    )
    assert [each.approval for each in opened.log.decisions if each.parent is None] == [first.id, second.id]


@pytest.mark.threats(22)
@pytest.mark.parametrize("said", [NO, "yes", 1])
async def test_whatever_is_no_plain_yes_is_a_no(said: Any) -> None:  # noqa: ANN401 - what a client may send
    opened = gate()
    ask_user, _ = _says(said)
    answer = await _asked(opened, ask_user)

    assert (answer.error, _changes(opened)) == (Code.APPROVAL_REJECTED, [])
    assert opened.log.decisions[-1].reason == "approval_rejected"


async def test_where_the_client_gives_no_answer_the_request_waits_for_the_operator() -> None:
    opened = gate()
    ask_user, _ = _says(None)
    waiting = await _asked(opened, ask_user)
    await _answer(opened)
    made = await opened.call("delete_error", DELETE)

    assert (waiting.error, made.error) == (Code.APPROVAL_REQUIRED, None)


@pytest.mark.threats(22)
async def test_nobody_is_asked_about_what_the_operator_rejected() -> None:
    opened = gate()
    await opened.call("delete_error", DELETE)
    await _answer(opened, approved=False)
    ask_user, asked = _says(YES)

    assert (await _asked(opened, ask_user)).error is Code.APPROVAL_REJECTED
    assert asked == []


@pytest.mark.threats(22, 31)
async def test_a_yes_after_the_policy_changed_comes_too_late() -> None:
    # Guards: the comparison of policies in Gateway._permitted after the person was asked.
    opened = gate()

    async def ask_user(_: ApprovalRequest) -> bool | None:
        await anyio.lowlevel.checkpoint()
        opened.policies.policies = PolicySet([policy("")])
        return True

    answer = await _asked(opened, ask_user)

    assert (answer.error, _changes(opened)) == (Code.NOT_AVAILABLE, [])
    assert opened.log.decisions[-1].effect is Effect.DENY


@pytest.mark.threats(22)
async def test_a_yes_after_the_request_expired_comes_too_late() -> None:
    opened = gate()

    async def ask_user(_: ApprovalRequest) -> bool | None:
        await anyio.lowlevel.checkpoint()
        opened.clock.passed += 600
        return True

    answer = await _asked(opened, ask_user)

    assert (answer.error, _changes(opened)) == (Code.APPROVAL_REQUIRED, [])


LISTING = '[approve]\noperations = ["bugsnag.errors.list"]\n'


def _list_errors(mark: str | None = None) -> Ask:
    return Ask(
        principal=principal(),
        tool="list_errors",
        operation=LIST_ERRORS,
        connection="bugsnag",
        arguments={"project_id": IOS.id},
        mark=mark,
    )


@pytest.mark.threats(22)
async def test_another_page_needs_another_approval() -> None:
    # Guards: the page in the digest.
    opened = open_gate(policy(GRANTS.format("bugsnag") + LISTING))
    for mark in (None, "offset=30"):
        with pytest.raises(ApprovalError):
            await opened.gateway.run(_list_errors(mark))
        if mark is None:
            await _answer(opened)

    assert len(await _kept(opened)) == 2


@pytest.mark.threats(22, 31)
async def test_a_list_that_is_read_on_ends_when_a_new_policy_asks_for_an_approval() -> None:
    # Guards: the second condition of Gateway._check_again.
    opened = open_gate(policy(GRANTS.format("bugsnag")))

    async def read() -> None:
        async with opened.gateway.reading(_list_errors()) as reading:
            opened.policies.policies = PolicySet([policy(GRANTS.format("bugsnag") + LISTING)])
            async for _ in reading.pages(None):
                pytest.fail("a page was read")

    with pytest.raises(NotAvailableError):
        await read()
    assert opened.upstream.lines == [f"GET /projects/{IOS.id}"]


@pytest.mark.threats(22)
async def test_what_the_gate_puts_in_is_part_of_what_is_approved() -> None:
    # Guards: that the digest is taken after Judge._keep.
    organization = '[[grant]]\nconnection = "bugsnag"\norganizations = ["acme"]\naccess.organization = "write"\n'
    opened = open_gate(policy(f'{organization}[approve]\noperations = ["bugsnag.organizations.update"]\n'))
    await opened.call("update_organization", {"organization_id": "acme", "billing_emails": []})
    await _answer(opened)
    renamed = {"id": ACME, "slug": "acme", "name": "Renamed", "auto_upgrade": True}
    opened.upstream.answers[f"/organizations/{ACME}"] = lambda _: ok(renamed)
    answer = await opened.call("update_organization", {"organization_id": "acme", "billing_emails": []})

    assert (answer.error, _changes(opened)) == (Code.APPROVAL_REQUIRED, [])
