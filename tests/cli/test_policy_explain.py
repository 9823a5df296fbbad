"""``policy explain`` against the gate itself: the same question put to both."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crashgate.audit.record import Effect
from crashgate_sandbox.world.world import World
from tests.cli.calls import Call, make, recorded_calls
from tests.cli.shell import Shell

AGENTS = ("operator", "read-only-assistant", "release-manager", "triage-agent")
PROJECTS = ("checkout-ios", "checkout-web", "payments-api", "storefront-web")


def project_calls(error: str, event: str, release: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every tool that acts in a project, from reading to deleting, so that nothing is missed by an earlier delete."""
    one = {"error_id": error}
    yield from (
        ("get_project", {}),
        ("list_errors", {"sort": "users", "per_page": 1}),
        ("get_error", one),
        ("list_events", {"per_page": 1}),
        ("list_events", {**one, "per_page": 1}),
        ("get_event", {"event_id": event}),
        ("get_event", one),
        ("get_trend", {"buckets_count": 2}),
        ("get_trend", {**one, "resolution": "12h"}),
        ("list_releases", {"per_page": 1}),
        ("get_release", {"release_id": release}),
        ("get_stability_trend", {}),
        ("list_event_fields", {}),
        ("resolve_error", one),
        ("update_error", {**one, "operation": "ignore"}),
        ("update_error", {**one, "operation": "override_severity", "severity": "info"}),
        ("discard_error", one),
        ("delete_error", one),
    )


def every_call(world: World) -> Iterator[Call]:
    """Each agent with each tool; an error that one agent deletes is no other agent's."""
    for number, agent in enumerate(AGENTS):
        yield agent, "my_access", {}
        yield agent, "list_organizations", {}
        for organization in ("acme", "globex"):
            yield agent, "list_projects", {"organization_id": organization}
        for slug in PROJECTS:
            project = world.project(slug)
            assert project is not None
            error = world.errors_of(project.id)[number]
            event, release = world.occurrences(error)[0].id, world.releases(project)[0].id
            for tool, arguments in project_calls(error.id, event, release):
                yield agent, tool, {"project_id": slug, **arguments}


async def test_the_answer_is_the_gates(crashgate: Shell, policies: Path, state: Path) -> None:
    world = World()
    calls = list(every_call(world))
    await make(calls, policies=policies, state=state, world=world)
    entries = recorded_calls(policies=policies, state=state)
    gate = [
        (each.agent, each.tool, each.operation, each.effect is Effect.ALLOW, each.reason, each.rule)
        for each in (entry.decision.record for entry in entries)
    ]
    told: list[object] = []
    for agent, tool, arguments in calls:
        words = [f"{name}={value}" for name, value in arguments.items()]
        answer = crashgate("policy", "explain", agent, tool, *words, "--json")
        found = json.loads(answer.out)
        assert found["allowed"] is (answer.code == 0)
        told.append(tuple(found[key] for key in ("agent", "tool", "operation", "allowed", "reason", "rule")))
    assert told == gate
    assert {allowed for _, _, _, allowed, _, _ in gate} == {True, False}


