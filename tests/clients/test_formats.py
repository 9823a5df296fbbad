"""What each client's file, link and command hold."""

import base64
import json
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crashgate.clients.edit import add_entry, find_entry, remove_entry, snippet
from crashgate.clients.formats import CLIENTS, TRY_IT, Client, Format, Http, Platform, Stdio, buttons
from crashgate.clients.launch import Launch, find_launch

STDIO = Stdio(launch=Launch(command="/opt/crashgate/bin/crashgate", args=("serve", "--agent", "triage-agent")))
HTTP = Http(url="https://crashgate.example.com/mcp")
EACH = pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))

HOMES = {Platform.MACOS: "/Users/ada", Platform.WINDOWS: "C:\\Users\\ada", Platform.LINUX: "/home/ada"}
PATHS = {
    "claude-code": ("/Users/ada/.claude.json", "C:\\Users\\ada\\.claude.json", "/home/ada/.claude.json"),
    "claude-desktop": (
        "/Users/ada/Library/Application Support/Claude/claude_desktop_config.json",
        "C:\\Users\\ada\\AppData\\Roaming\\Claude\\claude_desktop_config.json",
        "/home/ada/.config/Claude/claude_desktop_config.json",
    ),
    "vscode": (
        "/Users/ada/Library/Application Support/Code/User/mcp.json",
        "C:\\Users\\ada\\AppData\\Roaming\\Code\\User\\mcp.json",
        "/home/ada/.config/Code/User/mcp.json",
    ),
    "cursor": ("/Users/ada/.cursor/mcp.json", "C:\\Users\\ada\\.cursor\\mcp.json", "/home/ada/.cursor/mcp.json"),
    "codex": ("/Users/ada/.codex/config.toml", "C:\\Users\\ada\\.codex\\config.toml", "/home/ada/.codex/config.toml"),
    "gemini-cli": (
        "/Users/ada/.gemini/settings.json",
        "C:\\Users\\ada\\.gemini\\settings.json",
        "/home/ada/.gemini/settings.json",
    ),
    "windsurf": (
        "/Users/ada/.codeium/windsurf/mcp_config.json",
        "C:\\Users\\ada\\.codeium\\windsurf\\mcp_config.json",
        "/home/ada/.codeium/windsurf/mcp_config.json",
    ),
}
OVER_HTTP = {
    "claude-code": {"type": "http", "url": HTTP.url, "headers": {"Authorization": "Bearer ${CRASHGATE_TOKEN}"}},
    "vscode": {"type": "http", "url": HTTP.url, "headers": {"Authorization": "Bearer ${env:CRASHGATE_TOKEN}"}},
    "cursor": {"url": HTTP.url, "headers": {"Authorization": "Bearer ${env:CRASHGATE_TOKEN}"}},
    "codex": {"url": HTTP.url, "bearer_token_env_var": "CRASHGATE_TOKEN"},
    "gemini-cli": {"httpUrl": HTTP.url, "headers": {"Authorization": "Bearer $CRASHGATE_TOKEN"}},
    "windsurf": {"serverUrl": HTTP.url, "headers": {"Authorization": "Bearer ${env:CRASHGATE_TOKEN}"}},
}


def test_every_client_keeps_its_file_where_it_looks_for_it_on_each_system() -> None:
    found = {
        name: tuple(str(client.path(each, home=HOMES[each], environment={})) for each in Platform)
        for name, client in CLIENTS.items()
    }

    assert found == PATHS


def test_folders_that_the_system_names_are_used() -> None:
    windows = CLIENTS["vscode"].path(Platform.WINDOWS, home="C:\\x", environment={"APPDATA": "D:\\data"})
    linux = CLIENTS["vscode"].path(Platform.LINUX, home="/x", environment={"XDG_CONFIG_HOME": "/conf"})

    assert (str(windows), str(linux)) == ("D:\\data\\Code\\User\\mcp.json", "/conf/Code/User/mcp.json")


