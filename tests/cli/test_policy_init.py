"""``crashgate policy init``: a first policy from what exists, which the command asks for like anybody."""

import tomllib
from pathlib import Path

import pytest

from crashgate.audit.record import Effect
from crashgate.policy.review import starter
from crashgate_sandbox.world.world import World
from tests.cli.shell import Shell
from tests.logs import read_log
from tests.small_disk import fill

INIT = ("policy", "init", "new-agent", "--owner", "team@example.com")


def test_it_names_all_that_the_tokens_see_and_the_log_tells_that_it_asked(
    crashgate: Shell, home: Path, state: Path
) -> None:
    (home / "policies").mkdir(mode=0o755)
    world = World()

    told = crashgate(*INIT, "--sandbox", "--write")

    assert told.code == 0
    document = tomllib.loads((home / "policies" / "new-agent.toml").read_text(encoding="utf-8"))
    organizations, projects = document["grant"][:2]
    assert set(organizations["organizations"]) == {each.plan.organization for each in world.projects.values()}
    assert set(projects["projects"]) == {each.plan.slug for each in world.projects.values()}
    assert {level for grant in document["grant"] for level in grant["access"].values()} == {"read"}
    entries = [entry.decision.record for entry in read_log(state / "log").entries()]
    assert {(each.agent, each.effect, each.access) for each in entries} == {("policy-init", Effect.ALLOW, "read")}
    assert {each.operation for each in entries} == {
        "bugsnag.organizations.list",
        "bugsnag.organizations.get",
        "bugsnag.projects.list",
    }


@pytest.mark.parametrize("more", [("--offline",), ("--project", "checkout-*")])
def test_where_places_are_named_or_it_is_told_not_to_it_asks_nobody(
    more: tuple[str, ...], crashgate: Shell, state: Path
) -> None:
    told = crashgate(*INIT, "--sandbox", *more)

    assert (told.code, told.err) == (0, "")
    assert not state.exists()


def test_without_a_connection_it_says_that_nobody_was_asked(crashgate: Shell) -> None:
    told = crashgate(*INIT)

    assert told.code == 0
    assert "There are no connections" in told.err
    assert "# projects = []" in told.out


def test_an_upstream_that_cannot_be_asked_is_told_with_the_way_around_it(
    crashgate: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "crashgate.toml").write_text(
        '[connections.bugsnag]\nbase_url = "http://127.0.0.1:9"\ntoken_env = "TOKEN"\n', encoding="utf-8"
    )
    monkeypatch.setenv("TOKEN", "not-a-real-one")

    told = crashgate(*INIT)

    assert (told.code != 0, told.out) == (True, "")
    assert "BugSnag cannot be reached." in told.err
    assert "--offline" in told.err


def test_more_places_than_anybody_would_read_are_not_named(crashgate: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "MOST_NAMES", 4)

    told = crashgate(*INIT, "--sandbox")

    assert (told.code, told.out) == (3, "")
    assert "The token sees more than 4 projects." in told.err
    assert "--project 'checkout-*'" in told.err


def test_a_full_disk_is_told_and_leaves_nothing_of_the_document(crashgate: Shell, small_disk: Path) -> None:
    policies = small_disk / "policies"
    policies.mkdir(mode=0o755)
    filler = fill(small_disk)

    told = crashgate(*INIT, "--offline", "--write", "--policies", str(policies))

    assert (told.code, told.out) == (3, "")
    assert told.err.startswith(f"Error: {policies / 'new-agent.toml'} cannot be written.\n")
    assert list(policies.iterdir()) == []
    filler.unlink()
    assert crashgate(*INIT, "--offline", "--write", "--policies", str(policies)).code == 0


def test_what_it_writes_of_the_sandbox_is_said_to_need_the_sandbox_and_loads_there(
    crashgate: Shell, home: Path
) -> None:
    (home / "policies").mkdir(mode=0o755)

    told = crashgate(*INIT, "--sandbox", "--offline", "--write")

    assert told.out.endswith("Read it, then run: crashgate policy check --sandbox\n")
    assert told.err == (
        "Not configured here: bugspulse. While this document names them, the folder can be used with --sandbox only.\n"
    )
    assert crashgate("policy", "check", "--sandbox").code == 0
    assert crashgate("policy", "check").code == 3


def test_a_document_that_is_there_is_seen_before_anything_is_asked(crashgate: Shell, home: Path, state: Path) -> None:
    (home / "policies").mkdir(mode=0o755)
    (home / "policies" / "new-agent.toml").write_text("mine", encoding="utf-8")

    told = crashgate(*INIT, "--sandbox", "--write")

    assert (told.code, told.out) == (3, "")
    assert "There is a document of that name already." in told.err
    assert not state.exists()


@pytest.mark.parametrize("kind", ["app", "platform", "environment"])
def test_a_place_of_a_kind_that_no_connection_has_is_refused(kind: str, crashgate: Shell) -> None:
    told = crashgate(*INIT, f"--{kind}", "one")

    assert (told.code, told.out) == (3, "")
    assert told.err.startswith(f"Error: --{kind} names nothing here.\nNone of the connections has {kind}s to read")
