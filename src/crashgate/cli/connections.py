"""``crashgate connections check``, ``crashgate providers`` and ``crashgate provider check``.

A connection is checked by one read through the gate. The log records it as a call of ``connections-check``, whose
policy grants only that resource.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from importlib import import_module
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode
from crashgate.cli.session import CONNECTIONS_CHECK, FixedPolicies, embedded
from crashgate.errors import AddressError, Code, ConfigurationError
from crashgate.identity import Principal, Via

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import ConnectionSettings, Settings
    from crashgate.model.provider import HealthRead, Provider
    from crashgate.tools.call_result import Answer

_POLICY = """\
agent = "{agent}"
about = "Checks whether a connection works."
owner = "{agent}"

[[grant]]
connection = {connection}
{grant}
"""


@unique
class Standing(StrEnum):
    """How a connection stands."""

    OK = "ok"
    REACHED = "reached"
    NOT_ASKED = "not asked"
    NO_CREDENTIAL = "no credential"
    REFUSED = "credential refused"
    WRONG_ADDRESS = "wrong address"
    """It is no address, or something answers there that has no such list."""
    NO_ANSWER = "no answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionStatus:
    """One connection, and why it stands so; ``why`` is empty where all is well."""

    name: str
    provider: str
    url: str
    standing: Standing
    why: str = ""


_REFUSED = frozenset({Code.UPSTREAM_CREDENTIAL, Code.UPSTREAM_FORBIDDEN})
_WRITES_ONLY = "The credential is there. This provider has nothing to read, so nothing was asked."
_ELSEWHERE = "It answers, but not at this address. Look at base_url of this connection in crashgate.toml."
_TO_THE_OPERATOR = re.compile(r" ?Tell the operator of crashgate[^.]*\.")


async def check_connections(
    settings: "Settings", environment: Mapping[str, str], names: Sequence[str], sandbox: "Sandbox | None"
) -> tuple[ConnectionStatus, ...]:
    """The named connections or all, in the order of the settings, one after the other.

    Raises ConfigurationError where there is none, or none of a name, and LogUnavailableError.
    """
    from crashgate.config.settings import variables_that_connect

    connections = sandbox.connections if sandbox else settings.connections
    unknown = [name for name in names if name not in connections]
    if unknown or not connections:
        raise ConfigurationError(
            f"There is no connection {unknown[0]}." if unknown else "There is no connection to an upstream.",
            remedy=f"There are: {', '.join(connections)}."
            if connections
            else f"Run `crashgate init`. Or set {variables_that_connect()}.",
        )
    return tuple(
        [
            await _check_connection(settings, environment, name, each, sandbox)
            for name, each in connections.items()
            if not names or name in names
        ]
    )


async def _check_connection(
    settings: "Settings",
    environment: Mapping[str, str],
    name: str,
    connection: "ConnectionSettings",
    sandbox: "Sandbox | None",
) -> ConnectionStatus:
    from crashgate.config.connections import open_connection
    from crashgate.providers.installed import load_provider

    standing, why = Standing.NOT_ASKED, _WRITES_ONLY
    try:
        read = load_provider(connection.provider).health
        if read is not None:
            answer = await _ask(settings, environment, name, connection, sandbox, read=read)
            standing, why = _judge(read, answer)
        elif not sandbox:
            open_connection(name, connection, environment)
    except AddressError as problem:
        standing, why = Standing.WRONG_ADDRESS, str(problem)
    except ConfigurationError as problem:
        standing, why = Standing.NO_CREDENTIAL, str(problem)
    return ConnectionStatus(name=name, provider=connection.provider, url=connection.url, standing=standing, why=why)


async def _ask(  # noqa: PLR0913 - what is asked of which connection, and where
    settings: "Settings",
    environment: Mapping[str, str],
    name: str,
    connection: "ConnectionSettings",
    sandbox: "Sandbox | None",
    *,
    read: "HealthRead",
) -> "Answer":
    from crashgate.config import wiring
    from crashgate.policy.document import load
    from crashgate.policy.policy import PolicySet

    everything = connection.model_copy(update={"project_key_env": None})
    alone = settings.model_copy(update={"connections": {name: everything}, "exports": None})
    policy = load(
        _POLICY.format(agent=CONNECTIONS_CHECK, connection=json.dumps(name), grant=read.grant),
        source=f"{CONNECTIONS_CHECK}.toml",
        vocabulary=wiring.vocabulary(alone, sandbox=sandbox),
    )
    source = FixedPolicies(policies=PolicySet([policy]))
    async with wiring.toolbox(alone, environment, sandbox=sandbox, source=source) as toolbox:
        return await toolbox.call(Principal(agent=CONNECTIONS_CHECK, via=Via.CLI), read.tool, read.arguments)


def _judge(read: "HealthRead", answer: "Answer") -> tuple[Standing, str]:
    if answer.error is None:
        return Standing.OK, ""
    if answer.error in read.refusals:
        return Standing.REACHED, read.known
    if answer.error is Code.NOT_AVAILABLE:
        # The policy opens the whole list, so it was the upstream that had nothing there.
        return Standing.WRONG_ADDRESS, _ELSEWHERE
    standing = Standing.REFUSED if answer.error in _REFUSED else Standing.NO_ANSWER
    return standing, _TO_THE_OPERATOR.sub("", answer.text)


@click.command("check", cls=Command)
@click.argument("names", metavar="[NAME]...", nargs=-1, help="The connections to check. Default: all.")
@click.option("--sandbox", "in_sandbox", is_flag=True, help="Use a sandbox in this process in place of every upstream.")
def connections_check(names: tuple[str, ...], *, in_sandbox: bool) -> None:
    """Check whether each connection works.

    It checks that there is a credential, that the upstream can be reached, and that it accepts the credential, by
    reading one row of a list. The decision log records these requests as connections-check. A connection that has
    nothing to read is not asked. No credential is printed.

    Exits with 0 if all work, with 3 if a credential is missing or refused or an address is wrong, and otherwise with 5.
    """
    from crashgate.cli.serve import run

    found = run(check_connections(session.settings(), os.environ, names, embedded() if in_sandbox else None))
    screen = session.screen()
    if screen.json:
        screen.data(
            [
                {
                    "connection": each.name,
                    "provider": each.provider,
                    "url": each.url,
                    "standing": each.standing.value,
                    "why": each.why,
                }
                for each in found
            ]
        )
    else:
        rows = [(each.name, each.provider, each.url, each.standing.value) for each in found]
        screen.table(("connection", "provider", "address", "standing"), rows)
        for each in found:
            if each.why:
                screen.say(f"{each.name}: {each.why}")
    click.get_current_context().exit(_code(found))


def _code(found: tuple[ConnectionStatus, ...]) -> ExitCode:
    standings = {each.standing for each in found}
    if standings & {Standing.NO_CREDENTIAL, Standing.REFUSED, Standing.WRONG_ADDRESS}:
        return ExitCode.CONFIGURATION
    return ExitCode.UPSTREAM if Standing.NO_ANSWER in standings else ExitCode.OK


@click.command("providers", cls=Command)
def providers() -> None:
    """List the providers that are installed.

    It names the package of each provider and its version. A provider is code that runs with all of crashgate's
    rights, so install only packages that you trust.
    """
    from crashgate.providers.installed import installed_providers

    installed = installed_providers().values()
    screen = session.screen()
    if screen.json:
        screen.data([{"provider": each.name, "package": each.package, "version": each.version} for each in installed])
    else:
        screen.table(
            ("provider", "package", "version"), [(each.name, each.package, each.version) for each in installed]
        )


@click.command("check", cls=Command)
@click.argument("provider", help="The name of an installed provider, or a module that has a PROVIDER.")
def provider_check(provider: str) -> None:
    """Check that a provider meets the requirements.

    Nothing is sent. Each problem is one sentence, and the exit code is 1. A test of the package can call the same
    checks with crashgate.tools.provider_checks.check_provider.
    """
    from crashgate.tools.own import load_catalogue
    from crashgate.tools.provider_checks import check_provider

    found = _provider(provider)
    problems = check_provider(found, beside=load_catalogue())
    screen = session.screen()
    if screen.json:
        screen.data({"provider": found.name, "problems": problems})
    else:
        for problem in problems:
            screen.say(problem)
        if not problems:
            screen.say(f"{found.title} meets the requirements.")
    click.get_current_context().exit(ExitCode.NO if problems else ExitCode.OK)


def _provider(name: str) -> "Provider":
    """The provider meant. Raises ConfigurationError."""
    from crashgate.model.provider import Provider
    from crashgate.providers.installed import installed_providers

    installed = installed_providers().get(name)
    if installed is not None:
        return installed.load()
    try:
        found = getattr(import_module(name), "PROVIDER", None)
    except (ImportError, ValueError):
        found = None
    if not isinstance(found, Provider):
        raise ConfigurationError(
            f"There is no provider {name[:64]}.",
            why="No installed package provides one of that name, and no module of that name has a PROVIDER.",
            remedy="`crashgate providers` lists what is installed.",
        )
    return found
