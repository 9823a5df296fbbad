"""crashgate in processes of its own, the sandbox on a port beside it, and clients of the real SDK."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import Receive, Scope, Send

from crashgate.audit.reader import LogReader
from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running
from crashgate_sandbox.world.world import World
from tests.house import EXAMPLES, fresh_world, settings_in, small_environment
from tests.logs import read_log
from tests.plain_http import NO_CERTIFICATES
from tests.session_providers import SessionProviders

Era = Literal["legacy", "auto", "2026-07-28"]
Face = Literal["stdio", "http"]
COMMAND = (sys.executable, "-m", "crashgate", "serve")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A sandbox on a port, and where the processes of crashgate beside it keep their state."""

    folder: Path
    upstream: str
    world: World
    faults: Faults
    requests: RequestLog
    headers: list[Mapping[bytes, bytes]]
    session_providers: SessionProviders
    policies: Path = EXAMPLES
    all_providers: bool = False
    limited: bool = False
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def exports(self) -> Path:
        """Where exports go, with all providers."""
        return self.folder / "exports"

    @property
    def connections(self) -> dict[str, str]:
        """The vendor's own variables or, with all providers, their connections as JSON and a place for exports."""
        if not self.all_providers:
            return {"BUGSNAG_AUTH_TOKEN": SANDBOX_TOKEN, "BUGSNAG_ENDPOINT": self.upstream}
        # Where each is, and what it takes, is as in the embedded sandbox; only the address is another.
        embedded = Sandbox(app=create_app(self.world))
        connections, secrets = dict[str, Mapping[str, object]](), dict[str, str]()
        for name, each in embedded.connections.items():
            variable = f"TOKEN_OF_{name.upper().replace('-', '_')}"
            secrets[variable] = embedded.credential(each.provider).get_secret_value()
            connections[name] = {
                "provider": name,
                "base_url": each.base_url.replace("http://localhost", self.upstream),
                "token_env": variable,
                **({} if self.limited else {"requests_per_minute": 0}),
            }
        return {
            "CRASHGATE_CONNECTIONS": json.dumps(connections),
            "CRASHGATE_EXPORTS": str(self.exports),
            **secrets,
        }

    @property
    def environment(self) -> dict[str, str]:
        return small_environment() | {
            **self.connections,
            "CRASHGATE_STATE": str(self.folder / "state"),
            "CRASHGATE_POLICIES": str(self.policies),
            "CRASHGATE_HTTP__PORT": "0",
            **self.variables,
        }

    @property
    def log(self) -> LogReader:
        return read_log(self.folder / "state" / "log")

    def token(self, agent: str) -> str:
        """A new bearer token of the agent, as ``crashgate token new`` makes it."""
        return wiring.tokens(settings_in(self.folder)).new(agent)

    @asynccontextmanager
    async def process(
        self, *words: str, environment: Mapping[str, str] | None = None
    ) -> "AsyncGenerator[asyncio.subprocess.Process]":
        """``crashgate serve`` running; what is left of it at the end is killed."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env={**self.environment, **(environment or {})},
            limit=16 * 1024 * 1024,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    @asynccontextmanager
    async def http_server(
        self, environment: Mapping[str, str] | None = None
    ) -> "AsyncGenerator[tuple[str, asyncio.subprocess.Process]]":
        """Crashgate serving HTTP: its base URL and the process."""
        async with self.process("--http", "--json", environment=environment) as process:
            assert process.stderr is not None
            announced = await process.stderr.readline()
            assert announced.startswith(b"{"), announced + await process.stderr.read()
            yield json.loads(announced)["url"].removesuffix("/mcp"), process

    @asynccontextmanager
    async def client(self, agent: str, *, face: Face, era: Era) -> AsyncGenerator[Client]:
        """A client of the SDK, connected as ``agent`` to a process of its own."""
        if face == "stdio":
            command, *arguments = (*COMMAND, "--agent", agent)
            parameters = StdioServerParameters(command=command, args=arguments, env=self.environment, cwd=self.folder)
            with (self.folder / "stderr").open("a", encoding="utf-8") as errors:
                async with Client(stdio_client(parameters, errlog=errors), mode=era) as client:
                    yield client
        else:
            async with self.http_server() as (url, _), http_client(url, self.token(agent), era=era) as client:
                yield client


@asynccontextmanager
async def http_client(url: str, token: str, *, era: Era = "2026-07-28") -> AsyncGenerator[Client]:
    """A client of the SDK with a bearer token."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30, verify=NO_CERTIFICATES) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=era) as client,
    ):
        yield client


@asynccontextmanager
async def open_site(
    folder: Path,
    *,
    policies: Path = EXAMPLES,
    all_providers: bool = False,
    session_providers: SessionProviders | None = None,
    limited: bool = False,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> AsyncGenerator[Site]:
    """A sandbox on a port of its own; with ``all_providers``, crashgate has a connection to each, and makes exports.

    ``limited`` says that the sandbox limits requests as the vendors do. ``variables`` are more of crashgate's own.
    """
    world, faults, requests = fresh_world(), Faults(), RequestLog()
    others = session_providers or SessionProviders.usual(world.now, MachineClock(), limited=limited)
    app = create_app(world, services=others.services, limits=1 if limited else None, faults=faults, log=requests)
    headers: list[Mapping[bytes, bytes]] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        headers.append(dict(scope["headers"]))
        await app(scope, receive, send)

    async with running(noting) as url:
        yield Site(
            folder=folder,
            upstream=url,
            world=world,
            faults=faults,
            requests=requests,
            headers=headers,
            policies=policies,
            session_providers=others,
            all_providers=all_providers,
            limited=limited,
            variables=variables,
        )


def kill(process: asyncio.subprocess.Process) -> None:
    """``kill -9``."""
    os.kill(process.pid, signal.SIGKILL)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
