"""The MCP server over a toolbox, for both protocol eras. Rule: list and call know the caller only from ``identify``."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    NotificationParams,
    PaginatedRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)
from mcp_types.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from crashgate import __version__
from crashgate.audit.attempt import Attempt
from crashgate.errors import Code, CrashgateError, LimitError, RevokedError
from crashgate.identity import Principal
from crashgate.mcp import app, render
from crashgate.mcp.attempts import REASONS, Attempts, Refusals
from crashgate.mcp.concurrency import ConcurrencyLimit
from crashgate.mcp.elicitation import ANSWER_SECONDS, Elicitation
from crashgate.mcp.instructions import instructions
from crashgate.mcp.library import Library
from crashgate.mcp.notices import Notices
from crashgate.mcp.protocol_errors import DEFECT, FAILED, TELL, defects_in_our_words
from crashgate.mcp.tokens import Identify
from crashgate.tools.toolbox import Toolbox

_log = logging.getLogger(__name__)

MOST_CALLS = 32
"""Calls of one agent at once, over all of its connections."""

_PROGRESS_SECONDS = 1.0
"""For a client to take a notice of progress; a call does not wait longer for it."""

Context = ServerRequestContext[dict[str, Any], Any]
T = TypeVar("T")


def build(  # noqa: PLR0913 - one place where the face is put together
    toolbox: Toolbox,
    identify: Identify,
    *,
    attempts: Attempts | None = None,
    notices: Notices | None = None,
    most_calls: int = MOST_CALLS,
    answer_seconds: float = ANSWER_SECONDS,
    short: Callable[[str], bool] = lambda _: False,
) -> Server[dict[str, Any]]:
    """A server whose callers are told apart by ``identify``.

    What it refuses is noted in ``attempts``; ``notices`` knows who wants to hear of changes. A call of the older era
    waits ``answer_seconds`` for its user's approval. Of agents that ``short`` is true of an answer's text is one
    sentence; of others it holds the data as well, for clients that give a model the text alone (decision 0016).
    """
    elicitation = Elicitation(toolbox.clock, seconds=answer_seconds)
    handlers = _Handlers(
        toolbox,
        identify,
        attempts=attempts,
        notices=notices or Notices(toolbox),
        concurrency=ConcurrencyLimit(most_calls),
        elicitation=elicitation,
        short=short,
    )
    library = Library(toolbox, identify, handlers.with_room)
    server = _Server(
        "crashgate",
        version=__version__,
        title="crashgate",
        description="Crash and session tools for AI agents, behind a policy gate that records every call.",
        instructions=instructions(toolbox),
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=library.list_resources,
        on_list_resource_templates=library.list_resource_templates,
        on_read_resource=library.read_resource,
        on_list_prompts=library.list_prompts,
        on_get_prompt=library.get_prompt,
        on_completion=library.complete,
        on_subscriptions_listen=handlers.listen,
        get_tool_input_schema=_no_header_parameters,
    )
    server.add_notification_handler("notifications/initialized", NotificationParams, handlers.initialized)
    server.middleware.append(handlers.watch)
    server.extensions[app.EXTENSION] = {}
    return server


class _Server(Server[dict[str, Any]]):
    """A server that tells clients of the older era, too, that it will say when their tools change."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """As the library's own, which says so only where it is asked, and its HTTP side does not ask."""
        options = notification_options or NotificationOptions(
            prompts_changed=True, tools_changed=True, resources_changed=True
        )
        return super().create_initialization_options(options, experimental_capabilities, extensions)


