"""The pages of ``docs/connect``, one for each client: what ``crashgate install`` writes, and what the client does."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath

from crashgate.clients.edit import snippet
from crashgate.clients.formats import CLIENTS, TOKEN_VARIABLE, TRY_IT, Client, Format, Http, Platform, Stdio
from crashgate.clients.launch import Launch

FOLDER = "docs/connect"
_MARK = "<!-- Written by `make docs` from the code of `crashgate install`. Change the code, not this page. -->"
_STDIO = Stdio(launch=Launch(command="/home/you/.local/bin/crashgate", args=("serve", "--agent", "assistant")))
_HTTP = Http(url="http://127.0.0.1:8321/mcp")
_HOMES = {Platform.MACOS: "~", Platform.LINUX: "~", Platform.WINDOWS: "%USERPROFILE%"}
_TITLES = {Platform.MACOS: "macOS", Platform.LINUX: "Linux", Platform.WINDOWS: "Windows"}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a client: what its model gets, and what else to know."""

    answer: str
    error: str
    notes: tuple[str, ...] = ()


_AS_TEXT = "It sometimes sends objects and lists as JSON text. crashgate accepts that."
_DESKTOP = (
    "An application that was not started from a shell does not see the shell's variables. On macOS, set the variable"
    f" with `launchctl setenv {TOKEN_VARIABLE} TOKEN` before you start it; on Windows, in your user's environment"
    " variables."
)
FACTS: Mapping[str, Facts] = {
    "claude-code": Facts(
        answer="the structured content alone",
        error="the text alone",
        notes=(
            "It cuts a tool's answer at 25,000 tokens. crashgate bounds the data of an answer to about 10,000.",
            "It shows the tools as `mcp__crashgate__list_errors` and so on.",
            _AS_TEXT,
        ),
    ),
    "claude-desktop": Facts(
        answer="not tried here",
        error="not tried here",
        notes=(
            _AS_TEXT,
            "`make mcpb` in a checkout builds a bundle that Claude Desktop installs when you open it.",
        ),
    ),
    "vscode": Facts(
        answer="not tried here",
        error="not tried here",
        notes=("It speaks the protocol of 2025-11-25, which crashgate speaks too.", _AS_TEXT, _DESKTOP),
    ),
    "cursor": Facts(
        answer="not tried here",
        error="not tried here",
        notes=(
            "An optional argument often comes as empty text. crashgate takes that as not given.",
            _DESKTOP,
        ),
    ),
    "codex": Facts(answer="the structured content alone", error="the structured content alone"),
    "gemini-cli": Facts(
        answer="not tried here",
        error="not tried here",
        notes=("Gemini reads simple schemas only. The schemas of crashgate's tools are that simple.",),
    ),
    "windsurf": Facts(
        answer="not tried here",
        error="not tried here",
        notes=(_DESKTOP,),
    ),
}


def pages() -> Mapping[str, str]:
    """The text of each page by the name of its file."""
    return {"index.md": _index(), **{f"{client.name}.md": _page(client) for client in CLIENTS.values()}}


def _index() -> str:
    rows = [
        f"| [{client.title}]({client.name}.md) | `crashgate install {client.name}` |"
        f" {'stdio, HTTP' if client.http else 'stdio'} | {FACTS[client.name].answer} | {FACTS[client.name].error} |"
        for client in CLIENTS.values()
    ]
    return "\n".join(
        [
            "# Connect your client",
            "",
            _MARK,
            "",
            (
                "`crashgate install` knows these clients. It shows the entry for the client's configuration, and"
                " writes it with `--write`: comments and everything else in the file stay, and the file as it was is"
                " kept beside it."
            ),
            "",
            "| client | command | over | its model gets, for an answer | for an error |",
            "|---|---|---|---|---|",
            *rows,
            "",
            (
                "An answer has two parts that say the same: structured content, and text with the data as JSON. So"
                " nothing is lost whichever part a client passes on. [What a client's model sees](../clients.md) has"
                " what was seen of libraries and SDKs."
            ),
            "",
            "## Any other client",
            "",
            (
                "Over stdio, the client starts `crashgate serve --agent NAME`. Use the absolute path of the command,"
                " since few clients know your shell's PATH. Over HTTP, the address is that of the server with `/mcp`"
                f" at its end, and the header is `Authorization: Bearer TOKEN`. {_token_words()}"
            ),
            "",
            "## How many tools",
            "",
            (
                "Some clients stop at about 40 tools, and each tool costs the model tokens in every conversation. An"
                " agent is shown only the tools that its policy allows, so a small policy is the best remedy."
                " `crashgate serve --tools errors,releases` shows fewer still, and `--read-only` only those that"
                " read."
            ),
            "",
        ]
    )


