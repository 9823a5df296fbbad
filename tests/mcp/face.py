"""crashgate's HTTP side on a real port in this process, and raw requests to it."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from crashgate.audit.attempt import AttemptRecord
from crashgate.clock import Clock
from crashgate.config import servers, wiring
from crashgate.config.connections import Sandbox
from crashgate.identity import Via
from crashgate.mcp import listen
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.health import Readiness
from crashgate.mcp.http import http_app
from crashgate.mcp.listen import open_listener
from crashgate.mcp.notices import Notices
from crashgate.mcp.server import MOST_CALLS, build
from crashgate.mcp.tokens import Bearer
from crashgate.storage.policy_files import PolicyWatch
from crashgate_sandbox.app import create_app
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.received import RequestLog
from tests.house import EXAMPLES, TRIAGE, House, fresh_world, settings_in, until
from tests.plain_http import NO_CERTIFICATES
from tests.session_providers import SessionProviders

VERSION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
}
Headers = Sequence[tuple[str, str]]


def message(method: str, params: Mapping[str, Any] | None = None, *, number: int = 1) -> dict[str, Any]:
    """A request of the modern era."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": {**(params or {}), "_meta": META}}


def call(tool: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A tool call of the modern era."""
    return message("tools/call", {"name": tool, "arguments": dict(arguments or {})})


LIST_ERRORS = call("list_errors", {"project_id": "checkout-ios"})


@dataclass(frozen=True, kw_only=True)
class Face:
    """A served house. ``tokens`` holds a bearer token for each example agent."""

    url: str
    house: House
    tokens: Mapping[str, str]
    client: httpx2.AsyncClient
    attempts: Attempts
    watch: PolicyWatch
    end_revoked: Callable[[], Awaitable[None]]

    def revoke(self, agent: str) -> None:
        """Revoke the token of ``agent``, as the operator's command does."""
        identifier = self.tokens[agent].split("_")[1]
        assert wiring.tokens(self.house.settings).revoke(identifier) is not None

    def headers(self, agent: str = TRIAGE, *, body: Mapping[str, Any] = LIST_ERRORS) -> dict[str, str]:
        """The headers of a right request."""
        name = body["params"].get("name")
        return {
            "Authorization": f"Bearer {self.tokens[agent]}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": VERSION,
            "Mcp-Method": body["method"],
            **({"Mcp-Name": name} if name else {}),
        }

    def issue(self, agent: str) -> "Face":
        """The same face with a new token of ``agent``."""
        return replace(self, tokens={**self.tokens, agent: wiring.tokens(self.house.settings).new(agent)})

    async def post(
        self,
        body: Mapping[str, Any] | bytes = LIST_ERRORS,
        *,
        agent: str = TRIAGE,
        without: Sequence[str] = (),
        more: Headers = (),
    ) -> httpx2.Response:
        """A right request but for the headers ``without`` and the headers that come on top."""
        document = body if isinstance(body, Mapping) else LIST_ERRORS
        content = json.dumps(body).encode() if isinstance(body, Mapping) else body
        headers = [(name, value) for name, value in self.headers(agent, body=document).items() if name not in without]
        return await self.client.post("/mcp", content=content, headers=[*headers, *more])

    async def raw(self, headers: Headers, content: bytes = b"", *, method: str = "POST") -> int:
        """The status of an answer to exactly these bytes; 0 when the connection closes without one."""
        host, port = self.url.removeprefix("http://").split(":")
        lines = [f"{method} /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "Connection: close"]
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + content)
        try:
            async with asyncio.timeout(20):
                answer = await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()
        return int(answer.split(b" ", 2)[1]) if answer else 0

    @property
    def own_host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def noted(self) -> list[tuple[str, str, str | None, int]]:
        """What was refused before the gate: kind, reason, agent, and how often."""
        stored = [record.record for record in self.house.log.records()]
        attempts = [each for each in stored if isinstance(each, AttemptRecord)]
        return [(each.what.value, each.reason, each.agent, each.count) for each in attempts]

    @property
    def untouched(self) -> bool:
        """True when nothing arrived at the upstream and nothing was decided."""
        return list(self.house.requests) == [] and self.house.entries == []


class _Server(uvicorn.Server):
    """uvicorn without the process's signals and without waiting: it serves until it is told to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for one in sockets or []:
            one.close()
        await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def open_face(
    folder: Path,
    *,
    policies: Path = EXAMPLES,
    most_calls: int = MOST_CALLS,
    shown: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    **http: object,
) -> AsyncGenerator[Face]:
    """A house served on a free port; ``http`` are its settings, ``shown`` are fields of its ``HttpFace``.

    ``clock`` is what idle sessions are told by; the machine's unless it is given.
    """
    settings = settings_in(folder, policies=policies, **({"http": http} if http else {}))
    world, faults, requests = fresh_world(), Faults(), RequestLog()
    others = SessionProviders.usual(world.now, MachineClock(), limited=False)
    app = create_app(world, faults=faults, log=requests, limits=None, services=others.services)
    sandbox = Sandbox(app=app, limited=False)
    files = wiring.policies(settings, sandbox=sandbox)
    async with wiring.opened(settings, {}, files, sandbox=sandbox) as found:
        house = House(
            toolbox=found.toolbox,
            world=world,
            faults=faults,
            sandbox=requests,
            settings=settings,
            session_providers=others,
        )
        listener = open_listener("127.0.0.1", 0)
        issued = wiring.tokens(settings)
        tokens = {agent: issued.new(agent) for agent in files.current()}
        attempts, notices = Attempts(found.log, found.clock, via=Via.HTTP), Notices(found.toolbox)
        face = replace(servers.face(settings, listener), **(shown or {}))
        served = http_app(
            build(found.toolbox, Bearer(), attempts=attempts, notices=notices, most_calls=most_calls),
            tokens=issued,
            face=face,
            attempts=attempts,
            clock=clock or found.clock,
            revocation=found.toolbox.gateway.revocation,
            ended=notices.left,
            readiness=Readiness,
        )
        server = _Server(listen.config(served, attempts, reach=settings.http))
        serving = asyncio.create_task(server.serve(sockets=[listener.socket]))
        try:
            async with httpx2.AsyncClient(base_url=listener.url, timeout=20, verify=NO_CERTIFICATES) as client:
                yield Face(
                    url=listener.url,
                    house=house,
                    tokens=tokens,
                    client=client,
                    attempts=attempts,
                    watch=PolicyWatch(files, notices.changed),
                    end_revoked=served.end_revoked,
                )
        finally:
            notices.close()
            with suppress(TimeoutError):  # a test that failed may have left one open
                async with asyncio.timeout(2):
                    await until(lambda: not server.server_state.connections)
            server.stop.set()
            await serving
            await attempts.aclose()
