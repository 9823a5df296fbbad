"""What each policy has asked about after such reading, and what a new one changes (THREATS rows 5 and 31)."""

import pytest

from crashgate.audit.record import DecisionRecord, Effect
from crashgate.errors import Code, StateUnavailableError
from crashgate.policy.policy import PolicySet
from tests.gate.approvals import changes_sent
from tests.gate.gate import AGENT, Gate, open_gate, policy
from tests.gate.untrusted import COMMENT, GRANTS, HERE, HOUR, MINUTE, ONE, gate, last_call


async def test_a_policy_without_it_notes_nothing_and_asks_nobody() -> None:
    opened = gate(approve="")
    opened.counter.broken = StateUnavailableError("No state.", because="it is never looked at")
    await opened.call("list_errors", HERE)

    assert (await opened.call("delete_error", ONE)).error is None
    assert opened.counter.untrusted == {}


@pytest.mark.threats(5)
async def test_what_trial_mode_lets_through_is_asked_about_too() -> None:
    # What the policy refuses is let through in observe mode, but for deletes.
    opened = open_gate(policy('mode = "observe"\n' + GRANTS.replace('error = "full"', 'error = "off"') + HOUR))
    first = await opened.call("create_comment", COMMENT)
    tried = await opened.call("list_errors", HERE)
    record = last_call(opened)
    change = await opened.call("resolve_error", ONE)

    assert (first.error, tried.error, record.observed) == (None, None, True)
    assert (change.error, len(changes_sent(opened))) == (Code.APPROVAL_REQUIRED, 1)


def _once_decided(opened: Gate, approve: str) -> None:
    """Let another [approve] come into force as soon as the next call's decision is stored."""

    def change(record: object) -> bool:
        if isinstance(record, DecisionRecord) and record.parent is None:
            opened.policies.policies = PolicySet([policy(GRANTS + approve)])
        return False

    opened.log.refuse = change


@pytest.mark.ablation("a new policy that wants a person after reading is asked before a change leaves")
@pytest.mark.threats(5, 31)
async def test_a_change_is_not_sent_under_a_new_policy_that_wants_a_person_before_it() -> None:
    # Guards: UntrustedExposure.why in Gateway._check_again.
    opened = gate(HOUR.replace("60", "1"))
    await opened.call("list_errors", HERE)
    opened.clock.passed += 2 * MINUTE
    _once_decided(opened, HOUR)
    answer = await opened.call("delete_error", ONE)

    assert (answer.error, changes_sent(opened), last_call(opened).effect) == (Code.NOT_AVAILABLE, [], Effect.ALLOW)


@pytest.mark.ablation("reading under a new policy is noted before it leaves")
@pytest.mark.threats(5, 31)
async def test_a_reading_is_noted_under_a_new_policy_that_has_it() -> None:
    # Guards: UntrustedExposure.note in Gateway._check_again.
    opened = gate(approve="")
    _once_decided(opened, HOUR)
    answer = await opened.call("get_error", ONE)

    assert (answer.error, list(opened.counter.untrusted)) == (None, [AGENT])


@pytest.mark.threats(5)
async def test_what_the_policy_names_is_asked_about_whatever_was_read() -> None:
    opened = gate(HOUR + 'operations = ["bugsnag.errors.delete"]\n')
    answer = await opened.call("delete_error", ONE)
    (request,) = await opened.approvals.all()

    assert (answer.error, request.why) == (Code.APPROVAL_REQUIRED, "")
