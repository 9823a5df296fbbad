"""Whether a connection can be used. Rule: found out by one read through the gate, each connection by itself.

The decision log names ``connections-check`` for it, and the policy that it asks under opens one resource alone.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from crashgate.cli.agents import CONNECTIONS_CHECK
from crashgate.errors import AddressError, Code, ConfigurationError
from crashgate.identity import Principal, Via
from crashgate.model.provider import HealthRead
from crashgate.policy.document import load
from crashgate.policy.policy import PolicySet

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import ConnectionSettings, Settings
    from crashgate.tools.call_result import Answer

_POLICY = """\
agent = "{agent}"
about = "Looks whether a connection can be used."
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Alone:
    """Policies of one moment."""

    policies: PolicySet

    def current(self) -> PolicySet:
        return self.policies


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
    read: HealthRead,
) -> "Answer":
    from crashgate.config import wiring

    everything = connection.model_copy(update={"project_key_env": None})
    alone = settings.model_copy(update={"connections": {name: everything}, "exports": None})
    policy = load(
        _POLICY.format(agent=CONNECTIONS_CHECK, connection=json.dumps(name), grant=read.grant),
        source=f"{CONNECTIONS_CHECK}.toml",
        vocabulary=wiring.vocabulary(alone, sandbox=sandbox),
    )
    source = _Alone(policies=PolicySet([policy]))
    async with wiring.toolbox(alone, environment, sandbox=sandbox, source=source) as toolbox:
        return await toolbox.call(Principal(agent=CONNECTIONS_CHECK, via=Via.CLI), read.tool, read.arguments)


def _judge(read: HealthRead, answer: "Answer") -> tuple[Standing, str]:
    if answer.error is None:
        return Standing.OK, ""
    if answer.error in read.refusals:
        return Standing.REACHED, read.known
    if answer.error is Code.NOT_AVAILABLE:
        # The policy opens the whole list, so it was the upstream that had nothing there.
        return Standing.WRONG_ADDRESS, _ELSEWHERE
    standing = Standing.REFUSED if answer.error in _REFUSED else Standing.NO_ANSWER
    return standing, _TO_THE_OPERATOR.sub("", answer.text)
