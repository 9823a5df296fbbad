"""Notices that tools or files changed. Rule: only to agents whose own list did, and only where a client listens.

In the modern era a client listens with ``subscriptions/listen``; in the older one every session is told.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ToolsListChanged,
)
from mcp_types import SubscriptionsListenRequestParams, SubscriptionsListenResult

from crashgate.tools.prompts import open_prompts
from crashgate.tools.toolbox import Toolbox

if TYPE_CHECKING:
    from crashgate.tools.definitions import Definition

Change = ToolsListChanged | PromptsListChanged | ResourcesListChanged

MOST_STREAMS = 20
"""Of one agent at once."""

_MOST_SESSIONS = 1_000
_SECONDS = 2.0
"""For one session to take a notice, which is not sent again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Session:
    agent: str
    session: ServerSession


class Notices:
    """Who listens, and each agent's list of tools as it was at the last notice."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._shown: dict[str, tuple[Definition, ...]] = {}
        self._buses: dict[str, InMemorySubscriptionBus] = {}
        self._listens: dict[str, ListenHandler] = {}
        self._sessions: dict[str | None, _Session] = {}

    def joined(self, agent: str, name: str | None, session: ServerSession) -> None:
        """A session of the older era is ready; ``name`` is its id, None for the one of a pipe."""
        self._watch(agent)
        self._sessions.pop(name, None)
        if len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[name] = _Session(agent=agent, session=session)

    def left(self, name: str) -> None:
        """A session of the older era is over."""
        self._sessions.pop(name, None)

    async def listen(
        self, agent: str, context: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Serve one stream of the modern era until the client leaves or we stop."""
        self._watch(agent)
        return await self._listens[agent](context, params)

    async def new_files(self, agent: str) -> None:
        """There is a new file among the agent's resources."""
        if agent in self._buses:
            await self._tell(agent, ResourcesListChanged())

    async def changed(self, agents: frozenset[str]) -> None:
        """The policies of ``agents`` changed: tell those whose list is another one now."""
        for agent in sorted(agents & self._shown.keys()):
            listed = self._toolbox.listed(agent)
            before = self._shown[agent]
            if listed != before:
                self._shown[agent] = listed
                await self._tell(agent, ToolsListChanged())
                if open_prompts(listed) != open_prompts(before):
                    await self._tell(agent, PromptsListChanged())

    def close(self) -> None:
        """End all streams of the modern era in order."""
        for each in self._listens.values():
            each.close()

    def _watch(self, agent: str) -> None:
        if agent not in self._shown:
            self._shown[agent] = self._toolbox.listed(agent)
            self._buses[agent] = InMemorySubscriptionBus()
            self._listens[agent] = ListenHandler(self._buses[agent], max_subscriptions=MOST_STREAMS)

    async def _tell(self, agent: str, event: Change) -> None:
        await self._buses[agent].publish(event)
        async with anyio.create_task_group() as tasks:
            for each in list(self._sessions.values()):
                if each.agent == agent:
                    tasks.start_soon(_tell, each.session, event)


async def _tell(session: ServerSession, event: Change) -> None:
    """Where nobody reads the stream, the notice is lost: it is advice."""
    with anyio.move_on_after(_SECONDS):
        if isinstance(event, ToolsListChanged):
            await session.send_tool_list_changed()
        elif isinstance(event, PromptsListChanged):
            await session.send_prompt_list_changed()
        else:
            await session.send_resource_list_changed()
