"""A kind of place that a plug-in declares is a word of grants, schemas and messages, without any other change."""

from dataclasses import replace

import pytest

from crashgate.errors import PolicyDocumentError
from crashgate.model.access import Access, Level
from crashgate.model.scope import ORGANIZATION, PROJECT, Dimension, kinds_of
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Place
from crashgate.policy.document import load
from crashgate.policy.policy import Vocabulary
from crashgate.policy.review import cedar
from crashgate.policy.review.explain import explain, refusal
from crashgate.policy.review.starter import first_policy
from crashgate.policy.schema import document_schema
from tests.catalogue import CATALOGUE
from tests.policy import cedar_engine
from tests.policy.builders import HEAD, SOURCE, question

WORKSPACE = Dimension(noun="workspace", plural="workspaces", two_names=True)
TEAM = Dimension(noun="team", plural="teams", wider=WORKSPACE, cased=True)
VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"tracker": {"error": TEAM, "workspace": WORKSPACE}})
GRANT = '[[grant]]\nconnection = "tracker"\nworkspaces = ["acme"]\nteams = ["Mobile-*"]\naccess.error = "write"\n'
POLICY = load(HEAD + GRANT, source=SOURCE, vocabulary=VOCABULARY)
ASKED = replace(question(Access.WRITE, connection="tracker"), dimension=TEAM)


def asked(team: str, workspace: str) -> Effect:
    places = {TEAM: Place(names=frozenset({team})), WORKSPACE: Place(names=frozenset({workspace}))}
    return decide(POLICY, ASKED.at(places)).effect


def test_a_grant_names_it_and_holds_there_alone() -> None:
    assert asked("Mobile-iOS", "acme") is Effect.ALLOW
    assert asked("Mobile-iOS", "globex") is Effect.DENY
    assert asked("mobile-ios", "acme") is Effect.DENY
    assert decide(POLICY, ASKED).effect is Effect.DEPENDS


def test_it_is_called_by_its_own_words() -> None:
    there = ASKED.at({TEAM: Place(names=frozenset({"Web"})), WORKSPACE: Place(names=frozenset({"acme"}))})

    assert explain(decide(POLICY, there), there).startswith(
        "triage-agent may not write error in team Web of workspace acme (tracker):"
        " policies/triage-agent.toml, grant 1, gives error = write only in teams Mobile-* of workspaces acme."
    )
    assert "You may look in: workspaces acme; teams Mobile-*." in refusal(POLICY, agent="triage-agent", tools=()).text


def test_a_document_without_it_is_told_to_name_it() -> None:
    with pytest.raises(PolicyDocumentError, match=r'names no teams; write teams = \[\.\.\.\] or teams = \["\*"\]'):
        load(HEAD + GRANT.replace('teams = ["Mobile-*"]\n', ""), source=SOURCE, vocabulary=VOCABULARY)
    with pytest.raises(PolicyDocumentError, match="unknown key `team`; did you mean `teams`"):
        load(HEAD + GRANT.replace("teams", "team"), source=SOURCE, vocabulary=VOCABULARY)


def test_the_schemas_and_cedar_know_it() -> None:
    properties = document_schema(VOCABULARY)["properties"]["grant"]["items"]["properties"]
    assert {"workspaces", "teams", "projects"} <= properties.keys()
    assert "/" in properties["teams"]["items"]["pattern"]
    assert "/" not in properties["workspaces"]["items"]["pattern"]

    text = cedar.policies([POLICY], VOCABULARY)
    assert cedar_engine.faults(text, cedar.schema(VOCABULARY)) == []


def test_a_starter_policy_names_it() -> None:
    connections = {"tracker": "bugsnag"}
    places = {"tracker": {TEAM: ("Mobile-iOS",), WORKSPACE: ("acme",)}}
    policy = load(
        first_policy("triage-agent", "team@example.com", places, VOCABULARY, connections),
        source=SOURCE,
        vocabulary=VOCABULARY,
    )

    assert policy.grants[1].places == {TEAM: ("Mobile-iOS",), WORKSPACE: ("acme",)}
    assert policy.grants[1].access == {"error": Level.READ}


@pytest.mark.parametrize("words", [("Team", "teams"), ("team", "access"), ("team", "team s"), ("", "teams")])
def test_a_word_that_no_document_could_write_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot be the words"):
        Dimension(noun=words[0], plural=words[1])


def test_there_is_one_kind_of_place_around_another_and_no_more() -> None:
    with pytest.raises(ValueError, match="second kind of place"):
        Dimension(noun="squad", plural="squads", wider=TEAM)


@pytest.mark.parametrize("words", [("project", "plans"), ("plan", "projects")])
def test_two_kinds_that_share_a_word_are_refused(words: tuple[str, str]) -> None:
    other = Dimension(noun=words[0], plural=words[1])

    with pytest.raises(ValueError, match="two kinds of place"):
        kinds_of([PROJECT, other])
    assert kinds_of([PROJECT, PROJECT]) == (ORGANIZATION, PROJECT)
