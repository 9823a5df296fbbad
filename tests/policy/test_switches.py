"""Operations and parameters that are switched off by name, and those that a person has to approve."""

import pytest
from hypothesis import given

from crashgate.model.access import Access, Level
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Question, Reason
from crashgate.policy.limits import Approval
from crashgate.policy.policy import Policy
from crashgate.policy.review.explain import may_use
from crashgate.policy.switches import Switch, Switches
from tests.policy.builders import grant, place, policies, policy, question, questions

SOURCE = "policies/triage-agent.toml"
LIST = "bugsnag.error.read"
"""The operation of ``question()``."""

IOS = place("checkout-ios")
EVERYTHING = grant(projects=["*"], error=Level.FULL)
FILTERS = Switch(operation=LIST, parameter="filters", line=8, source=SOURCE)
WHOLE = Switch(operation=LIST, line=7, source=SOURCE)


def asked(*parameters: str) -> Question:
    return question(project=IOS, parameters=frozenset(parameters))


@pytest.mark.ablation("a switch by name denies")
def test_an_operation_that_is_switched_off_is_denied_whatever_is_granted() -> None:
    held = policy(EVERYTHING, off=Switches(all=(WHOLE,)))

    decision = decide(held, asked())

    assert (decision.effect, decision.reason, decision.rule) == (Effect.DENY, Reason.SWITCHED_OFF, WHOLE)
    assert decision.because == f"{SOURCE}, [off], switches {LIST} off, and off overrides every grant"
    assert decision.would_allow == f'take "{LIST}" out of {SOURCE}, [off] (line 7)'


def test_what_no_grant_gives_either_is_told_with_both_reasons() -> None:
    held = policy(off=Switches(all=(WHOLE,)))

    assert decide(held, asked()).would_allow == (
        f'take "{LIST}" out of {SOURCE}, [off] (line 7), and write a grant in {SOURCE} on connection "bugsnag" with'
        ' access.error = "read"'
    )


@pytest.mark.ablation("a switch of a parameter is on calls that give it")
def test_a_parameter_that_is_switched_off_denies_only_the_calls_that_give_it() -> None:
    held = policy(EVERYTHING, off=Switches(all=(FILTERS,)))

    assert decide(held, asked("sort")).effect is Effect.ALLOW
    assert decide(held, asked("sort", "filters")).rule == FILTERS


def test_another_operation_stays_as_it_was() -> None:
    held = policy(EVERYTHING, off=Switches(all=(WHOLE, FILTERS)))

    assert decide(held, question(Access.WRITE, project=IOS)).effect is Effect.ALLOW


@pytest.mark.threats(18)
def test_a_tool_that_is_switched_off_is_not_shown() -> None:
    held = policy(EVERYTHING, off=Switches(all=(WHOLE,)))

    assert not may_use(held, question())
    assert may_use(held, question(Access.WRITE))


@pytest.mark.ablation("a parameter that is off is not offered")
def test_only_parameters_of_the_operation_itself_are_kept_from_its_schema() -> None:
    off = Switches(all=(WHOLE, FILTERS, Switch(operation="other", parameter="sort", line=9, source=SOURCE)))

    assert off.parameters_of(LIST) == {"filters"}


@pytest.mark.ablation("an approval is asked where the policy says so")
@pytest.mark.threats(22)
def test_what_needs_approval_says_so_while_it_could_be_allowed_and_never_when_it_is_denied() -> None:
    held = policy(EVERYTHING, approval=Approval(operations=frozenset({LIST})))

    found = [
        decide(held, asked()),
        decide(held, question()),
        decide(held, question(Access.WRITE, project=IOS)),
        decide(policy(approval=held.approval), asked()),
    ]

    assert [(each.effect, each.needs_approval) for each in found] == [
        (Effect.ALLOW, True),
        (Effect.DEPENDS, True),
        (Effect.ALLOW, False),
        (Effect.DENY, False),
    ]


@pytest.mark.threats(33)
@given(policies(), questions())
def test_switching_off_takes_away_and_never_gives(held: Policy, about: Question) -> None:
    switch = Switch(operation=about.operation, line=1, source=SOURCE)
    narrowed = policy(*held.grants[1:], off=Switches(all=(switch,)))

    assert decide(narrowed, about).effect is Effect.DENY
