"""What an operator has frozen is denied, in observe mode too, and nothing is allowed that was not before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.model.access import Access, Level
from crashgate.policy.decide import decide, lets_through
from crashgate.policy.decision import Buckets, Decision, Effect, Question, Reason
from crashgate.policy.policy import Mode, Policy
from crashgate.policy.serving import Freeze, Serving
from tests.policy.builders import grant, place, policies, policy, question, questions

IOS = place("checkout-ios")


def frozen(held: Policy, what: Freeze) -> Policy:
    return replace(held, serving=Serving(freeze=what))


@pytest.mark.ablation("a frozen agent is denied everything but what it may do")
def test_a_frozen_agent_is_denied_and_the_reason_says_who_can_end_it() -> None:
    held = frozen(policy(grant(projects=["*"], error=Level.FULL)), Freeze.ALL)

    assert decide(held, question(Access.READ, project=IOS)) == Decision(
        effect=Effect.DENY,
        reason=Reason.FROZEN,
        rule=None,
        policy_hash=held.hash,
        because="an operator has frozen the agent",
        would_allow="the operator can run `crashgate unfreeze`",
        buckets=Buckets(),
    )


@pytest.mark.ablation("an agent whose changes are frozen is denied them")
def test_where_changes_are_frozen_reading_goes_on() -> None:
    held = frozen(policy(grant(projects=["*"], error=Level.FULL)), Freeze.WRITES)
    found = {access: decide(held, question(access, project=IOS)).effect for access in Access}

    assert found == {Access.READ: Effect.ALLOW} | dict.fromkeys(set(Access) - {Access.READ}, Effect.DENY)


@given(policies(), questions(), st.sampled_from(Freeze))
def test_a_freeze_allows_nothing_more_and_observe_mode_does_not_end_it(
    held: Policy, asked: Question, what: Freeze
) -> None:
    whole, part = decide(held, asked), decide(frozen(held, what), asked)
    tried = replace(frozen(held, what), mode=Mode.OBSERVE)

    assert part == whole or (part.effect, part.reason) == (Effect.DENY, Reason.FROZEN)
    assert part.reason is not Reason.FROZEN or not lets_through(tried, asked, decide(tried, asked))
