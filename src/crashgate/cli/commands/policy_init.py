"""``crashgate policy init``. Rule: it grants reading only, asks through the gate, and never writes over a document."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.ground import ground
from crashgate.cli.screen import note
from crashgate.cli.shared import Command
from crashgate.cli.whole_file import whole_file

if TYPE_CHECKING:
    from crashgate.cli.ground import Ground
    from crashgate.errors import ConfigurationError
    from crashgate.policy.first import Places
    from crashgate.policy.policy import Policy
    from crashgate.settings import Settings
    from crashgate.wiring import Sandbox


@click.command("init", cls=Command)
@click.argument("agent", help="Whom the policy is for.")
@click.option("--owner", required=True, metavar="ADDRESS", help="Who answers for it.")
@click.option("--organization", "organizations", multiple=True, metavar="NAME", help="An id, slug or pattern.")
@click.option("--project", "projects", multiple=True, metavar="NAME", help="An id, slug or pattern.")
@click.option("--environment", "environments", multiple=True, metavar="NAME", help="A name or pattern.")
@click.option("--platform", "platforms", multiple=True, metavar="NAME", help="A name or pattern.")
@click.option("--app", "apps", multiple=True, metavar="ID", help="An id or pattern.")
@click.option("--offline", is_flag=True, help="Ask nothing upstream, also where no place is named.")
@in_sandbox_option
@click.option("--write", is_flag=True, help="Write it to AGENT.toml in the policy folder instead of printing it.")
def policy_init(
    agent: str, owner: str, *, offline: bool, in_sandbox: bool, write: bool, **named: Sequence[str]
) -> None:
    """Make a first policy from the connections and projects that exist.

    It gives reading. Where you name no place, all organizations and projects that the tokens can see are asked for and
    named, for you to take out what the agent need not see; the decision log has these requests, by policy-init. Where
    nothing is named for a kind of resource, its grant is a comment to fill in.

    Example: crashgate policy init triage-agent --owner team@example.com --project checkout-ios
    """
    from crashgate.catalogue.scope import PLACES
    from crashgate.policy.document import load
    from crashgate.policy.first import first_policy

    start = ground(in_sandbox=in_sandbox)
    settings, vocabulary, connections = start.settings, start.vocabulary, start.connections
    given: Places = {dimension: tuple(named[dimension.value]) for dimension in PLACES if named[dimension.value]}
    _check_places(given, start)
    path = settings.policies / f"{agent}.toml"
    if write and path.exists():
        raise _not_written(path, "There is a document of that name already.")
    places: Mapping[str, Places] = dict.fromkeys(connections, given)
    if not given and not offline:
        places = _existing(settings, start.sandbox)
    text = first_policy(agent, owner, places, vocabulary, connections)
    policy = load(text, source=f"{settings.policies.name}/{agent}.toml", vocabulary=vocabulary)
    if write:
        _write(path, text)
        _tell_beyond(policy, start)
    screen = session.screen()
    if screen.json:
        screen.data({"document": text, "path": str(path) if write else None})
    elif write:
        screen.say(f"Wrote {path}. Read it, then run: crashgate policy check{' --sandbox' if in_sandbox else ''}")
    else:
        screen.raw(text)


def _existing(settings: "Settings", sandbox: "Sandbox | None") -> "Mapping[str, Places]":
    from crashgate.cli.loop import run
    from crashgate.cli.visible_places import existing

    if not sandbox and not settings.connections:
        note("There is no connection, so nobody was asked which projects exist.")
        return {}
    return run(existing(settings, sandbox))


def _check_places(given: "Places", start: "Ground") -> None:
    """Raises ConfigurationError for a place of a kind that no connection has: its name would come to nothing."""
    from crashgate.errors import ConfigurationError
    from crashgate.policy.first import nameable

    known = nameable(start.vocabulary, start.connections)
    for dimension in given:
        if dimension not in known:
            raise ConfigurationError(
                f"--{dimension.noun} names nothing here.",
                why=f"None of the connections has {dimension} to read: {', '.join(start.connections)}.",
                remedy="Leave it out, or write a connection in crashgate.toml that has some.",
            )


def _tell_beyond(policy: "Policy", start: "Ground") -> None:
    """Say which connections only the sandbox has: a folder that names them cannot be used without it."""
    from crashgate import wiring

    here = wiring.vocabulary(start.settings).connections
    more = dict.fromkeys(each.connection for each in policy.grants if each.connection not in here)
    if more:
        note(
            f"Not configured here: {', '.join(more)}. While this document names them, the folder can be used with"
            " --sandbox only."
        )


def _write(path: Path, text: str) -> None:
    """Make the file, whole or not at all, and its folder where there is none.

    Half a document would put every policy of the folder out of use.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(path, mode=0o644, over=False) as stream:
            stream.write(text)
    except OSError as error:
        raise _not_written(path, f"{(error.strerror or 'Unknown fault').capitalize()}.") from error


def _not_written(path: Path, why: str) -> "ConfigurationError":
    from crashgate.errors import ConfigurationError

    return ConfigurationError(f"{path} cannot be written.", why=why, remedy="Print it, without --write.")
