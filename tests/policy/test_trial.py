"""What observe mode lets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.gate.argument_defaults import open_names
from crashgate.model.access import Access, Level
from crashgate.model.scope import PROJECT
from crashgate.policy.decide import decide, lets_through
from crashgate.policy.decision import Decision, Effect, Question, Reason
from crashgate.policy.policy import Mode, Policy
from crashgate.policy.review.explain import may_use
from crashgate.policy.switches import Switch, Switches
from tests.policy.builders import grant, place, policies, policy, question, questions

IOS = place("checkout-ios")
SWITCH = Switch(operation="bugsnag.error.read", line=1, source="policies/triage-agent.toml")
TRIED = policy(grant(projects=["checkout-*"], error=Level.READ), mode=Mode.OBSERVE)


def observed(held: Policy, asked: Question) -> tuple[Reason, bool]:
    decision = decide(held, asked)
    return decision.reason, lets_through(held, asked, decision)


@pytest.mark.parametrize(
    ("held", "asked", "reason"),
    [
        (TRIED, question(Access.WRITE, project=IOS), Reason.LEVEL_TOO_LOW),
        (TRIED, question(project=place("payments-api")), Reason.OUTSIDE_SCOPE),
        (TRIED, question(resource="event", project=IOS), Reason.NO_GRANT),
        (policy(mode=Mode.OBSERVE, off=Switches(all=(SWITCH,))), question(project=IOS), Reason.SWITCHED_OFF),
    ],
)
def test_a_denial_by_the_policy_is_let_through(held: Policy, asked: Question, reason: Reason) -> None:
    assert observed(held, asked) == (reason, True)
    assert may_use(held, asked)


@pytest.mark.ablation("observe mode lets no fault of the gate through", "an enforced policy is enforced")
@pytest.mark.threats(33)
def test_an_enforced_policy_an_unknown_agent_and_a_fault_let_nothing_through() -> None:
    asked = question(Access.WRITE, project=IOS)
    enforced = policy(grant(projects=["checkout-*"], error=Level.READ))
    fault = question(project=IOS, agent="another-agent")

    assert observed(enforced, asked) == (Reason.LEVEL_TOO_LOW, False)
    assert not lets_through(None, asked, decide(None, asked))
    assert observed(TRIED, fault) == (Reason.INTERNAL, False)


@pytest.mark.ablation("observe mode never lets a delete through")
@pytest.mark.threats(33)
@given(policies(), questions(), st.sampled_from(Mode))
def test_a_delete_is_never_let_through_and_what_is_allowed_is_never_called_observed(
    held: Policy, asked: Question, mode: Mode
) -> None:
    tried = policy(*held.grants[1:], mode=mode)
    decision: Decision = decide(tried, asked)

    if asked.access is Access.DELETE or decision.effect is not Effect.DENY or mode is Mode.ENFORCE:
        assert not lets_through(tried, asked, decision)
    else:
        assert lets_through(tried, asked, decision)


@pytest.mark.ablation("in observe mode no place is put in")
def test_in_trial_mode_no_place_is_fixed_for_others_are_let_through_too() -> None:
    one = grant(projects=["checkout-ios"], error=Level.READ)

    assert open_names(policy(one), question(), PROJECT) == ("checkout-ios",)
    assert open_names(policy(one, mode=Mode.OBSERVE), question(), PROJECT) is None
