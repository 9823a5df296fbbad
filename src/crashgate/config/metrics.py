"""Metrics of one server, for Prometheus, on a listener of their own. No label names a project, a user or a token.

Every label comes from a closed set: agents of policies, configured connections, tools that there are, codes of ours.
What a client sends is a label only where it is one of these.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Iterable, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

import uvicorn
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server as McpServer
from mcp.shared.exceptions import MCPError
from mcp_types.version import SUPPORTED_PROTOCOL_VERSIONS
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.datastructures import Headers
from starlette.responses import Response as HttpResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate import __version__
from crashgate.audit.attempt import AttemptRecord
from crashgate.audit.port import DecisionLog
from crashgate.audit.record import DecisionRecord, Effect, Record, Stored
from crashgate.clock import Clock
from crashgate.config.settings import Settings
from crashgate.errors import ConfigurationError, LogUnavailableError, StateUnavailableError
from crashgate.gate.approval_requests import ApprovalStore, Standing
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.listen import Listener, config, open_listener
from crashgate.model.message import Request, Response
from crashgate.periodic import repeat
from crashgate.policy.serving import EVERYBODY
from crashgate.storage.freezes import FreezeFile
from crashgate.storage.policy_files import PolicyFiles
from crashgate.tools.toolbox import Toolbox
from crashgate.upstream.budget import Turns
from crashgate.upstream.transport import Transport, TransportError

T = TypeVar("T", bound=Record)

PATH = "/metrics"
_OTHER = "_OTHER"
"""For a method, a tool or a version that is none of ours: whoever sends it may not make up labels."""

_METHODS = frozenset(
    {
        "completion/complete", "initialize", "notifications/cancelled", "notifications/initialized", "ping",
        "prompts/get", "prompts/list", "resources/list", "resources/read", "resources/templates/list",
        "server/discover", "subscriptions/listen", "tools/call", "tools/list",
    }
)  # fmt: skip
_VERSIONS = frozenset(SUPPORTED_PROTOCOL_VERSIONS)
_OPERATION_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
_LOOK_SECONDS = 5
_BY = ("connection",)
_RECORD_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)


class Shown(Protocol):
    """What is open while we serve, as far as metrics show it."""

    @property
    def toolbox(self) -> Toolbox: ...  # noqa: D102 - see the class
    @property
    def freezes(self) -> FreezeFile: ...  # noqa: D102 - see the class
    @property
    def clock(self) -> Clock: ...  # noqa: D102 - see the class


class Metrics:
    """What is counted while one server runs, in a registry of its own."""

    def __init__(self, connections: Collection[str]) -> None:
        """``connections`` are the names of those that are configured."""
        self.registry = CollectorRegistry()
        self.tools: Collection[str] = frozenset()
        """The names of all tools that there are; set when they are known."""
        self.turns: Mapping[str, Turns] = {}
        """The budget of each connection; set when they are open."""
        self._connections = frozenset({*connections, "crashgate", ""})
        self._operations = Histogram(
            "mcp_server_operation_duration_seconds",
            "Requests of clients, by how long they took.",
            ("mcp_method_name", "gen_ai_tool_name", "error_type", "network_transport", "mcp_protocol_version"),
            registry=self.registry,
            buckets=_OPERATION_SECONDS,
        )
        self._decisions = Counter(
            "crashgate_decisions",
            "Decisions that were stored; what the gate looks up for itself is not counted.",
            ("agent", "effect", "access", "connection"),
            registry=self.registry,
        )
        self._refusals = Counter(
            "crashgate_refusals", "Decisions that refused, by reason.", ("agent", "reason"), registry=self.registry
        )
        self._attempts = Counter(
            "crashgate_attempts",
            "Requests that never became a call, by kind: unauthenticated, forbidden, malformed and so on.",
            ("what",),
            registry=self.registry,
        )
        self._record_wait = Histogram(
            "crashgate_log_append_duration_seconds",
            "How long a decision took to be on the disk.",
            registry=self.registry,
            buckets=_RECORD_SECONDS,
        )
        self._log_failures = Counter(
            "crashgate_log_failures", "Records that could not be stored.", registry=self.registry
        )
        self._pending = Gauge(
            "crashgate_approvals_pending", "Requests for approval that wait for a person.", registry=self.registry
        )
        self._upstream = Histogram(
            "crashgate_upstream_request_duration_seconds",
            "Requests to upstreams; answer is the status, or why there is none.",
            ("connection", "answer"),
            registry=self.registry,
            buckets=_OPERATION_SECONDS,
        )

    async def look_at_approvals(self, store: ApprovalStore, clock: Clock) -> None:
        """Count the requests for approval that wait for a person; what cannot be read is shown as NaN."""
        try:
            now = clock.now()
            waiting = [
                each for each in await store.all() if each.standing is Standing.PENDING and not each.expired(now)
            ]
        except StateUnavailableError:
            self._pending.set(float("nan"))
        else:
            self._pending.set(sum(not each.expired(now) for each in waiting))

    def show(self, files: PolicyFiles, freezes: FreezeFile) -> None:
        """Add what is read at each scrape: the policies in force, and what operators have frozen."""
        self.registry.register(_State(files, freezes, self.turns))

    @asynccontextmanager
    async def shown(  # noqa: PLR0913 - what they are read from
        self,
        settings: Settings,
        found: Shown,
        files: PolicyFiles,
        *,
        server: McpServer[dict[str, Any]],
        attempts: Attempts,
        approvals: ApprovalStore,
    ) -> AsyncGenerator[None]:
        """Count what ``server`` is asked, and answer scrapes at ``PATH`` on a listener of their own, in this loop.

        Connections there have the bounds of the others. Raises ConfigurationError where the address cannot be used.
        """
        self.tools = frozenset(each.name for each in found.toolbox.catalogue.tools)
        self.show(files, found.freezes)
        server.middleware.append(self.watch)
        await self.look_at_approvals(approvals, found.clock)
        listener = _open_listener(*settings.metrics.place)
        served = config(_app(self.registry), attempts, reach=settings.http)
        served.lifespan = "off"
        scraped = _Server(served)
        with listener.socket:
            task = asyncio.create_task(scraped.serve(sockets=[listener.socket]))
            try:
                async with repeat(partial(self.look_at_approvals, approvals, found.clock), seconds=_LOOK_SECONDS):
                    yield
            finally:
                scraped.should_exit = True
                await task

    def counted(self, log: DecisionLog) -> DecisionLog:
        """The log, with what is stored in it counted."""
        return _CountedLog(log, self)

    def timed(self, transport: Transport, connection: str) -> Transport:
        """The transport, with its requests for ``connection`` timed."""
        return _TimedTransport(transport, lambda answer: self._upstream.labels(connection, answer).observe)

    def stored(self, record: Record, seconds: float) -> None:
        """Count a stored record, and the seconds it took."""
        if isinstance(record, AttemptRecord):
            self._attempts.labels(record.what.value).inc(record.count)
        if not isinstance(record, DecisionRecord):
            return
        self._record_wait.observe(seconds)
        if record.parent is not None:
            return
        connection = record.connection or ""
        access = record.access.value if record.access is not None else ""
        named = connection if connection in self._connections else _OTHER
        self._decisions.labels(record.agent, record.effect.value, access, named).inc()
        if record.effect is Effect.DENY:
            self._refusals.labels(record.agent, record.reason).inc()

    def log_failed(self) -> None:
        """Count a record that could not be stored."""
        self._log_failures.inc()

    async def watch(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Time one request of a client; a middleware of the MCP server."""
        started, error = time.perf_counter(), ""
        try:
            result = await call_next(ctx)
            failed = result.get("isError") if isinstance(result, dict) else getattr(result, "is_error", False)
            error = "tool_error" if failed else ""
        except MCPError as problem:
            error = str(problem.error.code)
            raise
        except BaseException as problem:
            error = type(problem).__name__
            raise
        finally:
            tool = (ctx.params or {}).get("name", "") if ctx.method == "tools/call" else ""
            self._operations.labels(
                _known(ctx.method, _METHODS),
                _known(tool, self.tools) if tool else "",
                error,
                "tcp",
                _known(ctx.protocol_version, _VERSIONS),
            ).observe(time.perf_counter() - started)
        return result


