"""``crashgate policy init``. Rule: it asks nothing upstream, grants reading only, and never writes over a document."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from crashgate.cli import session
from crashgate.cli.shared import Command


@click.command("init", cls=Command)
@click.argument("agent", help="Whom the policy is for.")
@click.option("--owner", required=True, metavar="ADDRESS", help="Who answers for it.")
@click.option("--organization", "organizations", multiple=True, metavar="NAME", help="An id, slug or pattern.")
@click.option("--project", "projects", multiple=True, metavar="NAME", help="An id, slug or pattern.")
@click.option("--environment", "environments", multiple=True, metavar="NAME", help="A name or pattern.")
@click.option("--platform", "platforms", multiple=True, metavar="NAME", help="A name or pattern.")
@click.option("--app", "apps", multiple=True, metavar="ID", help="An id or pattern.")
@click.option("--write", is_flag=True, help="Write it to AGENT.toml in the policy folder instead of printing it.")
def policy_init(agent: str, owner: str, *, write: bool, **named: Sequence[str]) -> None:
    """Make a first policy from the configured connections.

    It gives reading, in the places that you name. Where no place is named for a kind of resource, its grant is a
    comment to fill in. Nothing is asked upstream.

    Example: crashgate policy init triage-agent --owner team@example.com --project checkout-ios
    """
    from crashgate import wiring
    from crashgate.catalogue.scope import PLACES, Dimension
    from crashgate.policy.document import load
    from crashgate.policy.first import first_policy

    settings = session.settings()
    vocabulary = wiring.vocabulary(settings)
    places: dict[Dimension, Sequence[str]] = {
        dimension: tuple(named[dimension.value]) for dimension in PLACES if named[dimension.value]
    }
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
