"""``crashgate policy init``. Rule: it grants reading only, asks through the gate, and never writes over a document."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.policy.first import Places
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
@click.option("--sandbox", "in_sandbox", is_flag=True, help="Use a sandbox in this process in place of every upstream.")
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
    from crashgate import wiring
    from crashgate.catalogue.scope import PLACES
    from crashgate.cli.embedded import embedded
    from crashgate.policy.document import load
    from crashgate.policy.first import first_policy

    settings, sandbox = session.settings(), embedded() if in_sandbox else None
    vocabulary = wiring.vocabulary(settings, sandbox=sandbox)
    given: Places = {dimension: tuple(named[dimension.value]) for dimension in PLACES if named[dimension.value]}
    places: Mapping[str, Places] = dict.fromkeys(vocabulary.connections, given)
    if not given and not offline:
        places = _existing(settings, sandbox)
    text = first_policy(agent, owner, places, vocabulary)
    load(text, source=f"{settings.policies.name}/{agent}.toml", vocabulary=vocabulary)
    path = settings.policies / f"{agent}.toml"
    if write:
        _write(path, text)
    screen = session.screen()
    if screen.json:
        screen.data({"document": text, "path": str(path) if write else None})
    elif write:
        screen.say(f"Wrote {path}. Read it, then run: crashgate policy check")
    else:
        screen.raw(text)


def _existing(settings: "Settings", sandbox: "Sandbox | None") -> "Mapping[str, Places]":
    from crashgate.cli.existing import existing
    from crashgate.cli.loop import run
    from crashgate.cli.screen import note

    if not sandbox and not settings.connections:
        note("There is no connection, so nobody was asked which projects exist.")
        return {}
    return run(existing(settings, sandbox))


def _write(path: Path, text: str) -> None:
    """Make the file; one that is there already stays as it is."""
    from crashgate.errors import ConfigurationError

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        why = f"{(error.strerror or 'Unknown fault').capitalize()}."
        raise ConfigurationError(f"{path} cannot be written.", why=why, remedy="Print it, without --write.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