def _known(word: object, words: Collection[str]) -> str:
    return word if isinstance(word, str) and word in words else _OTHER


class _CountedLog:
    def __init__(self, log: DecisionLog, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics

    async def append(self, record: T) -> Stored[T]:
        started = time.perf_counter()
        try:
            stored = await self._log.append(record)
        except LogUnavailableError:
            self._metrics.log_failed()
            raise
        self._metrics.stored(record, time.perf_counter() - started)
        return stored

    async def aclose(self) -> None:
        await self._log.aclose()


class _TimedTransport:
    def __init__(self, transport: Transport, timer: Callable[[str], Callable[[float], None]]) -> None:
        self._transport = transport
        self._timer = timer

    async def send(self, request: Request) -> Response:
        started, answer = time.perf_counter(), "given_up"
        try:
            response = await self._transport.send(request)
            answer = str(response.status)
        except TransportError as problem:
            answer = problem.fault.value
            raise
        finally:
            self._timer(answer)(time.perf_counter() - started)
        return response


class _State(Collector):
    """What is so at the moment of a scrape; reads only what is in memory."""

    def __init__(self, files: PolicyFiles, freezes: FreezeFile, turns: Mapping[str, Turns]) -> None:
        self._turns = turns
        self._files = files
        self._freezes = freezes

    def collect(self) -> Iterable[GaugeMetricFamily | InfoMetricFamily]:
        """The families of metrics."""
        in_force, frozen = self._files.current(), self._freezes.current()
        told = "\n".join(f"{agent} {policy.hash}" for agent, policy in in_force.items())
        yield InfoMetricFamily("crashgate_build", "The version that runs.", {"version": __version__})
        yield InfoMetricFamily(
            "crashgate_policies",
            "The hash over all policies in force; servers that differ in it have different policies.",
            {"hash": hashlib.sha256(told.encode()).hexdigest()},
        )
        for name, words, value in (
            ("crashgate_policies_in_force", "Agents that have a policy.", len(in_force)),
            ("crashgate_policies_broken", "Policy documents that cannot be used.", len(in_force.broken)),
            ("crashgate_policies_loaded_timestamp_seconds", "When they were last read.", self._files.loaded_at),
            ("crashgate_frozen_agents", "Agents frozen by name.", len(frozen.keys() - {EVERYBODY})),
            ("crashgate_frozen_everybody", "1 while every agent is frozen.", int(EVERYBODY in frozen)),
        ):
            yield GaugeMetricFamily(name, words, value)
        left = GaugeMetricFamily(
            "crashgate_upstream_budget_left", "Requests that may be sent now, where there is a budget.", labels=_BY
        )
        waiting = GaugeMetricFamily("crashgate_upstream_waiting", "Requests that wait for their turn.", labels=_BY)
        for connection, turns in self._turns.items():
            waiting.add_metric([connection], turns.waiting)
            if turns.left is not None:
                left.add_metric([connection], turns.left)
        yield left
        yield waiting


def _open_listener(host: str, port: int) -> Listener:
    try:
        return open_listener(host, port)
    except ConfigurationError as problem:
        raise ConfigurationError(
            f"Metrics cannot be served on {host} port {port}.",
            why=problem.why,
            remedy="Choose another address under [metrics] in crashgate.toml, or stop what uses it.",
        ) from problem


class _Server(uvicorn.Server):
    """uvicorn without the process's signals: it ends with the server whose metrics it shows."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _app(registry: CollectorRegistry) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] != PATH or scope["method"] not in {"GET", "HEAD"}:
            await HttpResponse(f"Metrics are at {PATH}.\n", 404)(scope, receive, send)
            return
        encode, kind = choose_encoder(Headers(scope=scope).get("accept", ""))
        await HttpResponse(encode(registry), headers={"Content-Type": kind})(scope, receive, send)

    return app
