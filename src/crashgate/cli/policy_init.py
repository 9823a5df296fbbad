"""``crashgate policy init``: a first policy that grants only reading, made from the places that the tokens can see.

The places are looked up through the gate, like any call. The log records these calls as those of ``policy-init``, whose
policy reads only organizations and projects. No document is ever overwritten.
"""

import json
import os
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.command import Command
from crashgate.cli.output import note, whole_file
from crashgate.cli.session import POLICY_INIT, FixedPolicies, in_sandbox_option, open_workspace
from crashgate.errors import ConfigurationError, CrashgateError
from crashgate.identity import Principal, Via

if TYPE_CHECKING:
    from crashgate.cli.session import Workspace
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import Settings
    from crashgate.model.scope import Dimension
    from crashgate.policy.policy import Policy, Vocabulary
    from crashgate.policy.review.starter import Places
    from crashgate.tools.toolbox import Toolbox

_ASKS = """\
agent = "{agent}"
about = "Looks up what a first policy may name."
owner = "{agent}"
"""
_GRANT = """
[[grant]]
connection = {connection}
organizations = ["*"]
projects = ["*"]
access.organization = "read"
access.project = "read"
"""


def _askable(vocabulary: "Vocabulary") -> tuple[str, ...]:
    """The connections that have organizations and projects to ask for."""
    from crashgate.model.scope import ORGANIZATION, PROJECT

    both = {"organization": ORGANIZATION, "project": PROJECT}.items()
    return tuple(name for name, has in vocabulary.connections.items() if both <= has.items())


async def look_up_places(
    settings: "Settings", sandbox: "Sandbox | None", environment: Mapping[str, str]
) -> "Mapping[str, Places]":
    """By connection, the slugs of all that its token can see; empty if no connection has any.

    Raises ConfigurationError where one has more than ``MOST_NAMES``, and CrashgateError with what a tool says.
    """
    from crashgate.config import wiring
    from crashgate.policy.document import load
    from crashgate.policy.policy import PolicySet

    vocabulary = wiring.vocabulary(settings, sandbox=sandbox)
    connections = _askable(vocabulary)
    if not connections:
        return {}
    grants = "".join(_GRANT.format(connection=json.dumps(name)) for name in connections)
    policy = load(_ASKS.format(agent=POLICY_INIT) + grants, source=f"{POLICY_INIT}.toml", vocabulary=vocabulary)
    source = FixedPolicies(policies=PolicySet([policy]))
    async with wiring.toolbox(settings, environment, sandbox=sandbox, source=source) as toolbox:
        return {
            name: await _seen(toolbox, {"connection": name} if len(connections) > 1 else {}) for name in connections
        }


async def _seen(toolbox: "Toolbox", where: Mapping[str, Any]) -> "Places":
    from crashgate.model.scope import ORGANIZATION, PROJECT

    organizations = [each async for each in _rows(toolbox, "list_organizations", "organizations", where)]
    projects: list[Mapping[str, Any]] = []
    for organization in organizations:
        of_it = {**where, "organization_id": organization["id"], "per_page": 100}
        projects += [each async for each in _rows(toolbox, "list_projects", "projects", of_it)]
    return {ORGANIZATION: _names(organizations), PROJECT: _names(projects)}


async def _rows(toolbox: "Toolbox", tool: str, key: str, asked: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any]]:
    """The rows of all pages."""
    from crashgate.policy.review.starter import MOST_NAMES

    seen, more = 0, dict[str, Any]()
    while True:
        answer = await toolbox.call(Principal(agent=POLICY_INIT, via=Via.CLI), tool, {**asked, **more})
        if answer.error is not None:
            raise CrashgateError(
                answer.text,
                remedy="Or name places (--project, ...), or give --offline: then nothing is asked.",
                code=answer.error,
            )
        for row in answer.content[key]:
            yield row
        seen += len(answer.content[key])
        if seen > MOST_NAMES:
            raise ConfigurationError(
                f"The token sees more than {MOST_NAMES} {key}.",
                why="Nobody would read a policy that names each of them.",
                remedy="Name places by patterns: --organization 'acme', --project 'checkout-*'.",
            )
        if "next_cursor" not in answer.content:
            return
        more = {"cursor": answer.content["next_cursor"]}