@pytest.mark.usefixtures("policies")
def test_an_allowed_call_is_explained_by_its_line(crashgate: Shell, policies: Path) -> None:
    text = (policies / "triage-agent.toml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, each in enumerate(text, start=1) if each.startswith("access.error"))
    told = crashgate("policy", "explain", "triage-agent", "resolve_error", "project_id=checkout-ios")
    assert (told.code, told.err) == (0, "")
    assert told.out == (
        "resolve_error is bugsnag.errors.fix: write error\n"
        "triage-agent may write error in project checkout-ios (bugsnag): policies/triage-agent.toml, grant 1, gives"
        f" error = write. Decided by policies/triage-agent.toml, line {line}.\n"
    )


@pytest.mark.usefixtures("policies")
def test_a_denied_call_is_explained_by_what_would_allow_it(crashgate: Shell) -> None:
    told = crashgate("policy", "explain", "triage-agent", "delete_error", "project_id=checkout-ios")
    assert told.code == 1
    assert 'To allow it, write access.error = "full" in policies/triage-agent.toml, grant 1' in told.out


@pytest.mark.ablation("only what is settled by names is put in")
@pytest.mark.usefixtures("policies")
def test_a_call_without_its_place_depends(crashgate: Shell) -> None:
    told = crashgate("policy", "explain", "triage-agent", "list_errors")
    assert told.code == 6
    assert told.out.endswith("Add project_id=NAME to ask about one place.\n")


def test_a_grant_that_names_organizations_too_depends_on_a_look_up(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir()
    (home / "policies" / "one.toml").write_text(
        'agent = "one"\nabout = "x"\nowner = "y"\n[[grant]]\nconnection = "bugsnag"\norganizations = ["acme"]\n'
        'projects = ["checkout-*"]\naccess.error = "read"\n'
    )
    told = crashgate("policy", "explain", "one", "list_errors", "project_id=checkout-ios")
    assert told.code == 6
    assert "It depends on the project's organization" in told.out


@pytest.mark.usefixtures("policies")
def test_a_list_of_places_is_let_through_and_its_rows_are_sorted_out(crashgate: Shell) -> None:
    told = crashgate("policy", "explain", "triage-agent", "list_projects", "organization_id=acme")
    assert told.code == 0
    assert told.out.endswith("rows of other places are left out of its answer.\n")


@pytest.mark.usefixtures("policies")
def test_an_operation_may_be_named_instead_of_a_tool(crashgate: Shell) -> None:
    told = crashgate("policy", "explain", "operator", "bugsnag.errors.delete", "project_id=checkout-ios", "--json")
    assert told.code == 0
    found = json.loads(told.out)
    assert (found["tool"], found["operation"]) == (None, "bugsnag.errors.delete")


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("resolve_eror",), "Did you mean resolve_error?"),
        (("resolve_error", "project=checkout-ios"), "It takes: project_id, error_id."),
        (("resolve_error", "checkout-ios"), "An argument is written NAME=VALUE."),
        (("resolve_error", "project_id=../x"), "project_id must be an id of 24 hexadecimal digits or a slug"),
        (("update_error", "project_id=checkout-ios"), "operation must be one of fix, open, ignore"),
        (("list_errors", "filters={open"), "A value that begins like JSON is not JSON."),
        (("list_errors", "connection=other"), "No connection of that name has it."),
    ],
)
def test_what_no_call_could_hold_is_a_wrong_use(words: tuple[str, ...], told: str, crashgate: Shell) -> None:
    answer = crashgate("policy", "explain", "triage-agent", *words)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_of_several_connections_one_must_be_named(crashgate: Shell, home: Path) -> None:
    (home / "crashgate.toml").write_text(
        '[connections.one]\ntoken_env = "ONE"\n[connections.two]\ntoken_env = "TWO"\n', encoding="utf-8"
    )
    (home / "policies").mkdir()
    grants = "".join(
        f'[[grant]]\nconnection = "{name}"\nprojects = ["*"]\naccess.error = "{level}"\n'
        for name, level in (("one", "read"), ("two", "full"))
    )
    (home / "policies" / "a.toml").write_text(f'agent = "a"\nabout = "x"\nowner = "y"\n{grants}', encoding="utf-8")
    question = ("policy", "explain", "a", "get_error", "project_id=x")
    unnamed = crashgate(*question)
    assert unnamed.code == 2
    assert "Add connection=NAME with one of: one, two." in unnamed.err
    assert crashgate(*question, "connection=two").code == 0
    assert crashgate("policy", "explain", "a", "delete_error", "project_id=x").code == 0, "only `two` is open to it"
    assert crashgate("policy", "explain", "a", "delete_error", "project_id=x", "connection=one").code == 1


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize(
    ("agent", "words", "code"),
    [
        ("operator", ("create_project", "organization_id=acme"), 0),
        ("operator", ("create_organization", "name=Initech"), 0),
        ("read-only-assistant", ("create_project", "organization_id=acme"), 1),
        ("triage-agent", ("create_organization", "name=Initech"), 1),
        ("triage-agent", ("triage_error", "project_id=checkout-ios"), 0),
        ("triage-agent", ("triage_error", "project_id=payments-api"), 1),
        ("release-manager", ("compare_releases", "project_id=checkout-ios"), 0),
    ],
)
def test_what_is_to_come_and_what_is_composed_are_explained_too(
    agent: str, words: tuple[str, ...], code: int, crashgate: Shell
) -> None:
    told = crashgate("policy", "explain", agent, *words)

    assert told.code == code, told
    assert "~" not in told.out


