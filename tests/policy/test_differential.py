"""``decide`` against Cedar on the exported policies: 2,000 questions here, 100,000 in benchmarks/differential.py."""

from collections import Counter

import pytest
from hypothesis import given, settings

from crashgate.model.access import Level
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect
from crashgate.policy.review import cedar
from tests.examples import examples
from tests.policy import cedar_engine
from tests.policy.builders import VOCABULARY as SMALL
from tests.policy.builders import grant, loaded, place, policy, question
from tests.policy.cases import CALLED, SCOPES, VOCABULARY, Case, cases, ours, theirs


@pytest.mark.threats(33)
@settings(max_examples=examples(2))
@given(cases())
def test_on_any_policies_and_questions_cedar_decides_the_same(case: Case) -> None:
    assert ours(case) == theirs(case)


def test_every_way_in_which_a_call_names_its_place_is_compared() -> None:
    assert {scope for _, scope in CALLED} == set(SCOPES)


def test_the_drawn_questions_are_allowed_and_refused_often_enough_to_tell() -> None:
    seen: Counter[bool] = Counter()

    @settings(max_examples=20, database=None)
    @given(cases())
    def count(case: Case) -> None:
        seen.update(ours(case))

    count()

    assert min(seen[True], seen[False]) > 40


@settings(max_examples=examples(0.4))
@given(cases())
def test_what_is_exported_fits_the_exported_schema(case: Case) -> None:
    text = cedar.policies(case.policies.values(), VOCABULARY)

    assert cedar_engine.faults(text, cedar.schema(VOCABULARY)) == []


@pytest.mark.threats(33)
def test_where_a_place_is_not_known_what_might_be_off_is_off_for_both() -> None:
    held = policy(
        grant(projects=["*"], error=Level.FULL),
        grant(2, projects=["*"], organizations=["acme"], error=Level.OFF),
    )
    text = cedar.policies([held], SMALL)
    asked = [question(project=place("x"), organization=each) for each in (None, place("acme"), place("globex"))]

    assert [decide(held, each).effect is Effect.ALLOW for each in asked] == [False, False, True]
    assert cedar_engine.allowed([cedar.request(each) for each in asked], text) == [False, False, True]


def test_cedar_names_the_line_that_decided() -> None:
    held = policy(grant(projects=["checkout-*"], error=Level.WRITE))
    asked = question(project=place("checkout-ios"))

    named = cedar_engine.deciding(cedar.request(asked), cedar.policies([held], SMALL))

    assert named == ["policies/triage-agent.toml, grant 1, error = write"]


def test_a_grant_becomes_text_that_people_can_read() -> None:
    held = loaded(
        '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\norganizations = ["acme"]\n'
        'access.error = "write"\n[off]\noperations = ["bugsnag.errors.fix"]\n'
    )

    first, *_, last = cedar.policies([held], SMALL).split("\n\n")

    assert first == (
        '@id("policies/triage-agent.toml, [off], bugsnag.errors.fix")\n'
        'forbid (principal == Agent::"triage-agent", action, resource)\n'
        'when { context.operation == "bugsnag.errors.fix" };'
    )
    assert last == (
        '@id("policies/triage-agent.toml, grant 1, error = write")\n'
        'permit (principal == Agent::"triage-agent", action in [Action::"read", Action::"write"],'
        ' resource == Resource::"bugsnag/error")\n'
        "when { context has project &&"
        ' (context.project.id like "checkout-*" || context.project.slug like "checkout-*") }\n'
        "when { context has organization &&"
        ' (context.organization.id == "acme" || context.organization.slug == "acme") };\n'
    )


def test_a_place_of_three_names_has_no_request() -> None:
    with pytest.raises(ValueError, match="no third name"):
        cedar.request(question(project=place("a", "b", "c")))
