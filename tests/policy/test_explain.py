import json
from dataclasses import asdict, replace

import pytest

from crashgate.model.access import Access, Level
from crashgate.model.scope import NOTHING, ORGANIZATION, PROJECT
from crashgate.policy.decide import decide
from crashgate.policy.decision import Place, Question
from crashgate.policy.grants import BUILT_IN, Rule
from crashgate.policy.limits import Approval
from crashgate.policy.policy import Policy, PolicySet, Vocabulary
from crashgate.policy.review.explain import (
    AccessSummary,
    ConnectionAccess,
    HeldLevel,
    MatrixRow,
    access_summary,
    explain,
    matrix,
    may_use,
)
from tests.catalogue import CATALOGUE
from tests.policy.builders import grant, place, policy, question

IOS = place("5f1000000000000000000001", "checkout-ios")
TRIAGE = policy(grant(projects=["checkout-*"], error=Level.WRITE))
SMALL = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": {"organization": ORGANIZATION, "error": PROJECT}})


@pytest.mark.parametrize(
    ("held", "asked", "sentence"),
    [
        pytest.param(
            TRIAGE,
            question(Access.WRITE, project=IOS),
            "triage-agent may write error in project checkout-ios (bugsnag):"
            " policies/triage-agent.toml, grant 1, gives error = write."
            " Decided by policies/triage-agent.toml, line 11.",
            id="allow",
        ),
        pytest.param(
            TRIAGE,
            question(Access.DELETE, project=IOS, organization=place("acme")),
            "triage-agent may not delete error in project checkout-ios of organization acme (bugsnag):"
            " policies/triage-agent.toml, grant 1, gives error = write, and delete needs full."
            " Decided by policies/triage-agent.toml, line 11."
            ' To allow it, write access.error = "full" in policies/triage-agent.toml, grant 1 (line 11).',
            id="deny",
        ),
        pytest.param(
            TRIAGE,
            question(),
            "triage-agent may, in some places, read error on bugsnag:"
            " policies/triage-agent.toml, grant 1, gives error = write in projects checkout-*,"
            " and the place is not known yet."
            " Decided by policies/triage-agent.toml, line 11.",
            id="depends",
        ),
        pytest.param(
            policy(),
            question(resource="access", connection="crashgate", dimension=NOTHING),
            "triage-agent may read access on crashgate: the built-in grant gives access = read.",
            id="built in",
        ),
        pytest.param(
            None,
            question(agent="nobody", project=place()),
            "nobody may not read error in project unnamed (bugsnag): there is no policy for agent nobody."
            ' To allow it, write a policy document with agent = "nobody".',
            id="unknown agent",
        ),
    ],
)
def test_a_decision_is_told_in_sentences(held: Policy | None, asked: Question, sentence: str) -> None:
    assert explain(decide(held, asked), asked) == sentence


@pytest.mark.threats(25)
def test_names_from_upstream_are_cleaned_before_they_are_told() -> None:
    asked = question(project=place("evil\u202e\x1b[31m\nname"))

    assert "in project evil[31m name (bugsnag)" in explain(decide(TRIAGE, asked), asked)


@pytest.mark.threats(18)
def test_an_operation_may_be_used_when_some_place_would_allow_it() -> None:
    assert may_use(TRIAGE, question(Access.WRITE))
    assert may_use(TRIAGE, question(Access.WRITE, project=IOS))
    assert not may_use(TRIAGE, question(Access.DELETE))
    assert not may_use(TRIAGE, question(project=place("payments-api")))
    assert not may_use(None, question())


def test_the_matrix_has_a_row_for_each_agent_connection_and_resource() -> None:
    reader = policy(
        grant(1, projects=["*"], error=Level.READ),
        grant(2, projects=["payments-*"], error=Level.OFF),
        agent="reader",
    )
    closed = policy(
        grant(1, projects=["checkout-ios"], error=Level.FULL),
        grant(2, projects=["checkout-*"], error=Level.OFF),
        agent="closed",
    )

    def row(held: Policy, level: Level) -> tuple[MatrixRow, ...]:
        first, second = held.grants[1:]
        own, exports = (Rule.of(BUILT_IN, each, source=held.source) for each in ("access", "export"))
        rules = (Rule.of(first, "error", source=held.source), Rule.of(second, "error", source=held.source))
        agent = held.agent
        return (
            MatrixRow(agent=agent, connection="crashgate", resource="access", level=Level.READ, rules=(own,)),
            MatrixRow(agent=agent, connection="crashgate", resource="export", level=Level.READ, rules=(exports,)),
            MatrixRow(agent=agent, connection="bugsnag", resource="organization", level=Level.OFF, rules=()),
            MatrixRow(agent=agent, connection="bugsnag", resource="error", level=level, rules=rules),
        )

    rows = matrix(PolicySet([reader, closed]), SMALL)

    assert rows == (*row(closed, Level.OFF), *row(reader, Level.READ))


def test_an_agent_is_told_what_it_holds_and_why_not_more() -> None:
    held = policy(
        grant(1, projects=["checkout-*"], error=Level.WRITE),
        grant(2, organizations=["acme"], projects=["checkout-web"], error=Level.OFF),
    )

    summary = access_summary(held, SMALL)

    assert summary == AccessSummary(
        agent="triage-agent",
        about="Reads crashes.",
        owner="mobile@example.com",
        connections=(
            ConnectionAccess(
                connection="bugsnag",
                held=(
                    HeldLevel(resource="error", level=Level.WRITE, places={"projects": ("checkout-*",)}),
                    HeldLevel(
                        resource="error",
                        level=Level.OFF,
                        places={"organizations": ("acme",), "projects": ("checkout-web",)},
                    ),
                ),
                not_granted=("organization",),
            ),
        ),
        why_not_more=(
            "Whatever the policy does not grant is denied: other places, other resources, higher levels."
            " Nothing is granted on bugsnag: organization."
            " read reads, write also changes, full also deletes; off overrides every grant."
            " The policy belongs to mobile@example.com: ask there for more."
        ),
    )
    assert json.dumps(asdict(summary))


@pytest.mark.threats(5)
def test_an_agent_is_told_when_a_person_has_to_approve_its_changes() -> None:
    held = replace(TRIAGE, approval=Approval(after_untrusted_minutes=60))

    told = " For 60 minutes after you ask for text that outsiders can write, a person has to approve every change."
    assert told in access_summary(held, SMALL).why_not_more
    assert told not in access_summary(TRIAGE, SMALL).why_not_more


@pytest.mark.threats(21)
def test_an_agent_is_not_told_of_connections_that_its_policy_does_not_name() -> None:
    more = Vocabulary(catalogue=CATALOGUE, connections={**SMALL.connections, "devrev": {"session": NOTHING}})

    assert access_summary(TRIAGE, more) == access_summary(TRIAGE, SMALL)


def test_a_place_is_spoken_of_by_its_slug() -> None:
    assert IOS.spoken == "checkout-ios"
    assert place("5f1000000000000000000001").spoken == "5f1000000000000000000001"
    assert Place(names=frozenset()).spoken == "unnamed"
