"""``crashgate init``: a first connection and a first policy.

Rule: the token is checked before anything is written, and no argument ever holds it.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.command import Command, shared
from crashgate.cli.output import note, whole_file

if TYPE_CHECKING:
    from crashgate.config.settings import ConnectionSettings, Settings
    from crashgate.policy.review.starter import Places

_LONGEST = 4_096
_HELD = "CRASHGATE_TOKEN_BEING_CHECKED"
"""The name under which the check finds the token, in no environment but its own."""

_CONFIG = """\
# The settings of crashgate. This page explains every key:
# https://github.com/crashgate/crashgate/blob/main/docs/reference/settings.md
# No token is ever written here.
{folders}
[connections.{name}]
provider = {provider}
{url}token_file = {file}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Files:
    """What is written, and where."""

    config: Path
    token: Path
    policy: Path


@click.command("init", cls=Command)
@click.option("--provider", metavar="NAME", help="The provider, by its name in `crashgate providers`.")
@click.option("--base-url", metavar="URL", help="Its address, if it is not the vendor's own.")
@click.option(
    "--from",
    "source",
    metavar="FILE",
    help="Use the token in FILE, and keep reading it from there. `-` reads it from standard input.",
)
@click.option(
    "--agent", default="assistant", show_default=True, metavar="NAME", help="The agent that the policy is for."
)
@click.option("--owner", metavar="ADDRESS", help="Who is responsible for the policy. Default: your user name.")
@click.option("--offline", is_flag=True, help="Do not check the token or look up projects.")
def init(  # noqa: PLR0913 - one parameter an option
    *, provider: str | None, base_url: str | None, source: str | None, agent: str, owner: str | None, offline: bool
) -> None:
    """Set up crashgate: a connection to your account, and a first policy.

    Asks for the provider and the token, checks the token, and writes crashgate.toml, the token (readable by you alone)
    and a policy that allows an agent to read and to change nothing. They go into your configuration folder, where every
    command finds them. Nothing that exists is overwritten.

    Without a terminal the token is read from standard input.
    """
    from crashgate.config.settings import load

    name = _provider(provider)
    config = _config_path()
    folder = config.parent
    policies = (shared().policies or folder / "policies").absolute()
    given = None if source in {None, "-"} else source
    token_file = Path(given).expanduser().absolute() if given else folder / "tokens" / name
    files = _Files(config=config, token=token_file, policy=policies / f"{agent}.toml")
    _check_agent(agent)
    token = "" if given else _ask_for_token(name)
    connection = _connection(name, base_url, files.token if not token else None)
    environment = {**os.environ, **({_HELD: token} if token else {})}
    usual = {each: value for each, value in os.environ.items() if each != "CRASHGATE_CONFIG"}
    settings = load(config=None, options=shared().settings, environment=usual, here=Path.cwd())
    settings = settings.model_copy(update={"connections": {name: connection}, "policies": policies})
    places: Mapping[str, Places] = {} if offline else _check(settings, environment, name)
    text = _policy(settings, agent, owner, places)
    _write(files, token, _config_text(files, name, base_url), text)
    load(config=config, options=shared().settings, environment=os.environ, here=Path.cwd())
    _tell(files, agent, name, places)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _provider(given: str | None) -> str:
    from crashgate.config.problems import choose_one_of
    from crashgate.errors import InvalidArgumentsError
    from crashgate.providers import DEFAULT_PROVIDER
    from crashgate.providers.installed import installed_providers

    names = [*installed_providers()]
    if given is None and _at_terminal():
        given = click.prompt("Provider", type=click.Choice(names), default=DEFAULT_PROVIDER, err=True)
    if given is not None and given not in names:
        raise InvalidArgumentsError(f"--provider {choose_one_of(names, given)}.", remedy="Nothing was written.")
    return given or DEFAULT_PROVIDER


def _config_path() -> Path:
    from crashgate.config.settings import CONFIG_FILE, user_folder
    from crashgate.errors import ConfigurationError

    named = shared().config or os.environ.get("CRASHGATE_CONFIG")
    path = Path(named).expanduser().absolute() if named else user_folder() / CONFIG_FILE
    if path.exists():
        raise ConfigurationError(
            f"{path} exists already, and init overwrites nothing.",
            remedy="Add a connection to it by hand, name another file with --config, or run `crashgate doctor`.",
        )
    return path


def _check_agent(agent: str) -> None:
    import re

    from crashgate.errors import InvalidArgumentsError
    from crashgate.identity import AGENT_NAME_PATTERN

    if not re.fullmatch(AGENT_NAME_PATTERN.removesuffix("$"), agent):
        raise InvalidArgumentsError(
            "--agent is not an agent's name.", remedy="Write 1 to 64 of a-z, 0-9 and hyphens, no hyphen at either end."
        )