def _token_words() -> str:
    return "`crashgate token new NAME` makes the token."


def _page(client: Client) -> str:
    kind = "toml" if client.format is Format.TOML else "json"
    parts = [
        f"# {client.title}",
        _MARK,
        (
            "Run [`crashgate init`](../index.md#connect-your-own-account) first, so that there is an agent called"
            " `assistant`. Then look at the entry, and write it:"
        ),
        (
            f"```sh\ncrashgate install {client.name} --agent assistant\n"
            f"crashgate install {client.name} --agent assistant --write\n```"
        ),
        f"Restart {client.title}, and ask it: *What may you do with crashgate?* It should call `my_access`.",
        _link(client),
        "## By hand",
        f"The entry belongs in this file:\n\n{_files(client)}",
        f"```{kind}\n{snippet(client, 'crashgate', client.entry(_STDIO))}```",
        (
            "Use the absolute path of your `crashgate`, which `which crashgate` prints. `crashgate install` finds it"
            " itself."
        ),
        _command(client),
        "## Over HTTP",
        *_over_http(client, kind),
        "## What its model sees",
        f"- For an answer: {FACTS[client.name].answer}.\n- For an error: {FACTS[client.name].error}."
        + "".join(f"\n- {note}" for note in FACTS[client.name].notes),
        "## Remove it",
        f"```sh\ncrashgate install {client.name} --uninstall\ncrashgate install {client.name} --uninstall --write\n```",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _files(client: Client) -> str:
    found: list[str] = []
    for platform, home in _HOMES.items():
        path = client.path(platform, home=home, environment={})
        shown = str(path).replace("%USERPROFILE%\\AppData\\Roaming", "%APPDATA%")
        found.append(f"- {_TITLES[platform]}: `{shown}`")
        assert isinstance(path, PureWindowsPath) is (platform is Platform.WINDOWS)
    return "\n".join(found)


def _link(client: Client) -> str:
    if client.link("crashgate", TRY_IT) is None:
        return ""
    return (
        f"To try it without an account, `crashgate install {client.name} --preset read-only --sandbox --print link`"
        f" prints a link that adds crashgate with its sandbox to {client.title} when you open it."
    )


def _command(client: Client) -> str:
    command = client.command("crashgate", _STDIO)
    return f"{client.title} can add the entry itself:\n\n```text\n{command}\n```" if command else ""


def _over_http(client: Client, kind: str) -> list[str]:
    if not client.http:
        return [
            (
                f"{client.title} has no entry for servers over HTTP in its file, and the connectors in its settings"
                " require OAuth, which crashgate does not offer yet. Use stdio."
            ),
        ]
    return [
        "Start the server, and make a token for the agent. The token is shown once:",
        "```sh\ncrashgate token new assistant\ncrashgate serve --http\n```",
        (
            f"Set the variable `{TOKEN_VARIABLE}` to the token where {client.title} runs, and write the entry. The"
            " token itself is never written into the file:"
        ),
        f"```sh\ncrashgate install {client.name} --url {_HTTP.url} --write\n```",
        f"```{kind}\n{snippet(client, 'crashgate', client.entry(_HTTP))}```",
        "On another machine, use the server's own address, with https. [Hosting](../hosting.md) says how to set it up.",
    ]