def test_a_project_to_come_is_allowed_by_all_projects_alone(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir()
    for agent, projects in (("one", '"checkout-*"'), ("all", '"*"')):
        (home / "policies" / f"{agent}.toml").write_text(
            f'agent = "{agent}"\nabout = "x"\nowner = "y"\n[[grant]]\nconnection = "bugsnag"\n'
            f'projects = [{projects}]\naccess.project = "write"\n'
        )
    question = ("create_project", "organization_id=acme", "name=checkout-tv", "type=tvos")

    assert [crashgate("policy", "explain", agent, *question).code for agent in ("one", "all")] == [1, 0]


def test_a_costly_parameter_is_explained_as_what_it_needs(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir()
    (home / "policies" / "one.toml").write_text(
        'agent = "one"\nabout = "x"\nowner = "y"\n[[grant]]\nconnection = "bugsnag"\norganizations = ["acme"]\n'
        'access.organization = "write"\n'
    )
    question = ("policy", "explain", "one", "update_organization", "organization_id=acme")

    assert crashgate(*question, "name=New").code == 0
    assert crashgate(*question, "name=New", "auto_upgrade=true").code == 1


NARROW = (
    'agent = "one"\nabout = "x"\nowner = "y"\n{head}[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    'access.error = "write"\n'
)


def one(home: Path, *, head: str = "", tail: str = "") -> None:
    """The policy of the agent ``one``."""
    (home / "policies").mkdir()
    (home / "policies" / "one.toml").write_text(NARROW.format(head=head) + tail, encoding="utf-8")


def test_a_place_that_the_policy_fixes_need_not_be_named(crashgate: Shell, home: Path) -> None:
    one(home)

    told = crashgate("policy", "explain", "one", "resolve_error")

    assert told.code == 0
    assert "one may write error in project checkout-ios (bugsnag)" in told.out
    assert crashgate("policy", "explain", "one", "resolve_error", "project_id=other").code == 1


@pytest.mark.usefixtures("policies")
def test_arguments_may_be_an_object_in_json(crashgate: Shell) -> None:
    words = ("policy", "explain", "triage-agent", "resolve_error")

    assert crashgate(*words, '{"project_id": "checkout-ios"}') == crashgate(*words, "project_id=checkout-ios")
    assert crashgate(*words, '{"project_id": ').code == 2


def test_a_parameter_that_is_switched_off_is_explained_by_its_own_line(crashgate: Shell, home: Path) -> None:
    one(home, tail='[off]\nparameters = ["bugsnag.errors.list.sort"]\n')

    assert crashgate("policy", "explain", "one", "list_errors").code == 0
    told = crashgate("policy", "explain", "one", "list_errors", "sort=users")
    assert told.code == 1
    assert "Decided by policies/one.toml, line 9." in told.out
    assert 'To allow it, take "bugsnag.errors.list.sort" out of policies/one.toml, [off] (line 9).' in told.out


@pytest.mark.threats(20)
def test_what_asks_by_a_redacted_field_is_explained_as_the_gate_decides_it(crashgate: Shell, home: Path) -> None:
    one(home, tail='[redact]\nsets = ["people"]\n')
    words = ("policy", "explain", "one", "list_errors")

    assert crashgate(*words, '{"filters": {"error.status": "open"}}').code == 0
    told = crashgate(*words, '{"filters": {"user.email": "a@b.example"}}')
    assert told.code == 1
    assert told.out.endswith("But filters uses a field that the policy removes from answers: it is refused.\n")
    data = json.loads(crashgate(*words, '{"filters": {"user.email": "a@b.example"}}', "--json").out)
    assert (data["allowed"], data["asks_by_redacted"]) == (False, "filters")


@pytest.mark.threats(22)
def test_what_a_person_has_to_approve_is_said(crashgate: Shell, home: Path) -> None:
    one(home, tail='[approve]\noperations = ["bugsnag.errors.fix"]\n')

    told = crashgate("policy", "explain", "one", "resolve_error")
    assert told.code == 0
    assert told.out.endswith(" A person has to approve each call.\n")
    assert json.loads(crashgate("policy", "explain", "one", "resolve_error", "--json").out)["needs_approval"] is True


@pytest.mark.threats(5)
def test_what_a_person_has_to_approve_after_reading_is_said(crashgate: Shell, home: Path) -> None:
    one(home, tail="[approve]\nafter_untrusted_minutes = 1\n")

    told = crashgate("policy", "explain", "one", "resolve_error")
    assert told.code == 0
    assert told.out.endswith(
        " A person has to approve it for 1 minute after text that outsiders can write was asked for.\n"
    )
    found = [
        json.loads(crashgate("policy", "explain", "one", tool, "--json").out)
        for tool in ("resolve_error", "list_errors", "delete_error")
    ]
    assert [(each["needs_approval"], each["needs_approval_after_untrusted_minutes"]) for each in found] == [
        (False, 1),
        (False, None),
        (False, None),
    ]
    for tool in ("list_errors", "delete_error"):
        assert "approve" not in crashgate("policy", "explain", "one", tool).out


def test_what_trial_mode_lets_through_is_said_and_a_delete_never_is(crashgate: Shell, home: Path) -> None:
    one(home, head='mode = "observe"\n')

    told = crashgate("policy", "explain", "one", "list_events", "project_id=other")
    assert told.code == 0
    assert "one may not read event" in told.out
    assert told.out.endswith("Observe mode lets it through anyway, and the log records it.\n")
    assert crashgate("policy", "explain", "one", "delete_error", "project_id=checkout-ios").code == 1


SESSIONS = {
    "browserstack": 'environments = ["staging", "test"]',
    "devrev": 'apps = ["com.acme.*"]\nplatforms = ["ios"]',
}


@pytest.mark.parametrize(
    ("connection", "words", "code"),
    [
        ("browserstack", ("list_sessions", 'environment=["staging"]'), 0),
        ("browserstack", ("list_sessions", 'environment=["test","prod"]'), 1),
        ("browserstack", ("list_sessions",), 0),
        ("devrev", ("get_session", "app_id=com.acme.x", "platform=ios"), 0),
        ("devrev", ("get_session", "app_id=com.acme.x", "platform=android"), 1),
        ("devrev", ("get_session", "app_id=org.x", "platform=ios"), 1),
    ],
)
def test_environments_platforms_and_apps_are_places_too(
    connection: str, words: tuple[str, ...], code: int, crashgate: Shell, home: Path
) -> None:
    (home / "crashgate.toml").write_text(
        f'[connections.{connection}]\nprovider = "{connection}"\ntoken_env = "T"\nbase_url = "https://example.com"\n',
        encoding="utf-8",
    )
    (home / "policies").mkdir()
    (home / "policies" / "one.toml").write_text(
        f'agent = "one"\nabout = "x"\nowner = "y"\n[[grant]]\nconnection = "{connection}"\n{SESSIONS[connection]}\n'
        'access.session = "read"\n',
        encoding="utf-8",
    )

    told = crashgate("policy", "explain", "one", *words)

    assert told.code == code, told


def test_each_part_of_a_composed_tool_is_told(crashgate: Shell, home: Path) -> None:
    one(home, tail='[off]\noperations = ["bugsnag.trends.get_on_error"]\n')
    document = home / "policies" / "one.toml"
    narrow = document.read_text(encoding="utf-8").replace(
        'access.error = "write"\n', 'access.error = "read"\naccess.event = "read"\naccess.trend = "read"\n'
    )
    document.write_text(narrow, encoding="utf-8")

    told = crashgate("policy", "explain", "one", "triage_error")

    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0] == "triage_error is bugsnag.errors.get: read error"
    assert [line.partition(": ")[0] for line in lines[2:]] == [
        "bugsnag.events.get_latest, asked too",
        "bugsnag.trends.get_on_error, left out",
        "bugsnag.pivots.list_on_error, left out",
        "bugsnag.releases.get, left out",
        "bugsnag.projects.get, left out",
    ]
    assert "switches bugsnag.trends.get_on_error off" in lines[3]
    assert "may not read pivot in project checkout-ios" in lines[4]
    found = json.loads(crashgate("policy", "explain", "one", "triage_error", "--json").out)
    assert [part["allowed"] for part in found["parts"]] == [True, False, False, False, False]
    assert json.loads(crashgate("policy", "explain", "one", "get_error", "--json").out)["parts"] == []
