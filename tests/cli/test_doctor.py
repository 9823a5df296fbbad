"""``crashgate doctor`` says what is wrong, with what to do, and shows no secret."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from crashgate.cli.main import cli
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from tests.cli.shell import line, run, started

SUBJECTS = [
    *("Python", "crashgate", "Libraries", "Extras", "Configuration", "Permissions", "Policies", "Connections", "Log"),
    *("Clock", "Clients", "Proxy"),
]


def findings(*words: str, **more: str) -> tuple[int, list[Mapping[str, str]]]:
    """The exit code and what was found."""
    told = run("doctor", "--json", *words, environment={**os.environ, "NO_PROXY": "*", **more})
    data = json.loads(told.out)
    assert data["ok"] == (told.code == 0)
    return told.code, data["findings"]


def bad(found: list[Mapping[str, str]]) -> list[str]:
    return [each["subject"] for each in found if each["health"] == "problem"]


@pytest.fixture
def configured(home: Path) -> Path:
    """What ``crashgate init`` makes for a sandbox, which has ended since."""
    with started(("sandbox", "--port", "0", "--json")) as process:
        url = json.loads(line(process))["url"]
        assert run("init", "--base-url", url, stdin=SANDBOX_TOKEN.encode()).code == 0
        assert run("doctor").code == 0
    return home


@pytest.mark.usefixtures("configured")
def test_after_init_all_is_well_and_every_subject_is_looked_at() -> None:
    code, found = findings("--offline")

    assert (code, bad(found)) == (0, [])
    assert list(dict.fromkeys(each["subject"] for each in found)) == SUBJECTS
    assert SANDBOX_TOKEN not in json.dumps(found)


@pytest.mark.usefixtures("home")
def test_a_fresh_machine_is_told_to_run_init() -> None:
    code, found = findings()

    assert (code, bad(found)) == (1, ["Configuration", "Policies", "Connections"])
    assert all("crashgate init" in each["remedy"] for each in found if each["health"] == "problem")


@pytest.mark.usefixtures("configured")
def test_an_upstream_that_does_not_answer_is_a_problem() -> None:
    code, found = findings()

    assert (code, bad(found)) == (1, ["Connections"])


def test_each_fault_is_named_with_a_remedy(configured: Path) -> None:
    broken = configured / "policies" / "broken.toml"
    broken.write_text("agent = 7\n", "utf-8")
    broken.chmod(0o644)
    (configured / "tokens" / "bugsnag").chmod(0o646)
    _, found = findings("--offline", HTTPS_PROXY="socks5://ada:hush@proxy:1080", SSL_CERT_FILE="/nowhere.pem")

    assert bad(found) == ["Permissions", "Policies", "Proxy", "Proxy"]
    assert [each for each in found if each["health"] == "problem" and not each["remedy"]] == []
    assert "hush" not in json.dumps(found)

    (configured / "crashgate.toml").chmod(0o666)
    assert bad(findings("--offline")[1]) == ["Configuration"]


@pytest.mark.usefixtures("configured")
def test_a_clock_behind_the_newest_record_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crashgate.cli.doctor._SKEW", -timedelta(days=1))

    told = CliRunner().invoke(cli, ["doctor", "--offline", "--json"], prog_name="crashgate")

    assert bad(json.loads(told.stdout)["findings"]) == ["Clock"]


@pytest.mark.usefixtures("configured")
def test_clients_with_and_without_an_entry_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".cursor"
    folder.mkdir(parents=True)
    (folder / "mcp.json").write_text("{ nonsense", "utf-8")
    assert run("install", "codex", "--agent", "assistant", "--write").code == 0

    _, found = findings("--offline")
    told = {each["detail"].partition(":")[0]: each for each in found if each["subject"] == "Clients"}

    assert told["Codex"]["detail"].endswith("has an entry")
    assert told["Cursor"]["health"] == "warning"
