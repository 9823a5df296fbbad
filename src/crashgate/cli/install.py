"""``crashgate install``: the entry of this crashgate in the configuration of an MCP client.

Rule: nothing is written unless that is asked for, what is there stays, and no token is ever written.
"""

import os
import shutil
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.command import Command, shared
from crashgate.cli.output import note, whole_file
from crashgate.cli.session import in_sandbox_option
from crashgate.clients.formats import CLIENTS

if TYPE_CHECKING:
    from crashgate.clients.formats import Client, Entry, Server
    from crashgate.errors import ConfigurationError

_BACKUP = ".crashgate-backup"
_LARGEST = 10 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class _Target:
    """The client's file, and the name of the entry in it."""

    client: "Client"
    path: Path
    name: str


@click.command("install", cls=Command)
@click.argument("client", type=click.Choice([*CLIENTS]), metavar="CLIENT", help=f"One of {', '.join(CLIENTS)}.")
@click.option("--agent", metavar="NAME", help="The agent that the client acts as. Not needed if there is only one.")
@click.option(
    "--preset", type=click.Choice(session.PRESETS), help="Use a shipped policy instead of an agent of your own."
)
@click.option("--url", metavar="URL", help="Connect to a server over HTTP, such as http://127.0.0.1:8321/mcp.")
@click.option("--name", default="crashgate", show_default=True, metavar="NAME", help="The name of the entry.")
@click.option("--file", type=click.Path(path_type=Path), help="Use this file, for example one of a project.")
@click.option("--write", is_flag=True, help="Write the entry, and keep a backup of the file.")
@click.option(
    "--print",
    "kind",
    type=click.Choice(("snippet", "link", "command")),
    help="Print only this: the entry, a link that adds it, or the client's own command that does.",
)
@click.option("--uninstall", is_flag=True, help="Show the file without the entry; with --write, take the entry out.")
@in_sandbox_option
def install(  # noqa: PLR0913 - one parameter an option
    *,
    client: str,
    agent: str | None,
    preset: str | None,
    url: str | None,
    name: str,
    file: Path | None,
    write: bool,
    kind: str | None,
    uninstall: bool,
    in_sandbox: bool,
) -> None:
    """Connect an MCP client to crashgate.

    Shows the entry for the client's configuration and the file that it belongs in. With --write it is written there;
    comments and everything else in the file stay. Over stdio the client starts crashgate for one agent. With --url it
    connects to a running server, and takes its token from the variable CRASHGATE_TOKEN. The token itself is never
    written.
    """
    if [agent is not None, preset is not None, url is not None].count(True) > 1:
        raise click.UsageError("Give one of --agent, --preset and --url.")
    if (uninstall or write) and kind is not None:
        raise click.UsageError("--print cannot be combined with --write or --uninstall.")
    chosen = CLIENTS[client]
    target = _Target(client=chosen, path=file.absolute() if file else _usual_path(chosen), name=_checked_name(name))
    if uninstall:
        _uninstall(target, write=write)
        return
    server = _server(agent, preset, url, in_sandbox=in_sandbox)
    try:
        entry = chosen.entry(server)
    except ValueError as problem:
        raise _error(f"{problem}.", "Add the address in its settings, under Connectors, or leave --url out.") from None
    if kind is not None:
        _print(target, server, entry, kind)
    else:
        _install(target, entry, write=write, over_http=url is not None)


def _usual_path(client: "Client") -> Path:
    from crashgate.clients.formats import Platform

    platform = Platform(sys.platform) if sys.platform in set(Platform) else Platform.LINUX
    return Path(client.path(platform, home=str(Path.home()), environment=os.environ))


def _checked_name(name: str) -> str:
    import re

    from crashgate.errors import InvalidArgumentsError

    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name):
        raise InvalidArgumentsError("--name cannot be used.", remedy="Write 1 to 32 letters, digits, - or _.")
    return name


def _server(agent: str | None, preset: str | None, url: str | None, *, in_sandbox: bool) -> "Server":
    from crashgate.clients.formats import Http, Stdio
    from crashgate.clients.launch import Launch, find_launch

    if url is not None:
        return Http(url=_checked_url(url))
    who = ("--preset", preset) if preset else ("--agent", _agent(agent, in_sandbox=in_sandbox))
    given = shared()
    folders = {"--config": given.config, "--policies": given.policies, "--state": given.state}
    flags = [word for flag, path in folders.items() if path for word in (flag, str(path.expanduser().absolute()))]
    launch = find_launch()
    words = (*launch.args, *flags, "serve", *who, *(["--sandbox"] if in_sandbox else []))
    return Stdio(launch=Launch(command=launch.command, args=words))


def _checked_url(url: str) -> str:
    import re

    from crashgate.errors import InvalidArgumentsError

    # A token in the address would stand in the file.
    if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:_-]+(?:/[A-Za-z0-9._~/-]*)?", url):
        raise InvalidArgumentsError(
            "--url cannot be used.",
            remedy="Write it like https://crashgate.example.com/mcp, without user or query.",
        )
    return url


