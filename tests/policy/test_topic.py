"""Answers that a policy keeps: never another one than would be given anew, and never more than a few."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crashgate.model.access import Access, Level
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Question, Reason
from crashgate.policy.limits import Approval
from crashgate.policy.matching import MOST_ANSWERS, MOST_TOPICS
from crashgate.policy.policy import Policy
from crashgate.policy.switches import Switch, Switches
from tests.examples import examples
from tests.policy.builders import grant, place, policies, policy, question, questions

OPERATIONS = [f"bugsnag.{resource}.{access}" for resource in ("error", "organization") for access in Access]
PARAMETERS = ["filters", "sort"]

switches = st.builds(
    Switch,
    operation=st.sampled_from(OPERATIONS),
    parameter=st.none() | st.sampled_from(PARAMETERS),
    line=st.just(7),
    source=st.just("policies/triage-agent.toml"),
)
offs = st.lists(switches, max_size=3).map(lambda found: Switches(all=tuple(found)))
approvals = st.frozensets(st.sampled_from(OPERATIONS), max_size=2).map(lambda found: Approval(operations=found))


@st.composite
def asked(draw: st.DrawFn) -> Question:
    """Any question, with some of the parameters that may be switched off."""
    parameters = draw(st.frozensets(st.sampled_from(PARAMETERS)))
    return replace(draw(questions()), operation=draw(st.sampled_from(OPERATIONS)), parameters=parameters)


COVERED = policy(
    grant(1, organizations=["acme"], projects=["a", "b"], error=Level.FULL),
    grant(2, organizations=["acme"], projects=["a"], error=Level.OFF),
)
"""Open in b, and off in a; neither is certain before the organization is known."""


@pytest.mark.threats(33)
@settings(max_examples=examples(6))
@given(policies(), offs, approvals, st.lists(asked(), min_size=2, max_size=12))
@example(
    COVERED, Switches(), Approval(), [question(), question(project=place("a")), question(organization=place("acme"))]
)
def test_an_answer_that_was_kept_is_the_one_that_would_be_given_anew(
    held: Policy, off: Switches, approval: Approval, several: list[Question]
) -> None:
    held = replace(held, off=off, approval=approval)

    for each in [*several, *reversed(several)]:
        assert decide(held, each) == decide(replace(held), each)


@pytest.mark.ablation(
    "an answer that is kept is for the same places known", "an answer that is kept is for the same rules that hold"
)
def test_what_is_open_before_the_project_is_known_is_answered_anew_once_it_is() -> None:
    held = replace(COVERED)

    assert decide(held, question()).effect is Effect.DEPENDS
    assert decide(held, question(project=place("a"))).reason is Reason.SWITCHED_OFF
    assert decide(held, question(project=place("b"))).effect is Effect.DEPENDS


@pytest.mark.ablation(
    "an answer that is kept is for the same switches on the way", "an answer that is kept is for the same access"
)
def test_a_call_is_not_answered_as_one_with_other_parameters_or_a_lower_access() -> None:
    off = Switches(all=(Switch(operation="bugsnag.error.read", parameter="filters", line=7, source="a.toml"),))
    held = policy(grant(projects=["*"], error=Level.READ), off=off)
    plain = question(project=place("a"))

    assert decide(held, plain).reason is Reason.GRANTED
    assert decide(held, replace(plain, parameters=frozenset({"filters"}))).reason is Reason.SWITCHED_OFF
    assert decide(held, replace(plain, access=Access.DELETE)).reason is Reason.LEVEL_TOO_LOW
    assert decide(held, plain).reason is Reason.GRANTED


@pytest.mark.threats(33)
def test_no_agent_and_no_later_policy_gets_an_answer_of_another() -> None:
    first, second = (
        policy(grant(projects=["*"], error=level), agent=agent)
        for agent, level in (("first", Level.FULL), ("second", Level.READ))
    )
    later = replace(first, grants=second.grants, hash="cd" * 32)
    by_agent = {each: question(Access.WRITE, agent=each, project=place("a")) for each in ("first", "second")}

    for _ in range(2):
        assert decide(first, by_agent["first"]).effect is Effect.ALLOW
        assert decide(second, by_agent["second"]).reason is Reason.LEVEL_TOO_LOW
        assert decide(second, by_agent["first"]).reason is Reason.INTERNAL
        assert (decide(later, by_agent["first"]).effect, decide(later, by_agent["first"]).policy_hash) == (
            Effect.DENY,
            "cd" * 32,
        )


def test_places_that_nobody_asked_of_before_are_answered_from_what_was_kept() -> None:
    held = policy(grant(projects=["checkout-*"], error=Level.READ))

    first, other = (decide(held, question(project=place(name))) for name in ("checkout-ios", "checkout-web"))

    assert first is other


@pytest.mark.ablation("the answers that are kept do not grow")
def test_a_caller_that_varies_its_parameters_fills_no_memory() -> None:
    names = [f"parameter_{number}" for number in range(MOST_ANSWERS + 1)]
    off = [Switch(operation="bugsnag.error.read", parameter=name, line=7, source="a.toml") for name in names]
    held = policy(grant(projects=["*"], error=Level.READ), off=Switches(all=tuple(off)))
    several = [question(project=place("a"), parameters=frozenset({name})) for name in names]

    kept = [decide(held, each) for each in several]

    assert [decide(held, each) is one for each, one in zip(several, kept, strict=True)] == [True] * MOST_ANSWERS + [
        False
    ]
    assert decide(held, several[-1]) == kept[-1]


@pytest.mark.ablation("the kinds of question that are kept do not grow")
def test_whoever_asks_of_operations_without_end_makes_it_start_again() -> None:
    index = policy(grant(projects=["*"], error=Level.READ)).index
    first = index.topic(question())
    assert index.topic(question(project=place("a"))) is first

    for number in range(MOST_TOPICS):
        index.topic(replace(question(), operation=f"bugsnag.errors.{number}"))

    assert index.topic(question()) is not first
