"""``decide`` against a second reading of the rules, written from the design and sharing no code with it."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crashgate.model.access import Access, Level
from crashgate.model.scope import NOTHING, ORGANIZATION, PROJECT
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Place, Question, Reason
from crashgate.policy.grants import Grant, Rule
from crashgate.policy.policy import Policy
from crashgate.policy.review.explain import may_use
from tests.catalogue import KINDS
from tests.examples import examples
from tests.policy.builders import place, policies, question, questions, resources

ALLOWED_BY = {
    Access.READ: {Level.READ, Level.WRITE, Level.FULL},
    Access.WRITE: {Level.WRITE, Level.FULL},
    Access.DELETE: {Level.FULL},
}

# Patterns are up to three of "a", "b" and "*"; a name needs no letter but these and one more to tell them all apart.
EVERY_NAME = ["".join(letters) for size in (1, 2, 3) for letters in itertools.product("abc", repeat=size)]


def named(patterns: Sequence[str] | None, where: Place | None) -> bool:
    if patterns is None or where is None:
        return False
    expressions = [".*".join(re.escape(piece) for piece in pattern.split("*")) for pattern in patterns]
    return any(re.fullmatch(expression, name) for expression in expressions for name in where.names)


def holds(grant: Grant, asked: Question) -> bool:
    """Whether a grant speaks of the resource, there; all places must be known."""
    if grant.connection != asked.connection or asked.resource not in grant.access:
        return False
    if asked.dimension is NOTHING:
        return True
    if asked.dimension is ORGANIZATION:
        return named(grant.places.get(ORGANIZATION), asked.places.get(ORGANIZATION))
    around = grant.places.get(ORGANIZATION)
    within = around is None or named(around, asked.places.get(ORGANIZATION))
    return within and named(grant.places.get(PROJECT), asked.places.get(PROJECT))


def allowed(policy: Policy, asked: Question) -> bool:
    levels = [grant.access[asked.resource] for grant in policy.grants if holds(grant, asked)]
    return Level.OFF not in levels and any(level in ALLOWED_BY[asked.access] for level in levels)


def completions(asked: Question) -> Iterator[Question]:
    """The question with every place that it could turn out to be about."""
    organizations, projects = (
        [known] if (known := asked.places.get(kind)) else [place(name) for name in EVERY_NAME]
        for kind in (ORGANIZATION, PROJECT)
    )
    if asked.dimension is not PROJECT:
        projects = projects[:1]
    if asked.dimension is NOTHING:
        organizations = organizations[:1]
    for organization, project in itertools.product(organizations, projects):
        yield asked.at({ORGANIZATION: organization, PROJECT: project})


@pytest.mark.threats(33)
@settings(max_examples=examples(8))
@given(policies(), questions())
def test_where_all_places_are_known_the_decision_is_the_one_of_the_model(held: Policy, asked: Question) -> None:
    asked = asked.at({ORGANIZATION: place("a"), PROJECT: place("b"), **asked.places})

    decision = decide(held, asked)

    assert decision.effect is (Effect.ALLOW if allowed(held, asked) else Effect.DENY)
    assert decision.reason is not Reason.INTERNAL
    if decision.effect is Effect.ALLOW:
        assert isinstance(decision.rule, Rule)
        assert holds(held.grants[decision.rule.grant], asked)


@pytest.mark.threats(18, 33)
@settings(max_examples=examples(4))
@given(policies(), questions())
def test_without_a_place_the_answer_agrees_with_what_every_place_would_give(held: Policy, asked: Question) -> None:
    decision = decide(held, asked)
    outcomes = {allowed(held, completed) for completed in completions(asked)}

    if decision.effect is Effect.ALLOW:
        assert outcomes == {True}
    elif decision.effect is Effect.DENY:
        assert outcomes == {False}
    else:
        assert True in outcomes
        assert len(asked.places) < 2


@pytest.mark.threats(18)
@settings(max_examples=examples(4))
@given(policies(), st.sampled_from(Access), resources)
def test_a_tool_is_shown_if_and_only_if_some_call_of_it_could_be_allowed(
    held: Policy, access: Access, resource: str
) -> None:
    asked = question(access, resource)

    assert may_use(held, asked) is any(
        decide(held, completed).effect is Effect.ALLOW for completed in completions(asked)
    )


@pytest.mark.threats(33)
@given(policies(), questions())
def test_each_grant_stands_in_exactly_one_bucket(held: Policy, asked: Question) -> None:
    buckets = decide(held, asked).buckets
    rules = itertools.chain(
        buckets.granted,
        buckets.may_grant,
        buckets.switched_off,
        buckets.may_switch_off,
        buckets.too_low,
        buckets.outside,
    )

    assert sorted([*buckets.elsewhere, *(rule.grant for rule in rules)]) == [grant.index for grant in held.grants]


@given(policies(), questions())
def test_a_denial_says_what_would_allow_it_and_nothing_else_does(held: Policy, asked: Question) -> None:
    decision = decide(held, asked)

    assert bool(decision.would_allow) is (decision.effect is Effect.DENY)
    assert (decision.rule is None) is (decision.reason is Reason.NO_GRANT)


anything: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.lists(st.text(max_size=3), max_size=2),
    st.frozensets(st.one_of(st.text(max_size=3), st.integers()), max_size=2),
    st.sampled_from([*Access, *Level, *KINDS, *(level.value for level in Level), object(), "*", place("*")]),
)


@pytest.mark.threats(33)
@settings(max_examples=examples(8))
@given(policies(), questions(), st.sampled_from(sorted(Question.__slots__)), anything)
def test_a_mutated_question_never_raises_and_is_never_allowed_without_a_grant(
    held: Policy, asked: Question, field: str, value: object
) -> None:
    assume(type(value) is not type(getattr(asked, field)))
    object.__setattr__(asked, field, value)

    decision = decide(held, asked)

    if field in {"organization", "project"} and (value is None or type(value) is Place):
        assert decision.reason is not Reason.INTERNAL
    else:
        assert (decision.effect, decision.reason) == (Effect.DENY, Reason.INTERNAL)


@pytest.mark.threats(33)
@given(anything, anything)
def test_whatever_is_given_to_it_the_answer_is_a_decision(held: Any, asked: Any) -> None:  # noqa: ANN401 - anything at all
    assert decide(held, asked).effect is Effect.DENY
