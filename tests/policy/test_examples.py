"""The documents that the project ships, checked with the real catalogue."""

from pathlib import Path

import pytest

from crashgate.model.access import Access, Level
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Question
from crashgate.policy.document import load
from crashgate.policy.policy import PolicySet, Vocabulary
from crashgate.policy.review.explain import matrix
from tests.catalogue import CATALOGUE, OPERATIONS, RESOURCES
from tests.policy.builders import known, place

BUGSNAG = RESOURCES["bugsnag"]
VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": BUGSNAG})
READS = ("project", "error", "event", "event_field", "trend", "release", "stability_trend")
PEOPLE = ("collaborator", "organization_collaborator")


@pytest.fixture(scope="module")
def shipped(root: Path) -> PolicySet:
    folder = root / "policies"
    templates = {f"templates/{path.stem}": path.read_text(encoding="utf-8") for path in folder.glob("templates/*.toml")}
    return PolicySet(
        load(
            path.read_text(encoding="utf-8"), source=f"policies/{path.name}", vocabulary=VOCABULARY, templates=templates
        )
        for path in folder.glob("*.toml")
    )


def effect(shipped: PolicySet, agent: str, access: Access, resource: str, *, project: str | None = None) -> Effect:
    asked = Question(
        agent=agent,
        connection="bugsnag",
        operation="",
        resource=resource,
        access=access,
        dimension=BUGSNAG[resource],
        places=known(place("acme"), None if project is None else place(project)),
    )
    return decide(shipped[agent], asked).effect


def test_each_example_gives_the_levels_that_its_comments_promise(shipped: PolicySet) -> None:
    levels: dict[str, dict[str, Level]] = {agent: {} for agent in shipped}
    for row in matrix(shipped, VOCABULARY):
        if row.connection == "bugsnag" and row.level is not Level.OFF:
            levels[row.agent][row.resource] = row.level

    assert levels == {
        "operator": dict.fromkeys(BUGSNAG, Level.FULL),
        "read-only-assistant": dict.fromkeys([name for name in BUGSNAG if name not in {*PEOPLE, "span"}], Level.READ),
        "release-manager": dict.fromkeys(
            ("organization", "project", "error", "trend", "release", "release_group", "stability_trend"), Level.READ
        ),
        "triage-agent": {
            **dict.fromkeys(("organization", "pivot", *READS), Level.READ),
            **dict.fromkeys(("comment", "error"), Level.WRITE),
        },
    }


def test_the_operator_may_use_every_operation_of_the_catalogue(shipped: PolicySet) -> None:
    asked = [operation for operation in OPERATIONS if operation.provider == "bugsnag"]

    assert {effect(shipped, "operator", each.access, each.resource, project="any") for each in asked} == {Effect.ALLOW}


def test_the_triage_agent_stays_in_its_two_projects_and_deletes_nothing(shipped: PolicySet) -> None:
    found = {
        project: [effect(shipped, "triage-agent", access, "error", project=project) for access in Access]
        for project in ("checkout-ios", "checkout-android", "checkout-web", "storefront-web")
    }

    mine, others = [Effect.ALLOW, Effect.ALLOW, Effect.DENY], [Effect.DENY] * 3
    assert found == {
        "checkout-ios": mine,
        "checkout-android": mine,
        "checkout-web": others,
        "storefront-web": others,
    }


def test_the_read_only_assistant_reads_no_events_of_payments_and_identities(shipped: PolicySet) -> None:
    found = {
        (project, resource): effect(shipped, "read-only-assistant", Access.READ, resource, project=project)
        for project in ("payments-api", "identity-service", "checkout-ios")
        for resource in ("error", "event")
    }

    assert {asked for asked, answer in found.items() if answer is Effect.DENY} == {
        ("payments-api", "event"),
        ("identity-service", "event"),
    }


def test_only_the_operator_learns_who_the_people_are(shipped: PolicySet) -> None:
    found = {
        agent
        for agent in shipped
        for resource in PEOPLE
        if effect(shipped, agent, Access.READ, resource, project="checkout-ios") is Effect.ALLOW
    }

    assert found == {"operator"}


def test_the_release_manager_sees_the_checkout_apps_alone(shipped: PolicySet) -> None:
    found = [
        effect(shipped, "release-manager", Access.READ, "stability_trend", project=project)
        for project in ("checkout-web", "payments-api")
    ]

    assert found == [Effect.ALLOW, Effect.DENY]


def test_every_example_tells_people_what_it_is_for(root: Path) -> None:
    documents = sorted((root / "policies").glob("*.toml"))
    first = {path.name: path.read_text(encoding="utf-8").splitlines()[1][:2] for path in documents}

    assert first == dict.fromkeys(
        ["operator.toml", "read-only-assistant.toml", "release-manager.toml", "triage-agent.toml"], "# "
    )


def test_the_session_analyst_reads_without_what_names_a_person_and_changes_nothing(root: Path) -> None:
    path = root / "policies" / "sessions" / "session-analyst.toml"
    every = Vocabulary(catalogue=CATALOGUE, connections=RESOURCES)
    policy = load(path.read_text(encoding="utf-8"), source="sessions/session-analyst.toml", vocabulary=every)
    levels = {level for grant in policy.grants for level in grant.access.values()}

    assert levels == {Level.READ}
    assert policy.redaction.tree("session")["user_id"] is None


@pytest.mark.parametrize("agent", ["on-call", "reporter"])
def test_who_is_on_call_and_who_reports_see_crashes_and_sessions_and_resolve_nothing(root: Path, agent: str) -> None:
    path = root / "policies" / "sessions" / f"{agent}.toml"
    every = Vocabulary(catalogue=CATALOGUE, connections=RESOURCES)
    policy = load(path.read_text(encoding="utf-8"), source=f"sessions/{agent}.toml", vocabulary=every)
    levels = {name: level for grant in policy.grants for name, level in grant.access.items()}
    written = {name for name, level in levels.items() if level is not Level.READ}

    assert {grant.connection for grant in policy.grants} == {"crashgate", "bugsnag", "bugspulse"}
    assert written == ({"comment"} if agent == "on-call" else set())
    # Who is on call follows a user from the crash to the session; a report names nobody.
    assert ("user_id" in policy.redaction.tree("session")) is (agent == "reporter")