def _agent(given: str | None, *, in_sandbox: bool) -> str:
    """The agent, who has a policy. Raises ConfigurationError where there is none, or several and none was named."""
    from crashgate.cli.session import find_policy, open_workspace

    policies = open_workspace(in_sandbox=in_sandbox).served()
    if given is None:
        if len(policies) != 1:
            raise _error(
                "Which agent does this client act as?",
                f"Give --agent with one of: {', '.join(policies) or 'none has a policy yet'}.",
            )
        (given,) = policies
    return find_policy(policies, given).agent


def _print(target: _Target, server: "Server", entry: "Entry", kind: str) -> None:
    from crashgate.clients.edit import snippet

    client, screen = target.client, session.screen()
    text: str | None
    if kind == "snippet":
        text = snippet(client, target.name, entry)
    elif kind == "link":
        text = client.link(target.name, server)
    else:
        text = client.command(target.name, server)
    if text is None:
        raise _error(f"{client.title} has no {kind} for this.", "Use --print snippet, or --write.")
    if screen.json:
        screen.data({"client": client.name, kind: text})
    else:
        screen.raw(text)


def _install(target: _Target, entry: "Entry", *, write: bool, over_http: bool) -> None:
    from crashgate.clients.edit import add_entry, find_entry, snippet

    before = _text(target.path)
    with _as_error(target.path):
        there = find_entry(target.client, before, target.name)
        after = before if there == dict(entry) else add_entry(target.client, before, target.name, entry)
    backup = _replace(target.path, before, after) if write and after != before else None
    screen = session.screen()
    if screen.json:
        screen.data(
            {
                "client": target.client.name,
                "file": str(target.path),
                "entry": dict(entry),
                "written": write and after != before,
                "backup": str(backup) if backup else None,
            }
        )
        return
    if after == before:
        screen.say(f"{target.path} has this entry already.")
    elif write:
        screen.say(f"Wrote the entry {target.name} to {target.path}.")
        if backup:
            screen.say(f"The file as it was: {backup}")
        screen.say(f"Restart {target.client.title} to use it.")
    else:
        screen.say(f"This would {'replace' if there is not None else 'add'} the entry {target.name} in {target.path}:")
        screen.say()
        screen.raw(snippet(target.client, target.name, entry))
        screen.say()
        screen.say("Run it again with --write to write it; everything else in the file stays.")
    if over_http:
        note("Set the variable CRASHGATE_TOKEN to the agent's token where the client runs: crashgate token new AGENT")


def _uninstall(target: _Target, *, write: bool) -> None:
    from crashgate.clients.edit import remove_entry

    before = _text(target.path)
    with _as_error(target.path):
        after = remove_entry(target.client, before, target.name)
    backup = _replace(target.path, before, after) if write and after != before else None
    screen = session.screen()
    if screen.json:
        screen.data(
            {
                "client": target.client.name,
                "file": str(target.path),
                "written": backup is not None,
                "backup": str(backup) if backup else None,
            }
        )
    elif after == before:
        screen.say(f"{target.path} has no entry {target.name}.")
    elif write:
        screen.say(f"Removed the entry {target.name} from {target.path}. The file as it was: {backup}")
    else:
        screen.say(f"This would remove the entry {target.name} from {target.path}. Run it again with --write to do so.")


def _text(path: Path) -> str:
    """What is in the file; nothing where there is none."""
    try:
        if path.stat().st_size > _LARGEST:
            raise _error(f"{path} cannot be edited: it is larger than 10 MiB.", "Add the entry by hand.")
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        raise _error(f"{path} cannot be read.", "Look at it, or name another with --file.") from problem


def _replace(path: Path, before: str, after: str) -> Path | None:
    """Put the new text in place, whole or not at all; gives the copy of the file as it was, where there was one.

    A link stays a link: people keep such files elsewhere.
    """
    real = Path(os.path.realpath(path))
    backup = None
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        if real.exists():
            backup = real.with_name(real.name + _BACKUP)
            shutil.copy2(real, backup)
        if _text(real) != before:
            raise _error(f"{path} was changed meanwhile.", "Nothing was written; run it again.")
        mode = stat.S_IMODE(real.stat().st_mode) if backup else 0o600
        with whole_file(real, mode=mode, over=True) as stream:
            stream.write(after)
    except OSError as problem:
        raise _error(f"{path} cannot be written.", "Use --print snippet, and add the entry by hand.") from problem
    return backup


@contextmanager
def _as_error(path: Path) -> Generator[None]:
    """Say of a file that cannot be edited which it is, why, and what to do."""
    try:
        yield
    except ValueError as problem:
        raise _error(f"{path} cannot be edited: {problem}.", "Correct it, or use --print snippet.") from problem


def _error(what: str, remedy: str) -> "ConfigurationError":
    from crashgate.errors import ConfigurationError

    return ConfigurationError(what, remedy=remedy)


def installed_in(name: str = "crashgate") -> dict[str, tuple[Path, bool | None]]:
    """The clients whose file is there, each with whether it has an entry of ours; None where it cannot be read."""
    from crashgate.clients.edit import find_entry
    from crashgate.errors import ConfigurationError

    found: dict[str, tuple[Path, bool | None]] = {}
    for client in CLIENTS.values():
        path = _usual_path(client)
        if path.is_file():
            try:
                found[client.title] = (path, find_entry(client, _text(path), name) is not None)
            except (ValueError, ConfigurationError):
                found[client.title] = (path, None)
    return found
