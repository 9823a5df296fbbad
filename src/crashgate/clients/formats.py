"""MCP clients as data: where each keeps its configuration, and what the entry of a server looks like there.

An entry never holds a token. Over stdio crashgate finds its credentials itself. Over HTTP each client reads the bearer
token from the environment variable ``CRASHGATE_TOKEN``, in its own way.
"""

import base64
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from crashgate.clients.launch import Launch

TOKEN_VARIABLE = "CRASHGATE_TOKEN"  # noqa: S105 - the name of a variable

Entry = Mapping[str, Any]


@unique
class Platform(StrEnum):
    """An operating system, by its name in ``sys.platform``."""

    MACOS = "darwin"
    WINDOWS = "win32"
    LINUX = "linux"


@unique
class Format(StrEnum):
    """What the file is written in."""

    JSON = "json"
    TOML = "toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stdio:
    """A server that the client starts."""

    launch: Launch


@dataclass(frozen=True, kw_only=True, slots=True)
class Http:
    """A server that runs at an address."""

    url: str


Server = Stdio | Http


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """One client."""

    name: str
    title: str
    file: str
    """Its configuration below the user's home, on Linux."""
    application: str = ""
    """The same below the folder for applications' data, where it is kept there on macOS and Windows."""
    format: Format = Format.JSON
    servers: str = "mcpServers"
    """The key of the table of servers."""
    typed: bool = False
    """Whether an entry names its kind, ``stdio`` or ``http``."""
    url_key: str = "url"
    bearer: str | None = None
    """The value of the header ``Authorization``; None where the file has another way, or no way to use HTTP."""
    http: bool = True
    add: str = ""
    """The command that adds an entry, where the client has one."""

    def path(self, platform: Platform, *, home: str, environment: Mapping[str, str]) -> PurePath:
        """Its configuration file for the user whose home that is."""
        if platform is Platform.WINDOWS:
            root = PureWindowsPath(home)
            data = environment.get("APPDATA") or str(root / "AppData" / "Roaming")
            return PureWindowsPath(data) / self.application if self.application else root / self.file
        root_ = PurePosixPath(home)
        if platform is Platform.MACOS and self.application:
            return root_ / "Library" / "Application Support" / self.application
        if self.application:
            return PurePosixPath(environment.get("XDG_CONFIG_HOME") or root_ / ".config") / self.application
        return root_ / self.file

    def entry(self, server: Server) -> Entry:
        """What stands for the server in its file. Raises ValueError where the file cannot name such a server."""
        if isinstance(server, Stdio):
            kind = {"type": "stdio"} if self.typed else {}
            return {**kind, "command": server.launch.command, "args": list(server.launch.args)}
        if not self.http:
            raise ValueError(f"{self.title} has no entry for servers over HTTP in its file")
        kind = {"type": "http"} if self.typed else {}
        if self.bearer is None:
            return {**kind, self.url_key: server.url, "bearer_token_env_var": TOKEN_VARIABLE}
        return {**kind, self.url_key: server.url, "headers": {"Authorization": self.bearer}}

    def link(self, name: str, server: Server) -> str | None:
        """A link that adds the server when it is opened; None where the client has none."""
        entry = json.dumps(self.entry(server), separators=(",", ":"))
        if self.name == "vscode":
            return f"https://insiders.vscode.dev/redirect/mcp/install?name={quote(name)}&config={quote(entry, safe='')}"
        if self.name == "cursor":
            config = quote(base64.b64encode(entry.encode()).decode(), safe="")
            return f"cursor://anysphere.cursor-deeplink/mcp/install?name={quote(name)}&config={config}"
        return None

    def command(self, name: str, server: Server) -> str | None:
        """A command line that adds the server; None where the client has none."""
        if self.name == "vscode":
            return f"code --add-mcp {shlex.quote(json.dumps({'name': name, **self.entry(server)}))}"
        if not self.add or isinstance(server, Http):
            return None
        return f"{self.add} {name} -- {shlex.join((server.launch.command, *server.launch.args))}"


CLIENTS: Mapping[str, Client] = {
    each.name: each
    for each in (
        Client(
            name="claude-code",
            title="Claude Code",
            file=".claude.json",
            typed=True,
            bearer=f"Bearer ${{{TOKEN_VARIABLE}}}",
            add="claude mcp add --scope user",
        ),
        Client(
            name="claude-desktop",
            title="Claude Desktop",
            file="",
            application="Claude/claude_desktop_config.json",
            http=False,
        ),
        Client(
            name="vscode",
            title="VS Code",
            file="",
            application="Code/User/mcp.json",
            servers="servers",
            typed=True,
            bearer=f"Bearer ${{env:{TOKEN_VARIABLE}}}",
        ),
        Client(name="cursor", title="Cursor", file=".cursor/mcp.json", bearer=f"Bearer ${{env:{TOKEN_VARIABLE}}}"),
        Client(
            name="codex",
            title="Codex",
            file=".codex/config.toml",
            format=Format.TOML,
            servers="mcp_servers",
            add="codex mcp add",
        ),
        Client(
            name="gemini-cli",
            title="Gemini CLI",
            file=".gemini/settings.json",
            url_key="httpUrl",
            bearer=f"Bearer ${TOKEN_VARIABLE}",
        ),
        Client(
            name="windsurf",
            title="Windsurf",
            file=".codeium/windsurf/mcp_config.json",
            url_key="serverUrl",
            bearer=f"Bearer ${{env:{TOKEN_VARIABLE}}}",
        ),
    )
}

TRY_IT = Stdio(launch=Launch(command="uvx", args=("crashgate", "serve", "--preset", "read-only", "--sandbox")))
"""What the buttons of the README install: invented data, and nothing that can be changed."""


def buttons(name: str = "crashgate") -> str:
    """The lines of the README that install crashgate with its sandbox, one for each client that has a link."""
    lines: list[str] = []
    for client in CLIENTS.values():
        link = client.link(name, TRY_IT)
        if link is None:
            continue
        # A page on the web shows no link with a scheme of its own.
        link = link.replace("cursor://anysphere.cursor-deeplink/mcp/install", "https://cursor.com/install-mcp")
        lines.append(f"- [Try it in {client.title}]({link})")
    return "\n".join(lines)