class _Handlers:
    """What the protocol asks, answered by the toolbox."""

    def __init__(  # noqa: PLR0913 - what one server is made of
        self,
        toolbox: Toolbox,
        identify: Identify,
        *,
        attempts: Attempts | None,
        notices: Notices,
        concurrency: ConcurrencyLimit,
        elicitation: Elicitation,
        short: Callable[[str], bool],
    ) -> None:
        self._toolbox = toolbox
        self._identify = identify
        self._attempts = attempts
        self._notices = notices
        self._concurrency = concurrency
        self._elicitation = elicitation
        self._refusals = Refusals(toolbox.clock)
        self._short = short

    async def list_tools(self, context: Context, _: PaginatedRequestParams | None) -> ListToolsResult:
        """What the caller may be shown."""
        with defects_in_our_words():
            return render.tools(self._toolbox.listed(self._identify(context).agent))

    async def call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult | InputRequiredResult:
        """A call; beyond so many at once, or refused so often, it is refused before anything is decided."""
        with defects_in_our_words():
            principal = self._identify(context)
        try:
            with self._concurrency.take_slot(principal.agent) as may:
                if not (turned_away := await self._turned_away(principal.agent, may=may)):
                    return await self._call(context, principal, params)
        except MCPError:
            raise
        except Exception:  # noqa: BLE001 - a defect is told in our words (row 7), and as a result like every error
            _log.exception(DEFECT)
            return render.answer(self._toolbox.failed(principal, CrashgateError(FAILED, remedy=TELL)))
        return render.answer(self._toolbox.failed(principal, turned_away))

    async def _turned_away(self, agent: str, *, may: bool) -> LimitError | None:
        """What there is to say of a call that is not looked at, after counting it."""
        if not may:
            await self._note(Attempt.RATE_LIMITED, "too_many_calls", agent)
            return _too_many(self._concurrency.most)
        # check: who is refused over and over is counted
        if wait := self._refusals.wait(agent):
            await self._note(Attempt.RATE_LIMITED, "too_many_refusals", agent)
            return _refused_too_often(self._refusals.most, wait)
        return None

    async def _call(
        self, context: Context, principal: Principal, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        async def progress(done: float, total: float | None, words: str) -> None:
            with anyio.move_on_after(_PROGRESS_SECONDS):
                await context.session.report_progress(done, total, words)

        question = self._elicitation.of(context, params, principal)
        given = await self._toolbox.call(
            principal, params.name, params.arguments or {}, progress, ask_user=question.ask if question else None
        )
        self._refusals.note(principal.agent, given.error)
        if given.links:
            await self._notices.new_files(principal.agent)
        to_be_asked = question.instead_of(given) if question else None
        return to_be_asked or render.answer(given, short=self._short(principal.agent))

    async def with_room(self, agent: str, work: Callable[[], Awaitable[T]]) -> T:
        """``work``, as one of the agent's calls; one too many, and one that was refused too often, is an error."""
        with self._concurrency.take_slot(agent) as may:
            if not (turned_away := await self._turned_away(agent, may=may)):
                try:
                    return await work()
                except CrashgateError as problem:
                    # check: lists of files that are refused count
                    self._refusals.note(agent, problem.code)
                    raise
        raise MCPError(INTERNAL_ERROR, str(turned_away))

    async def listen(self, context: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        """A stream of changes in the modern era."""
        principal = self._identify(context)
        try:
            # check: a stream of the modern era ends with its token
            with self._toolbox.gateway.revocation.until_revoked(principal):
                return await self._notices.listen(principal.agent, context, params)
        except RevokedError as problem:
            raise MCPError(INVALID_REQUEST, str(problem)) from problem

    async def initialized(self, context: Context, _: NotificationParams) -> None:
        """A session of the older era begins."""
        name = context.request.headers.get(MCP_SESSION_ID_HEADER) if context.request is not None else None
        self._notices.joined(self._identify(context).agent, name, context.session)

    async def watch(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Record what the protocol library refuses inside a session; over HTTP in the modern era its status says it."""
        try:
            return await call_next(ctx)
        except (MCPError, ValidationError) as problem:
            code = problem.error.code if isinstance(problem, MCPError) else INVALID_PARAMS
            by_status = ctx.request is not None and ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
            if code != INTERNAL_ERROR and not by_status:
                agent = self._identify(ctx).agent
                if not isinstance(problem.__cause__, CrashgateError):  # those are counted where they come from
                    self._refusals.note(agent, Code.INVALID_ARGUMENTS)
                await self._note(Attempt.MALFORMED, REASONS.get(code, "refused_by_protocol"), agent)
            raise

    async def _note(self, what: Attempt, reason: str, agent: str) -> None:
        if self._attempts is not None:
            await self._attempts.note(what, reason, agent=agent)


def _too_many(most: int) -> LimitError:
    return LimitError(
        f"There are {most} calls of this agent under way.",
        because="too many of its calls are under way",
        why="Nothing was sent.",
        remedy="Wait until one of them has ended.",
    )


def _refused_too_often(most: int, wait: int) -> LimitError:
    return LimitError(
        f"{most} calls of this agent were refused within a minute.",
        because="too many of its calls were refused",
        why="Nothing was decided or sent.",
        remedy=f"Wait {wait} s, read what the refusals said, and do not repeat them.",
        retry_after=wait,
    )


def _no_header_parameters(_: str) -> None:
    """No parameter of ours travels in an ``Mcp-Param-*`` header; without this every call would list the tools again."""