def _names(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The slugs; the id of what has none that a policy could write."""
    return tuple(dict.fromkeys(_name(row) for row in rows))


def _name(row: Mapping[str, Any]) -> str:
    from crashgate.model.params import SLUG_PATTERN

    slug = str(row.get("slug", ""))
    return slug if re.fullmatch(SLUG_PATTERN, slug) else str(row["id"])


class _Init(Command):
    """The command with an option for each kind of place that the providers declare."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The agent, its owner, then the places; the catalogue is read only when this command is."""
        from crashgate.tools.own import load_catalogue

        agent, owner, *others = super().get_params(ctx)
        return [agent, owner, *map(_option, load_catalogue().kinds), *others]


def _option(kind: "Dimension") -> click.Option:
    names = "An id, slug or pattern." if kind.two_names else f"{'An id' if kind.cased else 'A name'} or pattern."
    metavar = "ID" if kind.cased else "NAME"
    return click.Option([f"--{kind.noun}", kind.plural], multiple=True, metavar=metavar, help=names)


@click.command("init", cls=_Init)
@click.argument("agent", help="The agent that the policy is for.")
@click.option("--owner", required=True, metavar="ADDRESS", help="Who is responsible for the policy.")
@click.option("--offline", is_flag=True, help="Do not ask upstreams for places.")
@in_sandbox_option
@click.option("--write", is_flag=True, help="Write AGENT.toml in the policy folder instead of printing it.")
def policy_init(
    agent: str, owner: str, *, offline: bool, in_sandbox: bool, write: bool, **named: Sequence[str]
) -> None:
    """Create a first policy from the connections and projects that exist.

    It allows only reading. If you name no place, crashgate looks up all organizations and projects that the tokens can
    see and names them; remove those that the agent does not need. The decision log records these requests as
    policy-init. A grant for which no place is known is written as a comment to fill in.

    Example: crashgate policy init triage-agent --owner team@example.com --project checkout-ios
    """
    from crashgate.policy.document import load
    from crashgate.policy.review.starter import first_policy
    from crashgate.tools.own import load_catalogue

    start = open_workspace(in_sandbox=in_sandbox, examples=False)
    settings, vocabulary, connections = start.settings, start.vocabulary, start.connections
    given: Places = {kind: tuple(named[kind.plural]) for kind in load_catalogue().kinds if named.get(kind.plural)}
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
    from crashgate.cli.serve import run

    if not sandbox and not settings.connections:
        note("There are no connections, so crashgate did not look up which projects exist.")
        return {}
    return run(look_up_places(settings, sandbox, os.environ))


def _check_places(given: "Places", start: "Workspace") -> None:
    """Raises ConfigurationError for a place of a kind that no connection has: its name would come to nothing."""
    from crashgate.policy.review.starter import nameable

    known = nameable(start.vocabulary, start.connections)
    for dimension in given:
        if dimension not in known:
            raise ConfigurationError(
                f"--{dimension.noun} names nothing here.",
                why=f"None of the connections has {dimension} to read: {', '.join(start.connections)}.",
                remedy="Leave it out, or write a connection in crashgate.toml that has some.",
            )


def _tell_beyond(policy: "Policy", start: "Workspace") -> None:
    """Say which connections only the sandbox has: a folder that names them cannot be used without it."""
    from crashgate.config import wiring

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


def _not_written(path: Path, why: str) -> ConfigurationError:

    return ConfigurationError(f"{path} cannot be written.", why=why, remedy="Print it, without --write.")