def _ask_for_token(provider: str) -> str:
    """What was typed, unseen, or the first line of standard input."""
    from crashgate.errors import ConfigurationError
    from crashgate.providers.installed import load_provider

    if _at_terminal():
        form = load_provider(provider).credential
        if form is not None:
            note(form.description)
        token: str = click.prompt(f"Token of {load_provider(provider).title}", hide_input=True, err=True)
    else:
        token = sys.stdin.readline(_LONGEST)
    token = token.strip()
    if not token:
        raise ConfigurationError(
            "No token was given.",
            remedy="Type it at the prompt, name a file with --from, or pipe it in: crashgate init < FILE",
        )
    return token


def _connection(provider: str, base_url: str | None, file: Path | None) -> "ConnectionSettings":
    from crashgate.config.settings import ConnectionSettings

    return ConnectionSettings(
        provider=provider,
        base_url=(base_url or "").rstrip("/"),
        token_env=None if file else _HELD,
        token_file=file,
    )


def _check(settings: "Settings", environment: Mapping[str, str], name: str) -> "Mapping[str, Places]":
    """The places that the token can see. Raises ConfigurationError and UpstreamError where it cannot be used."""
    from crashgate.cli.connections import Standing, check_connections
    from crashgate.cli.policy_init import look_up_places
    from crashgate.cli.serve import run
    from crashgate.errors import Code, ConfigurationError, CrashgateError

    note(f"Checking the token at {settings.connections[name].url}")
    (status,) = run(check_connections(settings, environment, (), None))
    if status.standing not in {Standing.OK, Standing.REACHED, Standing.NOT_ASKED}:
        no_answer = status.standing is Standing.NO_ANSWER
        error = CrashgateError if no_answer else ConfigurationError
        raise error(
            f"The connection cannot be used: {status.standing}.",
            why=status.why,
            remedy="Nothing was written. Correct it and run init again"
            + (", or skip the check with --offline." if no_answer else "."),
            code=Code.UPSTREAM_UNAVAILABLE if no_answer else Code.CONFIGURATION,
        )
    try:
        return run(look_up_places(settings, None, environment))
    except CrashgateError as problem:
        note(f"{problem.what} So the policy names no projects; add them to it.")
        return {}


def _policy(settings: "Settings", agent: str, owner: str | None, places: "Mapping[str, Places]") -> str:
    from crashgate.config import wiring
    from crashgate.policy.document import load
    from crashgate.policy.review.starter import first_policy

    vocabulary = wiring.vocabulary(settings)
    connections = {name: each.provider for name, each in settings.connections.items()}
    text = first_policy(agent, owner or wiring.operator(), places, vocabulary, connections)
    load(text, source=f"{settings.policies.name}/{agent}.toml", vocabulary=vocabulary)
    return text


def _config_text(files: _Files, name: str, base_url: str | None) -> str:
    given = shared()
    folders = "".join(
        f"{key} = {_quoted(path.expanduser().absolute())}\n"
        for key, path in (("policies", given.policies), ("state", given.state))
        if path is not None
    )
    folder = files.config.parent
    file = files.token.relative_to(folder) if files.token.is_relative_to(folder) else files.token
    return _CONFIG.format(
        folders=f"\n{folders}" if folders else "",
        name=name,
        provider=_quoted(name),
        url=f"base_url = {_quoted(base_url.rstrip('/'))}\n" if base_url else "",
        file=_quoted(file),
    )


def _quoted(value: str | Path) -> str:
    return json.dumps(str(value), ensure_ascii=False)


def _write(files: _Files, token: str, config: str, policy: str) -> None:
    """The configuration last: as long as it is not there, init can run again."""
    from crashgate.errors import ConfigurationError

    parts = [(files.policy, policy, 0o644, False), (files.config, config, 0o600, False)]
    if token:
        parts.insert(0, (files.token, f"{token}\n", 0o600, True))
    for path, text, mode, over in parts:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with whole_file(path, mode=mode, over=over) as stream:
                stream.write(text)
        except FileExistsError:
            note(f"{path} exists already and is kept as it is.")
        except OSError as error:
            raise ConfigurationError(
                f"{path} cannot be written.", why=f"{(error.strerror or 'Unknown fault').capitalize()}."
            ) from error


def _tell(files: _Files, agent: str, name: str, places: "Mapping[str, Places]") -> None:
    from crashgate.clients.launch import shell_command

    screen = session.screen()
    if screen.json:
        paths = {"config": files.config, "token_file": files.token, "policy": files.policy}
        screen.data({"connection": name, "agent": agent, **{key: str(path) for key, path in paths.items()}})
        return
    command = f"{shell_command()}{f' --config {_quoted(files.config)}' if shared().config else ''}"
    screen.say(f"Settings   {files.config}")
    screen.say(f"Token      {files.token}")
    screen.say(f"Policy     {files.policy}")
    screen.say()
    named = sum(len(names) for each in places.values() for names in each.values())
    if named:
        screen.say(f"{agent} may read in the {named} places that the policy names, and change nothing.")
    else:
        screen.say("The policy names no places yet. Open it and fill in those that the agent may read.")
    screen.say()
    screen.say("What to do next:")
    for label, words in (
        ("See what the agent may do", "policy show"),
        ("Check the installation", "doctor"),
        ("Show how to connect your client", f"install claude-code --agent {agent}"),
    ):
        screen.say(f"{label}:")
        screen.raw(f"  {command} {words}")
