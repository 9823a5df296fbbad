"""``crashgate connections check``: each connection by itself, and no credential on the screen."""

import json
from pathlib import Path

import pytest

from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from tests.cli.shell import Shell, line, started
from tests.logs import read_log

CHECK = ("connections", "check")


def test_in_the_sandbox_each_that_can_be_read_is_asked_through_the_gate(crashgate: Shell, state: Path) -> None:
    told = crashgate(*CHECK, "--sandbox", "--json")

    assert (told.code, told.err) == (0, "")
    assert {each["connection"]: each["standing"] for each in json.loads(told.out)} == {
        "bugsnag": "ok",
        "bugsnag-sessions": "not asked",
        "bugspulse": "ok",
        "browserstack": "ok",
        "devrev": "reached",
    }
    entries = [entry.decision.record for entry in read_log(state / "log").entries()]
    assert {each.agent for each in entries} == {"connections-check"}
    assert {each.operation for each in entries} == {
        "bugsnag.organizations.list",
        "bugspulse.sessions.list",
        "browserstack.sessions.list",
        "devrev.sessions.list",
    }


def test_one_that_cannot_be_used_does_not_hide_the_others(
    crashgate: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRASHGATE_CONFIG", str(home / "crashgate.toml"))
    monkeypatch.setenv("GOOD", SANDBOX_TOKEN)
    monkeypatch.setenv("BAD", "not-the-token")
    monkeypatch.delenv("NO_SUCH", raising=False)
    with started(("sandbox", "--port", "0", "--json")) as process:
        url = json.loads(line(process))["url"]
        (home / "crashgate.toml").write_text(
            "".join(
                f'[connections.{name.lower().replace("_", "-")}]\nbase_url = "{url}"\ntoken_env = "{name}"\n'
                for name in ("GOOD", "BAD", "NO_SUCH")
            ),
            encoding="utf-8",
        )
        told = crashgate(*CHECK)
        one = crashgate(*CHECK, "good")
    gone = crashgate(*CHECK, "good")

    assert [row.split(maxsplit=3)[3] for row in told.out.splitlines()[1:4]] == [
        "ok",
        "credential refused",
        "no credential",
    ]
    assert "no-such: Connection no-such has no usable token." in told.out
    assert "not-the-token" not in told.out + told.err
    assert SANDBOX_TOKEN not in told.out + told.err
    assert (told.code, one.code, gone.code) == (3, 0, 5)
    assert "good: BugSnag cannot be reached. Try again in a minute." in gone.out


def test_one_that_answers_but_not_at_its_address_is_told_so(
    crashgate: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRASHGATE_CONFIG", str(home / "crashgate.toml"))
    monkeypatch.setenv("GOOD", SANDBOX_TOKEN)
    with started(("sandbox", "--port", "0", "--json")) as process:
        url = json.loads(line(process))["url"]
        (home / "crashgate.toml").write_text(
            f'[connections.elsewhere]\nbase_url = "{url}/no/such/path"\ntoken_env = "GOOD"\n', encoding="utf-8"
        )
        told = crashgate(*CHECK, "--json")

    assert told.code == 3
    assert json.loads(told.out) == [
        {
            "connection": "elsewhere",
            "provider": "bugsnag",
            "url": f"{url}/no/such/path",
            "standing": "wrong address",
            "why": "It answers, but not at this address. Look at base_url of this connection in crashgate.toml.",
        }
    ]


def test_a_key_that_can_only_write_is_looked_for_and_not_used(
    crashgate: Shell, home: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEY", raising=False)
    monkeypatch.setenv("CRASHGATE_CONFIG", str(home / "crashgate.toml"))
    (home / "crashgate.toml").write_text(
        '[connections.sessions]\nprovider = "bugsnag-sessions"\ntoken_env = "KEY"\n', encoding="utf-8"
    )

    assert crashgate(*CHECK).code == 3
    monkeypatch.setenv("KEY", "0" * 32)
    told = crashgate(*CHECK, "--json")
    assert (told.code, [each["standing"] for each in json.loads(told.out)]) == (0, ["not asked"])
    assert not state.exists()


def test_a_connection_that_is_not_configured_is_told(crashgate: Shell) -> None:
    assert crashgate(*CHECK).code == 3
    told = crashgate(*CHECK, "--sandbox", "nowhere")

    assert (told.code, told.err.splitlines()[0]) == (3, "Error: There is no connection nowhere.")


@pytest.mark.parametrize("provider", ["bugsnag", "bugsnag-sessions"])
@pytest.mark.parametrize("url", ["api.bugsnag.com", "https://api.bugsnag.com?x=1", "http://api.bugsnag.com"])
def test_an_address_that_is_none_is_not_told_as_a_missing_credential(
    crashgate: Shell, home: Path, monkeypatch: pytest.MonkeyPatch, provider: str, url: str
) -> None:
    monkeypatch.setenv("CRASHGATE_CONFIG", str(home / "crashgate.toml"))
    monkeypatch.setenv("GOOD", "a" * 32)
    (home / "crashgate.toml").write_text(
        f'[connections.odd]\nprovider = "{provider}"\nbase_url = "{url}"\ntoken_env = "GOOD"\n', encoding="utf-8"
    )
    told = crashgate("connections", "check", "--json")

    assert (told.code, json.loads(told.out)[0]["standing"]) == (3, "wrong address"), told
