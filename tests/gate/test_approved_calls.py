"""What an approval is good for: one call, with exactly these arguments, once (THREATS rows 22 and 31)."""

from pathlib import Path

import anyio
import pytest

from crashgate.audit.record import Effect
from crashgate.errors import ApprovalError, Code, NotAvailableError
from crashgate.gate.approval_requests import Standing
from crashgate.gate.call import Ask
from crashgate.policy.policy import PolicySet
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from crashgate.storage.approvals import SqliteApprovals
from tests.gate.approvals import APPROVE, COMMENT, DELETE, GRANTS, answer_newest, changes_sent, gate, kept
from tests.gate.gate import ACME, IOS, ok, open_gate, policy, principal
from tests.gate.memory import MemoryApprovals


@pytest.mark.ablation("an approval is used up")
@pytest.mark.threats(22)
async def test_an_approved_call_is_made_once_and_its_record_names_the_approval_and_who_gave_it() -> None:
    # Guards: ApprovalStore.use before the call is sent.
    opened = gate()
    await opened.call("delete_error", DELETE)
    approval = await answer_newest(opened)
    made = await opened.call("delete_error", DELETE)
    record = opened.log.decisions[-1]
    again = await opened.call("delete_error", DELETE)

    assert made.error is None, made.text
    assert (record.effect, record.approval, record.answered_by) == (Effect.ALLOW, approval.id, "olga")
    assert f"with approval {approval.id}" in opened.log.outcomes[-2].sentence + record.sentence
    assert again.error is Code.APPROVAL_REQUIRED
    assert len(changes_sent(opened)) == 1
    first, second = await kept(opened)
    assert (first.standing, first.used_by, first.answered_by) == (Standing.USED, record.call, "olga")
    assert (second.standing, second.id == first.id) == (Standing.PENDING, False)


@pytest.mark.threats(22)
async def test_a_slug_and_its_id_mean_the_same_call() -> None:
    opened = gate()
    await opened.call("delete_error", {**DELETE, "project_id": "checkout-ios"})
    await answer_newest(opened)

    assert (await opened.call("delete_error", DELETE)).error is None


@pytest.mark.ablation("an approval is of the arguments")
@pytest.mark.threats(22)
@pytest.mark.parametrize(
    "other", [{"message": "Seen by me!"}, {"message": "seen by me."}, {"error_id": f"5f{9:020x}20"}]
)
async def test_one_argument_changed_needs_another_approval(other: dict[str, str]) -> None:
    # Guards: the digest in Approvals._wanted, over all arguments, those too that nobody is shown.
    opened = gate()
    await opened.call("create_comment", COMMENT)
    await answer_newest(opened)
    answer = await opened.call("create_comment", {**COMMENT, **other})

    assert (answer.error, changes_sent(opened)) == (Code.APPROVAL_REQUIRED, [])
    assert len(await kept(opened)) == 2


@pytest.mark.ablation("an approval is of the operation", "an approval is of the connection")
@pytest.mark.threats(22)
async def test_another_connection_or_operation_needs_another_approval() -> None:
    # Guards: connection and operation in the digest.
    names = ("bugsnag", "bugsnag-eu")
    grants = "".join(GRANTS.format(name) for name in names)
    asks = '[approve]\noperations = ["bugsnag.errors.delete", "bugsnag.errors.discard"]\n'
    opened = open_gate(policy(grants + asks, connections=names), connections=names)
    await opened.call("delete_error", {**DELETE, "connection": "bugsnag"})
    await answer_newest(opened)

    for tool, connection in (("delete_error", "bugsnag-eu"), ("discard_error", "bugsnag")):
        answer = await opened.call(tool, {**DELETE, "connection": connection})
        assert answer.error is Code.APPROVAL_REQUIRED, answer.text
    assert changes_sent(opened) == []


