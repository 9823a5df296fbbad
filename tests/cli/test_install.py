"""``crashgate install`` shows, writes and takes out an entry, and keeps what else is in a client's file."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from crashgate.clients.formats import CLIENTS
from tests.cli.shell import COMMAND, Shell, run

pytestmark = pytest.mark.usefixtures("policies")
EACH = pytest.mark.parametrize("client", list(CLIENTS))


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """The user's home."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@EACH
def test_it_shows_the_entry_and_writes_nothing(crashgate: Shell, user: Path, client: str) -> None:
    told = crashgate("install", client, "--agent", "triage-agent")

    assert told.code == 0, told.err
    assert "Run it again with --write" in told.out
    assert COMMAND in told.out
    assert files(user) == []


@EACH
def test_it_writes_the_entry_and_takes_it_out_again(crashgate: Shell, user: Path, client: str) -> None:
    words = ("install", client, "--agent", "triage-agent", "--write", "--json")
    first = json.loads(crashgate(*words).out)
    path = Path(first["file"])

    assert (first["written"], first["backup"], path.is_relative_to(user) or client in {"vscode", "claude-desktop"}) == (
        True,
        None,
        True,
    )
    text = path.read_text("utf-8")
    data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    assert data == {CLIENTS[client].servers: {"crashgate": first["entry"]}}
    assert first["entry"]["command"] == COMMAND
    assert first["entry"]["args"][-3:] == ["serve", "--agent", "triage-agent"]

    again = json.loads(crashgate(*words).out)
    assert (again["written"], path.read_text("utf-8")) == (False, text)

    gone = crashgate("install", client, "--uninstall", "--write")
    assert gone.code == 0
    assert "crashgate" not in path.read_text("utf-8")


def test_what_is_there_stays_with_its_comments_its_mode_and_a_copy(crashgate: Shell, user: Path) -> None:
    path = user / ".cursor" / "mcp.json"
    path.parent.mkdir()
    before = '{\n  // mine\n  "mcpServers": {\n    "other": {"command": "x"}, // theirs\n  },\n}\n'
    path.write_text(before, "utf-8")
    path.chmod(0o640)

    told = crashgate("install", "cursor", "--preset", "read-only", "--write")

    backup = path.with_name("mcp.json.crashgate-backup")
    assert told.code == 0
    assert str(backup) in told.out
    assert backup.read_text("utf-8") == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [line for line in before.splitlines() if line not in path.read_text("utf-8").splitlines()] == []
    assert crashgate("install", "cursor", "--uninstall", "--write").code == 0
    assert path.read_text("utf-8") == before


def test_a_link_stays_a_link(crashgate: Shell, user: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.json"
    kept.write_text("{}\n", "utf-8")
    (user / ".claude.json").symlink_to(kept)

    assert crashgate("install", "claude-code", "--agent", "triage-agent", "--write").code == 0
    assert (user / ".claude.json").is_symlink()
    assert "crashgate" in kept.read_text("utf-8")


@pytest.mark.parametrize("text", ["[]", "{ nonsense", '{"mcpServers": 7}', "\x00\x01"])
def test_a_file_that_is_not_the_clients_is_left_alone(crashgate: Shell, user: Path, text: str) -> None:
    path = user / ".claude.json"
    path.write_text(text, "utf-8")

    told = crashgate("install", "claude-code", "--agent", "triage-agent", "--write")

    assert (told.code, told.out) == (3, "")
    assert f"Error: {path} cannot be edited" in told.err
    assert (path.read_text("utf-8"), files(user)) == (text, [".claude.json"])


@pytest.mark.threats(29, 32)
@pytest.mark.parametrize(
    "words", [("--agent", "triage-agent"), ("--url", "http://127.0.0.1:8321/mcp")], ids=lambda each: each[0]
)
@EACH
def test_no_token_is_ever_written(user: Path, home: Path, client: str, words: tuple[str, ...]) -> None:
    secrets = {"BUGSNAG_AUTH_TOKEN": "upstream-secret", "CRASHGATE_TOKEN": "cg_bearer-secret"}
    told = run("install", client, *words, "--write", "--json", environment={**os.environ, **secrets})

    written = b"".join(
        path.read_bytes() for folder in (user, home.parent) for path in folder.rglob("*") if path.is_file()
    )
    assert told.code == (3 if (client, words[0]) == ("claude-desktop", "--url") else 0)
    assert b"-secret" not in written
    assert "-secret" not in told.out + told.err


@EACH
def test_a_snippet_can_be_printed_alone(crashgate: Shell, client: str) -> None:
    told = crashgate("install", client, "--agent", "triage-agent", "--print", "snippet")

    data = tomllib.loads(told.out) if client == "codex" else json.loads(told.out)
    assert list(data[CLIENTS[client].servers]) == ["crashgate"]
    assert told.err == ""


def test_links_and_commands_are_printed_for_clients_that_have_them(crashgate: Shell) -> None:
    having = {
        kind: {
            client
            for client in CLIENTS
            if crashgate("install", client, "--agent", "triage-agent", "--print", kind).code == 0
        }
        for kind in ("link", "command")
    }

    assert having == {"link": {"vscode", "cursor"}, "command": {"claude-code", "vscode", "codex"}}


def test_shared_options_go_into_the_entry(crashgate: Shell, home: Path, state: Path) -> None:
    told = crashgate("install", "cursor", "--agent", "triage-agent", "--sandbox", "--policies", "policies", "--json")

    assert json.loads(told.out)["entry"]["args"] == [
        *("--policies", str(home / "policies"), "--state", str(state)),
        *("serve", "--agent", "triage-agent", "--sandbox"),
    ]


def test_with_several_agents_one_has_to_be_named_and_it_has_to_have_a_policy(crashgate: Shell, policies: Path) -> None:
    unnamed = crashgate("install", "cursor")
    assert unnamed.code == 3
    assert "operator, read-only-assistant, release-manager, triage-agent" in unnamed.err
    assert crashgate("install", "cursor", "--agent", "triage-agnt").code == 3

    for document in policies.glob("*.toml"):
        if document.stem != "operator":
            document.unlink()
    assert '"operator"' in crashgate("install", "cursor").out


@pytest.mark.parametrize(
    "words",
    [
        ("--agent", "triage-agent", "--preset", "triage"),
        ("--write", "--print", "snippet"),
        ("--url", "https://user:secret@x.example/mcp"),
        ("--url", "https://x.example/mcp?token=secret"),
        ("--name", "a b"),
    ],
    ids=" ".join,
)
def test_wrong_options_are_a_wrong_use(crashgate: Shell, words: tuple[str, ...]) -> None:
    told = crashgate("install", "cursor", *words)

    assert (told.code, told.out) == (2, "")
    assert "secret" not in told.err
