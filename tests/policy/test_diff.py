"""What widens and what narrows between two sets of policies."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.cli.tool_question import answer
from crashgate.model.access import Access, Level
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Question
from crashgate.policy.document import load
from crashgate.policy.grants import Grant
from crashgate.policy.policy import Policy, PolicySet, Vocabulary
from crashgate.policy.review.diff import Change, compare
from tests.catalogue import CATALOGUE, OPERATIONS, RESOURCES
from tests.policy.builders import HEAD, SOURCE, known, pattern_lists, places, policy, written

CONNECTIONS = {"bugsnag": "bugsnag"}
VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": RESOURCES["bugsnag"]})
GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.trend = "read"\n'
TRENDS = ("bugsnag.trends.get_on_project", "bugsnag.trends.get_on_error")


def held(body: str) -> PolicySet:
    return PolicySet([load(HEAD + body, source=SOURCE, vocabulary=VOCABULARY)])


def changes(before: str, after: str) -> list[tuple[bool, str, str, str]]:
    found = compare(held(before), held(after), CONNECTIONS, answer, CATALOGUE)
    return [(each.widens, each.subject, each.where, f"{each.before} to {each.after}") for each in found]


def operations(resource: str) -> list[str]:
    return [each.id for each in OPERATIONS if each.provider == "bugsnag" and each.resource == resource]


def test_documents_that_differ_in_words_only_mean_the_same() -> None:
    written_otherwise = GRANT.replace('access.trend = "read"', '\n[grant.access] # the same\ntrend = "read"')

    assert changes(GRANT, written_otherwise) == []


def test_a_further_place_widens_and_the_way_back_narrows() -> None:
    wider = GRANT.replace('"checkout-*"', '"checkout-*", "payments-api"')

    assert changes(GRANT, wider) == [
        (True, name, "project payments-api (bugsnag)", "deny to allow") for name in operations("trend")
    ]
    assert changes(wider, GRANT) == [
        (False, name, "project payments-api (bugsnag)", "allow to deny") for name in operations("trend")
    ]


def test_all_places_are_told_as_every_other() -> None:
    found = changes(GRANT, GRANT.replace("checkout-*", "*"))

    assert {where for _, _, where, _ in found} == {"every other project (bugsnag)"}
    assert {widens for widens, *_ in found} == {True}


def test_a_place_that_two_patterns_hold_is_found() -> None:
    off = GRANT + '[[grant]]\nconnection = "bugsnag"\nprojects = ["*-secret"]\naccess.trend = "off"\n'

    assert changes(off, GRANT) == [
        (True, name, "project checkout-* and project *-secret (bugsnag)", "deny to allow")
        for name in operations("trend")
    ]


def test_an_agent_that_comes_or_goes_is_told_with_all_it_may_do() -> None:
    nobody = PolicySet()

    found = compare(nobody, held(GRANT), CONNECTIONS, answer, CATALOGUE)

    assert found[0] == Change(
        agent="triage-agent", widens=True, subject="policy", where=SOURCE, before="none", after="one"
    )
    assert {each.subject for each in found[1:]} == set(operations("trend"))
    assert {(each.resource, each.levels) for each in found[1:]} == {("trend", (Level.OFF, Level.READ))}
    assert all(each.widens for each in found)
    assert not any(each.widens for each in compare(held(GRANT), nobody, CONNECTIONS, answer, CATALOGUE))


@pytest.mark.ablation("fewer minutes after reading widen")
@pytest.mark.parametrize(
    ("less", "more", "subject", "where", "told"),
    [
        (
            f'[off]\noperations = ["{operations("trend")[0]}"]\n',
            "",
            operations("trend")[0],
            "project checkout-* (bugsnag)",
            "deny to allow",
        ),
        (
            f'[approve]\noperations = ["{operations("trend")[0]}"]\n',
            "",
            operations("trend")[0],
            "project checkout-* (bugsnag)",
            "approve to allow",
        ),
        (
            f'[off]\nparameters = ["{operations("trend")[0]}.filters"]\n',
            "",
            f"{operations('trend')[0]} with filters",
            "project checkout-* (bugsnag)",
            "deny to allow",
        ),
        ("[limits]\ncalls_per_day = 5\n", "", "limits.calls_per_day", SOURCE, "5 to no limit"),
        (
            "[limits]\nrows_per_export = 5\n",
            "[limits]\nrows_per_export = 6\n",
            "limits.rows_per_export",
            SOURCE,
            "5 to 6",
        ),
        (
            "[approve]\nafter_untrusted_minutes = 60\n",
            "",
            "approve.after_untrusted_minutes",
            SOURCE,
            "60 to off",
        ),
        (
            "[approve]\nafter_untrusted_minutes = 60\n",
            "[approve]\nafter_untrusted_minutes = 59\n",
            "approve.after_untrusted_minutes",
            SOURCE,
            "60 to 59",
        ),
        ("[limits]\nexports_kept = 5\n", "", "limits.exports_kept", SOURCE, "5 to no limit"),
        ('[redact]\nfields = ["user.email"]\n', "", "redact", "event: user.email", "left out to shown"),
    ],
)
def test_less_of_what_holds_an_agent_back_widens(less: str, more: str, subject: str, where: str, told: str) -> None:
    back = " to ".join(reversed(told.split(" to ")))

    assert (True, subject, where, told) in changes(GRANT + less, GRANT + more)
    assert {widens for widens, *_ in changes(GRANT + less, GRANT + more)} == {True}
    assert (False, subject, where, back) in changes(GRANT + more, GRANT + less)


def test_trial_mode_widens_everything_but_deletes() -> None:
    found = compare(held(GRANT), held('mode = "observe"\n' + GRANT), CONNECTIONS, answer, CATALOGUE)
    deletes = {each.id for each in OPERATIONS if each.access is Access.DELETE}

    assert [(each.before, each.after) for each in found if each.subject == "mode"] == [("enforce", "observe")]
    assert {each.widens for each in found} == {True}
    assert {each.subject for each in found}.isdisjoint(deletes)
    assert "bugsnag.errors.fix" in {each.subject for each in found}


@st.composite
def _policies(draw: st.DrawFn) -> Policy:
    grants = [
        Grant(
            index=index,
            line=index,
            connection="bugsnag",
            places=written(draw(pattern_lists), draw(pattern_lists)),
            access={"error": draw(st.sampled_from(Level))},
            lines={},
        )
        for index in range(1, draw(st.integers(1, 3)) + 1)
    ]
    return policy(*grants)


@st.composite
def _questions(draw: st.DrawFn) -> Question:
    operation = draw(st.sampled_from([each for each in OPERATIONS if each.id in operations("error")]))
    return Question(
        agent="triage-agent",
        connection="bugsnag",
        operation=operation.id,
        resource="error",
        access=operation.access,
        dimension=operation.scope.dimension,
        places=known(draw(places), draw(places)),
    )


@pytest.mark.threats(33)
@given(_policies(), _policies(), st.lists(_questions(), min_size=10, max_size=10))
def test_whatever_is_newly_allowed_somewhere_is_told_as_wider(
    before: Policy, after: Policy, asked: list[Question]
) -> None:
    told: tuple[Change, ...] = compare(PolicySet([before]), PolicySet([after]), CONNECTIONS, answer, CATALOGUE)
    wider, narrower = ({each.subject for each in told if each.widens is which} for which in (True, False))

    for question in asked:
        one, two = (decide(each, question).effect is Effect.ALLOW for each in (before, after))
        if two and not one:
            assert question.operation in wider
        if one and not two:
            assert question.operation in narrower


def test_nothing_is_told_of_policies_that_are_the_same_but_for_their_text() -> None:
    one = held(GRANT)
    other = PolicySet([replace(each, hash="cd" * 32, about="Other words.") for each in one.values()])

    assert compare(one, other, CONNECTIONS, answer, CATALOGUE) == ()
