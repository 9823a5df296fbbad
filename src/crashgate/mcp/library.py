"""Resources, prompts and completions over the protocol. Rule: a reading is a call of the agent's, and counts as one."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from mcp.server.context import ServerRequestContext
from mcp_types import (
    CompleteRequestParams,
    CompleteResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    PromptReference,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from crashgate.errors import CrashgateError, InvalidArgumentsError, NotAvailableError
from crashgate.identity import Principal
from crashgate.mcp import app, render
from crashgate.mcp.protocol_errors import defects_in_our_words, errors_in_the_protocol
from crashgate.mcp.tokens import Identify
from crashgate.tools.completions import Blank, Completions, Values
from crashgate.tools.prompts import OpenPrompt, open_prompts
from crashgate.tools.resources import Resources
from crashgate.tools.toolbox import Toolbox

Context = ServerRequestContext[dict[str, Any], Any]
T = TypeVar("T")


class WithRoom(Protocol):
    """Runs work as one of the agent's calls. Raises MCPError where there are too many."""

    async def __call__(self, agent: str, work: Callable[[], Awaitable[T]]) -> T:
        """What the work gives."""
        ...


class Library:
    """What the protocol asks beside tools."""

    def __init__(self, toolbox: Toolbox, identify: Identify, with_room: WithRoom) -> None:
        self._toolbox = toolbox
        self._identify = identify
        self._with_room = with_room
        self._resources = Resources(toolbox=toolbox)
        self._completions = Completions(toolbox=toolbox)

    async def list_resources(self, context: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        """The caller's own files."""
        with defects_in_our_words(), errors_in_the_protocol():
            principal, cursor = self._identify(context), params.cursor if params else None
            files = self._toolbox.files
            if files is None:
                return render.resources((), None)
            try:
                found = await self._with_room(principal.agent, lambda: files.listed(principal, cursor))
            except NotAvailableError:
                found = (), None
            return render.resources(*found)

    async def list_resource_templates(
        self, context: Context, _: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        """What the caller can read by its address; a file is named by its link alone."""
        with defects_in_our_words():
            return render.resource_templates(self._resources.templates(self._identify(context).agent))

    async def read_resource(self, context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """One of them; what is missing and what is another's are not told apart (THREATS row 21)."""
        with defects_in_our_words(), errors_in_the_protocol(uri=params.uri):
            principal = self._identify(context)
            if params.uri == app.URI:
                return render.app_page()
            found = await self._with_room(principal.agent, lambda: self._resources.read(principal, params.uri))
            return render.resource(*found)

    async def list_prompts(self, context: Context, _: PaginatedRequestParams | None) -> ListPromptsResult:
        """Those whose tools the caller has."""
        with defects_in_our_words():
            return render.prompts(self._prompts(self._identify(context).agent))

    async def get_prompt(self, context: Context, params: GetPromptRequestParams) -> GetPromptResult:
        """The text of one. Nothing is asked of a provider for it."""
        with defects_in_our_words(), errors_in_the_protocol():
            prompt = self._prompt(self._identify(context).agent, params.name)
            return render.prompt(prompt, prompt.text(params.arguments or {}))

    async def complete(self, context: Context, params: CompleteRequestParams) -> CompleteResult:
        """Values of one argument; none where the caller may not read them."""
        with defects_in_our_words(), errors_in_the_protocol():
            principal = self._identify(context)
            try:
                found = await self._with_room(principal.agent, lambda: self._complete(principal, params))
            except InvalidArgumentsError:
                raise
            except CrashgateError:
                found = Values()
            return render.completion(found)

    async def _complete(self, principal: Principal, params: CompleteRequestParams) -> Values:
        name, begun = params.argument.name, params.argument.value
        given = (params.context.arguments if params.context else None) or {}
        others = {key: value for key, value in given.items() if key != name}
        if isinstance(params.ref, PromptReference):
            prompt = self._prompt(principal.agent, params.ref.name)
            found = prompt.argument(name)
            return await self._completions.complete(principal, found.blank, begun, prompt.parameters(others))
        for template in self._resources.templates(principal.agent):
            if template.uri == params.ref.uri and name in template.definition.properties:
                blank = Blank(definition=template.definition, parameter=name)
                return await self._completions.complete(principal, blank, begun, others)
        raise InvalidArgumentsError("There is no such template, or it has no such variable.")

    def _prompt(self, agent: str, name: str) -> OpenPrompt:
        for each in self._prompts(agent):
            if each.prompt.name == name:
                return each
        raise InvalidArgumentsError("There is no such prompt.")

    def _prompts(self, agent: str) -> tuple[OpenPrompt, ...]:
        return open_prompts(self._toolbox.listed(agent))
