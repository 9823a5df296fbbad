"""Settings to adapters to gateway to servers. Rule: one screen, and it decides nothing.

The server is imported where it starts: the protocol's library takes most of a second, and only serving needs it.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from crashgate.adapters.credentials import credential
from crashgate.adapters.http_transport import http_transport, in_process
from crashgate.adapters.log_key import load_key
from crashgate.adapters.log_reader import SqliteLogReader
from crashgate.adapters.policy_files import PolicyFiles
from crashgate.adapters.sqlite_log import SqliteLog
from crashgate.adapters.system_clock import SystemClock
from crashgate.adapters.token_file import TokenFile
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.registry import RESOURCES
from crashgate.decisions.port import LogReader
from crashgate.errors import ConfigurationError
from crashgate.gateway.door import Gateway
from crashgate.gateway.ledger import Ledger
from crashgate.gateway.places import Places
from crashgate.policy.vocabulary import Vocabulary
from crashgate.settings import ConnectionSettings, Settings
from crashgate.tools.cursor import Cursors
from crashgate.tools.toolbox import Toolbox
from crashgate.upstream.connection import LOOPBACK, Auth, Connection
from crashgate.upstream.exchange import Upstream

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from crashgate.server.http import HttpFace
    from crashgate.server.listen import Listener

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """The embedded sandbox in place of every configured connection, and the token that it takes."""

    app: "ASGIApp"
    token: str

    @property
    def connections(self) -> Mapping[str, ConnectionSettings]:
        """BugSnag, named as the example policies name it, and session tracking, which they leave to the reader."""
        from crashgate.sandbox.app import SESSIONS_PREFIX  # noqa: PLC0415 - only with a sandbox, which is there then

        address = "http://localhost"
        sessions = ConnectionSettings(provider=Provider.BUGSNAG_SESSIONS, base_url=f"{address}{SESSIONS_PREFIX}")
        return {"bugsnag": ConnectionSettings(base_url=address), "bugsnag-sessions": sessions}

    def credential(self, provider: Provider) -> SecretStr:
        """The token, or for sessions the key of the app ``checkout-ios`` in the sandbox's own world."""
        from crashgate.sandbox.world.projects import project_key  # noqa: PLC0415 - only with a sandbox
        from crashgate.sandbox.world.world import DEFAULT_SEED  # noqa: PLC0415 - only with a sandbox

        reports = provider is Provider.BUGSNAG_SESSIONS
        return SecretStr(project_key(DEFAULT_SEED, "checkout-ios", 0) if reports else self.token)


def policies(settings: Settings, *, sandbox: Sandbox | None = None) -> PolicyFiles:
    """The policies of the folder, loaded and checked against the connections. Raises ConfigurationError."""
    files = PolicyFiles(folder=settings.policies, vocabulary=vocabulary(settings, sandbox=sandbox))
    files.load()
    return files


def vocabulary(settings: Settings, *, sandbox: Sandbox | None = None) -> Vocabulary:
    """The words that a policy may use here."""
    found = sandbox.connections if sandbox else spoken_of(settings)
    return Vocabulary(connections={name: RESOURCES[each.provider] for name, each in found.items()})


def spoken_of(settings: Settings) -> Mapping[str, ConnectionSettings]:
    """The connections that a policy may name; where none is configured, a BugSnag connection called ``bugsnag``."""
    return settings.connections or {"bugsnag": ConnectionSettings()}


def tokens(settings: Settings) -> TokenFile:
    """The bearer tokens of the state folder."""
    return TokenFile(settings.state, SystemClock())


def log_reader(settings: Settings) -> LogReader:
    """The decision log, for reading."""
    return SqliteLogReader(settings.state / "log")


@asynccontextmanager
async def toolbox(
    settings: Settings, environment: Mapping[str, str], *, sandbox: Sandbox | None = None
) -> AsyncGenerator[Toolbox]:
    """The tools behind the gate, with the log open. Raises ConfigurationError and LogUnavailableError."""
    clock, files = SystemClock(), policies(settings, sandbox=sandbox)
    found = sandbox.connections if sandbox else settings.connections
    if not found:
        raise ConfigurationError(
            "There is no connection to an upstream.",
            remedy="Set BUGSNAG_AUTH_TOKEN, or write a connection in crashgate.toml, or try with --sandbox.",
        )
    connections = [
        Connection(
            name=name,
            provider=each.provider,
            base_url=each.url,
            auth=Auth(each.auth),
            credential=sandbox.credential(each.provider)
            if sandbox
            else credential(name, variable=each.token_env, file=each.token_file, environment=environment),
        )
        for name, each in found.items()
    ]
    log = SqliteLog.open(settings.state / "log")
    if log.passed_over:
        _log.warning("Chains %s do not end as they did: run crashgate log verify.", ", ".join(log.passed_over))
    try:
        async with http_transport(in_process(sandbox.app) if sandbox else None) as transport:
            gateway = Gateway(
                policies=files,
                ledger=Ledger(log=log, clock=clock, digest_key=load_key(settings.state / "log")),
                places=Places(clock),
                upstreams={each.name: Upstream(connection=each, transport=transport) for each in connections},
            )
            yield Toolbox(
                gateway=gateway,
                cursors=Cursors(clock),
                vocabulary=vocabulary(settings, sandbox=sandbox),
                connections={each.name: each.provider for each in connections},
                clock=clock,
            )
    finally:
        await log.aclose()


async def run_stdio(
    settings: Settings, environment: Mapping[str, str], *, agent: str, sandbox: Sandbox | None = None
) -> None:
    """Serve one agent over this process's pipes until stdin ends."""
    from crashgate.server.build import build  # noqa: PLC0415 - only serving needs it
    from crashgate.server.identity import Launched  # noqa: PLC0415 - only serving needs it
    from crashgate.server.stdio import serve_stdio  # noqa: PLC0415 - only serving needs it

    async with toolbox(settings, environment, sandbox=sandbox) as tools:
        await serve_stdio(build(tools, Launched(agent=agent)))


async def run_http(
    settings: Settings,
    environment: Mapping[str, str],
    listener: "Listener",
    *,
    sandbox: Sandbox | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve agents with bearer tokens on an open listener until a signal; ``ready`` is called when nothing can fail."""
    from crashgate.server.build import build  # noqa: PLC0415 - only serving needs it
    from crashgate.server.http import http_app  # noqa: PLC0415 - only serving needs it
    from crashgate.server.identity import Bearer  # noqa: PLC0415 - only serving needs it
    from crashgate.server.listen import listen  # noqa: PLC0415 - only serving needs it

    async with toolbox(settings, environment, sandbox=sandbox) as tools:
        app = http_app(build(tools, Bearer()), tokens=tokens(settings), face=face(settings, listener))
        ready()
        await listen(app, listener, shutdown_seconds=settings.http.shutdown_seconds)


def face(settings: Settings, listener: "Listener") -> "HttpFace":
    """The names that the HTTP side answers to: its own address, loopback's names, and what the operator added."""
    from crashgate.server.http import HttpFace  # noqa: PLC0415 - only serving needs it

    port = listener.socket.getsockname()[1]
    own = {*LOOPBACK, settings.http.host} if settings.http.host in LOOPBACK else {settings.http.host}
    hosts = {f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in own}
    return HttpFace(
        hosts=frozenset(host.lower() for host in {*hosts, *settings.http.allowed_hosts}),
        origins=frozenset(origin.lower() for origin in settings.http.allowed_origins),
        largest_body=settings.http.largest_body,
    )
