"""Serves: over this process's pipes, and over HTTP. Imported only to serve, for the protocol's library is large."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.config.settings import Settings
from crashgate.identity import Via
from crashgate.mcp.attempts import Attempts, noting
from crashgate.mcp.notices import Notices
from crashgate.mcp.server import build
from crashgate.mcp.stdio import serve_stdio
from crashgate.mcp.tokens import Bearer, Identify, Launched
from crashgate.model.provider import LOOPBACK
from crashgate.periodic import repeat
from crashgate.policy.serving import ALL, EVERYBODY, Freeze, Serving
from crashgate.storage.policy_files import PolicyFiles, watching

if TYPE_CHECKING:
    from mcp.server import Server

    from crashgate.config.metrics import Metrics
    from crashgate.mcp.health import Readiness
    from crashgate.mcp.http import HttpFace
    from crashgate.mcp.listen import Listener

_log = logging.getLogger(__name__)


async def run_stdio(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    agent: str,
    sandbox: Sandbox | None = None,
    serving: Serving = ALL,
) -> None:
    """Serve one agent over this process's pipes until stdin ends."""
    files = wiring.served_policies(settings, sandbox=sandbox, agent=agent)
    files.load()
    async with (
        wiring.opened(settings, environment, files, sandbox=sandbox, serving=serving) as found,
        _serve(found, files, Launched(agent=agent), settings, via=Via.STDIO) as (server, attempts, _),
    ):
        await serve_stdio(server, attempts, agent=agent, longest=settings.http.largest_body)


async def run_http(  # noqa: PLR0913 - what one server is made of
    settings: Settings,
    environment: Mapping[str, str],
    listener: "Listener",
    *,
    sandbox: Sandbox | None = None,
    serving: Serving = ALL,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve agents with bearer tokens on an open listener until a signal; ``ready`` is called when nothing can fail."""
    from crashgate.config.logs import AccessLog  # noqa: PLC0415 - as below
    from crashgate.mcp.http import http_app  # noqa: PLC0415 - over stdio nothing of HTTP is loaded
    from crashgate.mcp.listen import Ending, listen, stop_on_signal  # noqa: PLC0415 - as above

    shown, files = face(settings, listener), wiring.served_policies(settings, sandbox=sandbox)
    files.load()
    metrics = _metrics(settings, sandbox)
    with stop_on_signal() as stop:
        async with (
            wiring.opened(settings, environment, files, sandbox=sandbox, serving=serving, metrics=metrics) as found,
            _serve(found, files, Bearer(), settings, via=Via.HTTP) as (server, attempts, notices),
            metrics.shown(
                settings,
                found,
                files,
                server=server,
                attempts=attempts,
                approvals=wiring.approvals(settings),
            )
            if metrics
            else nullcontext(),
        ):
            app = http_app(
                server,
                tokens=wiring.tokens(settings),
                face=shown,
                attempts=attempts,
                clock=found.clock,
                revocation=found.toolbox.gateway.revocation,
                ended=notices.left,
                readiness=lambda: _readiness(found, files, stopping=stop.asked > 0),
            )
            ready()
            ending = Ending(stop=stop, seconds=settings.http.shutdown_seconds, last_words=notices.close)
            async with repeat(app.end_revoked):
                await listen(AccessLog(app), listener, attempts, reach=settings.http, ending=ending)


def _metrics(settings: Settings, sandbox: Sandbox | None) -> "Metrics | None":
    if not settings.metrics.enabled:
        return None
    from crashgate.config.metrics import Metrics  # noqa: PLC0415 - only where they are wanted

    return Metrics(sandbox.connections if sandbox else settings.connections)


def _readiness(found: wiring.Opened, files: PolicyFiles, *, stopping: bool) -> "Readiness":
    """Whether clients should send their calls here."""
    from crashgate.mcp.health import Readiness  # noqa: PLC0415 - as above

    faults = {
        "stopping": stopping,
        "the decision log cannot store records": found.log.has_just_failed,
        "no policy is in force": not files.current(),
    }
    frozen = found.freezes.current()
    return Readiness(
        faults=tuple(words for words, holds in faults.items() if holds),
        frozen=len(frozen.keys() - {EVERYBODY}),
        all_frozen=frozen.get(EVERYBODY) is Freeze.ALL,
    )


@asynccontextmanager
async def _serve(
    found: wiring.Opened, files: PolicyFiles, identify: Identify, settings: Settings, *, via: Via
) -> "AsyncGenerator[tuple[Server[dict[str, Any]], Attempts, Notices]]":
    """The server, what notes refused attempts, and what tells agents of changes, while the policies are watched."""
    notices = Notices(found.toolbox)

    async def look_for_freezes() -> None:
        if await asyncio.to_thread(found.freezes.look):
            _log.warning("What operators froze has changed: %s.", found.freezes.current() or "nothing is frozen")
            await notices.changed(frozenset(files.current()))

    async with (
        noting(found.records, found.clock, via=via) as attempts,
        watching(files, notices.changed),
        repeat(look_for_freezes),
    ):
        short = settings.serve.short
        yield build(found.toolbox, identify, attempts=attempts, notices=notices, short=short), attempts, notices


def face(settings: Settings, listener: "Listener") -> "HttpFace":
    """The names that the HTTP side answers to: its own address, loopback's names, and what the operator added."""
    from crashgate.mcp.http import HttpFace  # noqa: PLC0415 - as above

    port = listener.socket.getsockname()[1]
    own = {*LOOPBACK, settings.http.host} if settings.http.host in LOOPBACK else {settings.http.host}
    hosts = {f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in own}
    public = {settings.http.public_url.partition("://")[2]} if settings.http.public_url else set[str]()
    return HttpFace(
        limits=settings.http,
        hosts=frozenset(host.lower() for host in {*hosts, *public, *settings.http.allowed_hosts}),
        origins=frozenset(origin.lower() for origin in settings.http.allowed_origins),
    )