@EACH
def test_over_stdio_an_entry_is_the_command_and_its_words(client: Client) -> None:
    kind = {"type": "stdio"} if client.name in {"claude-code", "vscode"} else {}

    assert client.entry(STDIO) == {
        **kind,
        "command": "/opt/crashgate/bin/crashgate",
        "args": ["serve", "--agent", "triage-agent"],
    }


def test_over_http_an_entry_names_the_variable_and_no_token() -> None:
    assert {name: each.entry(HTTP) for name, each in CLIENTS.items() if each.http} == OVER_HTTP


def test_claude_desktops_file_cannot_name_a_server_over_http() -> None:
    with pytest.raises(ValueError, match="Claude Desktop has no entry for servers over HTTP"):
        CLIENTS["claude-desktop"].entry(HTTP)


@EACH
def test_a_snippet_is_a_whole_file(client: Client) -> None:
    text = snippet(client, "crashgate", client.entry(STDIO))

    data = json.loads(text) if client.format is Format.JSON else tomllib.loads(text)
    assert data == {client.servers: {"crashgate": client.entry(STDIO)}}


def test_comments_of_toml_and_other_servers_stay() -> None:
    codex = CLIENTS["codex"]
    before = '# mine\nmodel = "o9" # why\n\n[mcp_servers.other] # theirs\ncommand = "x"\n\n[profiles.a]\nb = 1\n'

    after = add_entry(codex, before, "crashgate", codex.entry(STDIO))

    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert tomllib.loads(after) == {
        **tomllib.loads(before),
        "mcp_servers": {"other": {"command": "x"}, "crashgate": codex.entry(STDIO)},
    }
    assert tomllib.loads(remove_entry(codex, after, "crashgate")) == tomllib.loads(before)


@EACH
def test_an_entry_is_found_again_replaced_and_removed(client: Client) -> None:
    first = add_entry(client, "", "crashgate", client.entry(STDIO))
    second = add_entry(client, first, "crashgate", client.entry(TRY_IT))

    assert find_entry(client, second, "crashgate") == client.entry(TRY_IT)
    assert find_entry(client, remove_entry(client, second, "crashgate"), "crashgate") is None
    assert remove_entry(client, second, "another") == second


def linked(link: str) -> tuple[str, Any]:
    """The name and the entry in a link."""
    query = parse_qs(urlsplit(link).query)
    (name,), (config,) = query["name"], query["config"]
    return name, json.loads(config if config.startswith("{") else base64.b64decode(config, validate=True))


@EACH
def test_a_link_holds_the_entry(client: Client) -> None:
    links = [link for server in (STDIO, TRY_IT) if (link := client.link("crashgate", server)) is not None]

    assert [linked(link) for link in links] == (
        [
            ("crashgate", client.entry(STDIO)),
            ("crashgate", client.entry(TRY_IT)),
        ]
        if client.name in {"vscode", "cursor"}
        else []
    )


def test_the_readme_has_the_buttons_and_each_holds_what_it_installs(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\((https://[^)]*install[^)]*config=[^)]*)\)", buttons())

    assert buttons() in readme
    assert [linked(link)[0] for link in links] == ["crashgate", "crashgate"]
    for link in links:
        entry = linked(link)[1]
        assert (entry["command"], entry["args"][0]) == ("uvx", "crashgate")


@pytest.mark.parametrize(
    "prefix",
    [
        "/home/ada/.cache/uv/archive-v0/Zk3x",
        "/Users/ada/.cache/uv/environments-v2/crashgate-1f",
        "/Users/ada/Library/Caches/uv/archive-v0/a",
    ],
)
def test_from_uvs_cache_it_is_started_by_uvx(prefix: str) -> None:
    found = find_launch(prefix=prefix, executable=f"{prefix}/bin/python")

    assert found == Launch(command="uvx", args=("crashgate",))


def test_otherwise_it_is_started_by_the_absolute_path_of_its_command(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    assert find_launch(prefix=str(tmp_path), executable=str(python)) == Launch(
        command=str(python), args=("-m", "crashgate")
    )

    (tmp_path / "bin" / "crashgate").touch()
    assert find_launch(prefix=str(tmp_path), executable=str(python)) == Launch(
        command=str(tmp_path / "bin" / "crashgate")
    )
