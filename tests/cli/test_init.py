"""``crashgate init`` checks a token, writes what every command then finds, and shows the token to nobody."""

import json
import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from crashgate.cli.main import cli
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from tests.cli.shell import Told, line, run, started


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """The address of a sandbox that runs."""
    with started(("sandbox", "--port", "0", "--json")) as process:
        yield json.loads(line(process))["url"]


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("NO_PROXY", "*")


def init(upstream: str, *words: str, token: str = SANDBOX_TOKEN) -> Told:
    return run("init", "--base-url", upstream, *words, stdin=f"{token}\n".encode())


def files(folder: Path) -> dict[str, int]:
    """What is below the folder, with the permissions of files."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.threats(29, 32)
def test_it_writes_a_configuration_a_token_and_a_policy_and_prints_no_token(home: Path, upstream: str) -> None:
    told = init(upstream)

    assert told.code == 0, told.err
    assert files(home) == {"crashgate.toml": 0o600, "policies/assistant.toml": 0o644, "tokens/bugsnag": 0o600}
    written = (home / "crashgate.toml").read_text("utf-8")
    assert tomllib.loads(written) == {
        "connections": {"bugsnag": {"provider": "bugsnag", "base_url": upstream, "token_file": "tokens/bugsnag"}}
    }
    assert (home / "tokens" / "bugsnag").read_text("utf-8") == f"{SANDBOX_TOKEN}\n"
    policy = tomllib.loads((home / "policies" / "assistant.toml").read_text("utf-8"))
    assert {level for grant in policy["grant"] for level in grant["access"].values()} == {"read"}
    assert "checkout-ios" in {name for grant in policy["grant"] for name in grant.get("projects", ())}
    for text in (told.out, told.err, written):
        assert SANDBOX_TOKEN not in text


def test_after_it_every_command_works_without_flags(home: Path, upstream: str) -> None:
    assert init(upstream).code == 0
    before = files(home)

    for words in (
        ("policy", "check"),
        ("policy", "show"),
        ("policy", "explain", "assistant", "delete_error"),
        ("connections", "check"),
        ("token", "new", "assistant"),
        ("token", "list"),
        ("log", "show"),
        ("log", "verify"),
        ("approvals", "list"),
    ):
        told = run(*words)
        expected = 1 if "explain" in words else 0
        assert (words, told.code, told.err if told.code != expected else "") == (words, expected, "")
    assert files(home) == before


def test_what_it_prints_to_do_next_can_be_done(upstream: str) -> None:
    told = init(upstream)
    commands = [each.strip() for each in told.out.splitlines() if each.startswith("  ")]

    assert len(commands) == 3
    for command in commands:
        words = command.split("crashgate ", 1)[1].split()
        assert run(*words).code == 0, command


@pytest.mark.parametrize(
    ("token", "why"),
    [("not-the-token", "credential refused"), ("", "No token was given."), ("two words", "no credential")],
)
def test_a_token_that_is_not_accepted_leaves_nothing_behind(home: Path, upstream: str, token: str, why: str) -> None:
    told = init(upstream, token=token)

    assert (told.code, told.out) == (3, "")
    assert why in told.err
    assert "Nothing was written" in told.err or not token
    assert "Traceback" not in told.err
    assert files(home) == {}


def test_where_nobody_answers_it_writes_nothing_unless_the_check_is_skipped(home: Path) -> None:
    refused = init("http://127.0.0.1:9")
    assert (refused.code, files(home)) == (5, {})
    assert "--offline" in refused.err

    assert init("http://127.0.0.1:9", "--offline").code == 0
    assert run("policy", "check").code == 0


def test_a_file_is_named_and_not_copied(home: Path, upstream: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SANDBOX_TOKEN, "utf-8")
    secret.chmod(0o600)

    assert init(upstream, "--from", str(secret), token="ignored").code == 0
    assert tomllib.loads((home / "crashgate.toml").read_text("utf-8"))["connections"]["bugsnag"]["token_file"] == str(
        secret
    )
    assert run("connections", "check").code == 0


def test_it_overwrites_nothing(home: Path, upstream: str) -> None:
    assert init(upstream).code == 0
    before = {path: (home / path).read_bytes() for path in files(home)}

    again = init(upstream, token="another")

    assert (again.code, again.out) == (3, "")
    assert "exists already" in again.err
    assert {path: (home / path).read_bytes() for path in files(home)} == before


def test_a_policy_that_is_there_is_kept(home: Path, upstream: str) -> None:
    (home / "policies").mkdir(mode=0o755)
    own = home / "policies" / "assistant.toml"
    own.write_text('agent = "assistant"\nabout = "x"\nowner = "y"\n', "utf-8")
    own.chmod(0o644)

    told = init(upstream)

    assert told.code == 0
    assert f"{own} exists already and is kept as it is." in told.err
    assert own.read_text("utf-8").startswith('agent = "assistant"\nabout = "x"')


def test_folders_that_were_named_are_in_the_configuration(home: Path, upstream: str, tmp_path: Path) -> None:
    words = ("--policies", str(tmp_path / "rules"), "--state", str(tmp_path / "kept"))
    assert run(*words, "init", "--base-url", upstream, stdin=SANDBOX_TOKEN.encode()).code == 0

    found = tomllib.loads((home / "crashgate.toml").read_text("utf-8"))
    assert (found["policies"], found["state"]) == (str(tmp_path / "rules"), str(tmp_path / "kept"))
    assert run("policy", "show").code == 0


def test_another_file_is_written_where_config_says(home: Path, upstream: str, tmp_path: Path) -> None:
    path = tmp_path / "other" / "mine.toml"
    told = run("--config", str(path), "init", "--base-url", upstream, stdin=SANDBOX_TOKEN.encode())

    assert (told.code, files(home)) == (0, {})
    assert run("--config", str(path), "policy", "show").code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--provider", "bugsnagg"), "did you mean `bugsnag`?"),
        (("--agent", "Not A Name"), "--agent is not an agent's name."),
    ],
)
def test_wrong_options_are_a_wrong_use(home: Path, upstream: str, words: tuple[str, ...], why: str) -> None:
    told = init(upstream, *words)

    assert (told.code, files(home)) == (2, {})
    assert why in told.err


def test_at_a_terminal_it_asks_for_the_provider_and_hides_the_token(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crashgate.cli.init._at_terminal", lambda: True)
    told = CliRunner().invoke(cli, ["init", "--offline"], input="bugspulse\nhush-hush\n", prog_name="crashgate")

    assert told.exit_code == 0, told.stderr
    assert "Provider" in told.stderr
    assert "hush-hush" not in told.output
    assert (home / "tokens" / "bugspulse").read_text("utf-8") == "hush-hush\n"


def test_as_json_it_says_where_the_files_are(home: Path, upstream: str) -> None:
    told = init(upstream, "--json")

    assert json.loads(told.out) == {
        "connection": "bugsnag",
        "agent": "assistant",
        "config": str(home / "crashgate.toml"),
        "token_file": str(home / "tokens" / "bugsnag"),
        "policy": str(home / "policies" / "assistant.toml"),
    }
    assert told.err == ""
    assert os.environ.get("BUGSNAG_AUTH_TOKEN") is None