@pytest.mark.threats(22)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_another_agent_cannot_use_it(kind: str, tmp_path: Path) -> None:
    # Guards: the agent in ApprovalStore.request and use.
    store = MemoryApprovals() if kind == "memory" else SqliteApprovals(tmp_path)
    document = GRANTS.format("bugsnag") + APPROVE
    opened = open_gate(policy(document), policy(document, agent="another"), approvals=store)
    await opened.call("delete_error", DELETE)
    await answer_newest(opened)
    answer = await opened.call("delete_error", DELETE, agent="another")

    assert (answer.error, changes_sent(opened)) == (Code.APPROVAL_REQUIRED, [])


@pytest.mark.threats(22, 31)
async def test_an_approval_of_an_older_policy_is_good_for_nothing(tmp_path: Path) -> None:
    # Guards: the policy's hash in ApprovalStore.request and use.
    opened = gate(store=SqliteApprovals(tmp_path))
    await opened.call("delete_error", DELETE)
    await answer_newest(opened)
    opened.policies.policies = PolicySet([policy(GRANTS.format("bugsnag") + APPROVE + "# changed\n")])
    answer = await opened.call("delete_error", DELETE)

    assert (answer.error, changes_sent(opened)) == (Code.APPROVAL_REQUIRED, [])


@pytest.mark.ablation("an approval that another call used is none")
@pytest.mark.threats(22)
async def test_of_two_calls_at_once_exactly_one_uses_it(tmp_path: Path) -> None:
    # Guards: that ApprovalStore.use changes what it finds in the same statement.
    opened = gate(store=SqliteApprovals(tmp_path))
    await opened.call("delete_error", DELETE)
    await answer_newest(opened)
    errors: list[Code | None] = []

    async def call() -> None:
        errors.append((await opened.call("delete_error", DELETE)).error)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(call)

    assert sorted(map(str, errors)) == ["None", *["approval_required"] * 7]
    assert len(changes_sent(opened)) == 1


@pytest.mark.ablation("a change that a person approved is counted")
@pytest.mark.threats(22)
async def test_a_limit_is_looked_at_before_an_approval_is_used_up() -> None:
    opened = gate("[limits]\ndeletes_per_hour = 1\n")
    errors: list[Code | None] = []
    for _ in range(2):
        await opened.call("delete_error", DELETE)
        await answer_newest(opened)
        errors.append((await opened.call("delete_error", DELETE)).error)

    assert errors == [None, Code.RATE_LIMITED]
    assert [each.standing for each in await kept(opened)] == [Standing.USED, Standing.APPROVED]


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


@pytest.mark.ablation("an approval is of the page")
@pytest.mark.threats(22)
async def test_another_page_needs_another_approval() -> None:
    # Guards: the page in the digest.
    opened = open_gate(policy(GRANTS.format("bugsnag") + LISTING))
    for mark in (None, "offset=30"):
        with pytest.raises(ApprovalError):
            await opened.gateway.run(_list_errors(mark))
        if mark is None:
            await answer_newest(opened)

    assert len(await kept(opened)) == 2


@pytest.mark.ablation("a new policy that asks for approval ends a reading")
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
    # Guards: that the digest is taken after plan._repeat_settings.
    organization = '[[grant]]\nconnection = "bugsnag"\norganizations = ["acme"]\naccess.organization = "write"\n'
    opened = open_gate(policy(f'{organization}[approve]\noperations = ["bugsnag.organizations.update"]\n'))
    await opened.call("update_organization", {"organization_id": "acme", "billing_emails": []})
    await answer_newest(opened)
    renamed = {"id": ACME, "slug": "acme", "name": "Renamed", "auto_upgrade": True}
    opened.upstream.answers[f"/organizations/{ACME}"] = lambda _: ok(renamed)
    answer = await opened.call("update_organization", {"organization_id": "acme", "billing_emails": []})

    assert (answer.error, changes_sent(opened)) == (Code.APPROVAL_REQUIRED, [])
