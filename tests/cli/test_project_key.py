"""The variables of the vendor's own server mean here what they mean there; a project's key narrows everything to it."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.providers.bugsnag.environment import find_url
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.world.world import World
from tests.cli.shell import Shell, line, run, started
from tests.cli.test_serve import HELLO, LIST, READY, call, converse

WORLD = World()
PROJECT = next(each for each in WORLD.projects.values() if each.slug == "checkout-ios")
OTHER = next(each for each in WORLD.projects.values() if each.slug == "payments-api")


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with started(("sandbox", "--port", "0", "--json", "--no-budgets")) as process:
        yield json.loads(line(process))["url"]


def variables(upstream: str, key: str) -> Mapping[str, str]:
    named = {"BUGSNAG_AUTH_TOKEN": SANDBOX_TOKEN, "BUGSNAG_ENDPOINT": upstream, "BUGSNAG_PROJECT_API_KEY": key}
    return {**os.environ, "NO_PROXY": "*", **named}


@pytest.mark.threats(29)
def test_a_projects_key_narrows_everything_to_that_project_and_is_shown_nowhere(
    state: Path, upstream: str, crashgate: Shell
) -> None:
    words = ("--state", str(state), "serve", "--preset", "read-only")
    with started(words, environment=variables(upstream, PROJECT.api_key)) as process:
        _, listed, own, other = converse(
            process, HELLO, READY, LIST, call(3, "list_errors"), call(4, "get_project", project_id=OTHER.id)
        )
        _, err = process.communicate(timeout=30)
    tools: Any = listed["result"]
    errors: Any = own["result"]
    schema = next(tool["inputSchema"] for tool in tools["tools"] if tool["name"] == "list_errors")

    assert "project_id" not in schema["properties"]
    assert errors["structuredContent"]["errors"]
    assert OTHER.slug not in json.dumps(other)
    assert "list_organizations" not in {tool["name"] for tool in tools["tools"]}
    log = crashgate("log", "show").out
    assert "project-key listed projects" in log
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    for text in (json.dumps([listed, own, other]), err.decode(), log, kept.decode("latin-1")):
        assert PROJECT.api_key not in text


def test_a_key_that_no_project_has_opens_nothing(state: Path, upstream: str) -> None:
    key = "0123456789abcdef0123456789abcdef"
    words = ("--state", str(state), "serve", "--preset", "read-only")
    told = run(*words, environment=variables(upstream, key))

    assert (told.code, told.out) == (3, "")
    assert "has the key in BUGSNAG_PROJECT_API_KEY." in told.err
    assert key not in told.err


@pytest.mark.ablation("a project's key leaves no grant elsewhere")
@pytest.mark.usefixtures("policies")
def test_a_policy_for_other_projects_grants_nothing(state: Path, upstream: str) -> None:
    words = ("--state", str(state), "serve", "--agent", "triage-agent")
    with started(words, environment=variables(upstream, OTHER.api_key)) as process:
        _, listed = converse(process, HELLO, READY, LIST)
        process.communicate(timeout=30)
    tools: Any = listed["result"]

    assert {tool["name"] for tool in tools["tools"]} == {"my_access"}


@pytest.mark.usefixtures("policies")
def test_connections_are_checked_with_a_key_too(upstream: str) -> None:
    assert run("connections", "check", environment=variables(upstream, PROJECT.api_key)).code == 0


@pytest.mark.parametrize(
    ("endpoint", "key", "url"),
    [
        ("", "", "https://api.bugsnag.com"),
        ("", "00000abc", "https://api.bugsnag.smartbear.com"),
        ("https://app.bugsnag.com", "", "https://api.bugsnag.com"),
        ("https://app.bugsnag.smartbear.com/x", "", "https://api.bugsnag.smartbear.com"),
        ("https://bugsnag.example.com/api", "00000abc", "https://bugsnag.example.com/api"),
        ("https://evilbugsnag.com", "", "https://evilbugsnag.com"),
    ],
)
def test_the_address_is_the_one_that_the_vendors_server_takes(endpoint: str, key: str, url: str) -> None:
    assert find_url(endpoint, key) == url


@pytest.mark.usefixtures("policies")
def test_what_a_policy_means_beside_a_key_is_said_offline() -> None:
    # Nothing is looked up: which project has the key is known to the server alone.
    environment = variables("http://127.0.0.1:1", PROJECT.api_key)
    shown = run("policy", "show", "triage-agent", environment=environment)
    inside = run("policy", "explain", "triage-agent", "list_errors", "project_id=checkout-ios", environment=environment)
    around = run("policy", "explain", "triage-agent", "list_organizations", environment=environment)
    denied = run("policy", "explain", "triage-agent", "delete_error", environment=environment)
    data = json.loads(run("policy", "show", "triage-agent", "--json", environment=environment).out)

    words = "Only the project whose key is in BUGSNAG_PROJECT_API_KEY is open here."
    assert f"bugsnag: {words}" in " ".join(shown.out.split())
    assert (inside.code, around.code, denied.code) == (6, 1, 1)
    assert [words in told.out for told in (inside, around, denied)] == [True] * 3
    levels = {row["resource"]: (row["level"], row["narrowed_by"]) for row in data}
    assert levels["organization"] == ("off", "BUGSNAG_PROJECT_API_KEY")
    assert levels["error"] == ("write", "BUGSNAG_PROJECT_API_KEY")
    assert PROJECT.api_key not in "".join(told.out + told.err for told in (shown, inside, around, denied))


@pytest.mark.usefixtures("policies")
def test_without_a_key_nothing_is_said_of_one(crashgate: Shell) -> None:
    assert "whose key" not in crashgate("policy", "show").out
    assert json.loads(crashgate("policy", "show", "--json").out)[0]["narrowed_by"] is None
