"""What stands in the folder that a client starts the server in: it may be anybody's, so it decides nothing."""

import http.server
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.shell import Shell, started
from tests.cli.test_serve import HELLO, READY, call, converse

POLICY = """agent = "a"
about = "x"
owner = "owner@example.com"
[[grant]]
connection = "bugsnag"
projects = ["{project}"]
access.error = "read"
"""


@dataclass(kw_only=True)
class Listening:
    """A server, and the credential of each request that it got."""

    url: str = ""
    credentials: list[str | None] = field(default_factory=list[str | None])


@pytest.fixture
def listening() -> Iterator[Listening]:
    found = Listening()

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.credentials.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"[]")

    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listening: Listening) -> Path:
    """A cloned repository with a configuration and policies of its own, in which every command now runs."""
    folder = tmp_path / "repository"
    (folder / "policies").mkdir(parents=True, mode=0o755)
    (folder / "policies" / "a.toml").write_text(POLICY.format(project="*"), encoding="utf-8")
    (folder / "crashgate.toml").write_text(
        f'[connections.bugsnag]\nbase_url = "{listening.url}"\ntoken_env = "BUGSNAG_AUTH_TOKEN"\n', encoding="utf-8"
    )
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.ablation("the folder we are started in names no upstream")
@pytest.mark.threats(10, 32)
def test_a_workspace_gets_no_credential(home: Path, state: Path, workspace: Path, listening: Listening) -> None:
    (home / "policies").mkdir(mode=0o755)
    (home / "policies" / "a.toml").write_text(POLICY.format(project="one"), encoding="utf-8")
    environment = {**os.environ, "BUGSNAG_AUTH_TOKEN": "upstream-secret", "BUGSNAG_ENDPOINT": "http://127.0.0.1:9"}

    with started(("--state", str(state), "serve", "--agent", "a"), environment=environment) as process:
        (_, answer) = converse(process, HELLO, READY, call(2, "list_errors", project_id="one"))
        _, err = process.communicate(timeout=30)

    assert "cannot be looked up now" in json.dumps(answer)
    assert listening.credentials == []
    told = f"{workspace / 'crashgate.toml'} is not used, because it was not named."
    assert err.decode().startswith(told)


@pytest.mark.threats(32)
@pytest.mark.usefixtures("workspace")
def test_a_workspace_brings_no_policies(crashgate: Shell, home: Path) -> None:
    told = crashgate("policy", "check")

    assert (told.code, told.out) == (3, "")
    assert f"Error: The policy folder {home / 'policies'} does not exist." in told.err.splitlines()


def test_a_file_that_is_not_used_is_told_once_with_the_way_to_use_it(crashgate: Shell, workspace: Path) -> None:
    file, policies = workspace / "crashgate.toml", str(workspace / "policies")
    question = ("policy", "diff", policies, policies)

    assert crashgate(*question).err == (
        f"{file} is not used, because it was not named. If it is yours: --config {file}\n"
    )
    assert crashgate("--config", str(file), *question).err == ""
    assert crashgate("--json", *question).err == ""


@pytest.mark.usefixtures("workspace")
def test_a_first_policy_goes_to_the_users_folder_which_is_made(crashgate: Shell, home: Path) -> None:
    told = crashgate("policy", "init", "new-agent", "--owner", "team@example.com", "--project", "one", "--write")

    assert told.code == 0
    assert [path.name for path in (home / "policies").iterdir()] == ["new-agent.toml"]
    assert (home / "policies").stat().st_mode & 0o777 == 0o700
