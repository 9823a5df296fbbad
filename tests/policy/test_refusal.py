import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.model.access import Level
from crashgate.policy.document import MAX_OWNER
from crashgate.policy.policy import Policy
from crashgate.policy.review.explain import refusal
from tests.policy.builders import grant, policies, policy

TRIAGE = policy(
    grant(1, projects=["checkout-ios", "checkout-android"], error=Level.WRITE),
    grant(2, organizations=["acme"], projects=["checkout-ios"], organization=Level.READ),
    grant(3, projects=["payments-api"], error=Level.OFF),
)


def test_a_refusal_says_what_the_agent_may_do_instead_and_who_owns_its_policy() -> None:
    assert refusal(TRIAGE, agent="triage-agent", tools=["list_errors", "my_access"]).text == (
        "Refused: this does not exist or cannot be looked up now, or the policy of triage-agent does not allow it."
        " You may use: list_errors, my_access."
        " You may look in: organizations acme; projects checkout-ios, checkout-android."
        " This policy belongs to mobile@example.com: ask there for more."
    )


def test_an_agent_that_holds_nothing_is_told_so() -> None:
    assert refusal(policy(), agent="triage-agent", tools=[]).text == (
        "Refused: this does not exist or cannot be looked up now, or the policy of triage-agent does not allow it."
        " You may not use any tool. Your policy names no place."
        " This policy belongs to mobile@example.com: ask there for more."
    )


def test_an_agent_without_a_policy_is_told_that_the_operator_can_add_one() -> None:
    assert refusal(None, agent="nobody\n\x1b", tools=["my_access"]).text == (
        "Refused: there is no policy for agent nobody , so it may not call anything."
        " The operator of this gateway can add a policy document for it."
    )


def test_a_long_list_is_cut_in_the_open() -> None:
    tools = [f"tool_number_{number}" for number in range(40)]
    told = refusal(TRIAGE, agent="triage-agent", tools=tools)

    shown = told.text.split("You may use: ")[1].split(", and ")[0].split(", ")
    assert shown == tools[:12] == list(told.tools)
    assert ", and 28 more." in told.text


@pytest.mark.threats(21)
def test_a_refusal_cannot_depend_on_what_was_asked_for() -> None:
    assert list(inspect.signature(refusal).parameters) == ["policy", "agent", "tools"]


def test_the_longest_refusal_fits_into_900_characters() -> None:
    widest = [f"{'w' * 28}{number:02}" for number in range(1000)]
    held = Policy(
        agent="a" * 64,
        about="x",
        owner="o" * MAX_OWNER,
        source=f"policies/{'a' * 64}.toml",
        hash="ab" * 32,
        grants=(grant(organizations=widest, projects=["p" * 80, *widest], error=Level.FULL),),
    )

    assert 700 < len(refusal(held, agent=held.agent, tools=["t" * 29] * 1000).text) <= 900


@given(policies(), st.text(max_size=200), st.lists(st.text(max_size=400), max_size=5))
def test_every_refusal_is_one_line_of_at_most_900_characters(held: Policy, agent: str, tools: list[str]) -> None:
    for told in (refusal(held, agent=agent, tools=tools), refusal(None, agent=agent, tools=tools)):
        assert len(told.text) <= 900
        assert told.message in told.text
        assert told.remedy in told.text
