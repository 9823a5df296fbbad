"""One agent's view of the tools, and its calls. Rule: the list and the call ask the same function; the door decides.

THREATS rows 18 and 21: a tool is listed if and only if some call of it could be allowed, and a refusal reads the same
whatever the reason.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.provider import Provider
from crashgate.clock import Clock
from crashgate.errors import Code, CrashgateError, InvalidArgumentsError, NotAvailableError
from crashgate.gateway.arguments import read
from crashgate.gateway.ask import Ask, OwnAnswer, Reply
from crashgate.gateway.door import Gateway
from crashgate.identity import Principal
from crashgate.policy.explain import access_summary
from crashgate.policy.policy import Policy
from crashgate.policy.refusal import refusal
from crashgate.policy.vocabulary import Vocabulary
from crashgate.tools import own
from crashgate.tools.cursor import Cursors
from crashgate.tools.derive import Definition, define
from crashgate.tools.opening import opening
from crashgate.tools.recipe import Kitchen, Recipe
from crashgate.tools.registry import BY_NAME, TOOLS
from crashgate.tools.tool import Always, Detail, Given, Named, Shown, Tool

_MOST_LISTS = 1_000
_legal_name = re.compile(r"[a-z][a-z0-9_]{0,63}").fullmatch
_legal_connection = re.compile(r"[a-z0-9][a-z0-9-]{0,63}").fullmatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a call gives: the structured content and a text, or an error of ours in the same form."""

    content: Mapping[str, Any]
    text: str
    error: Code | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Toolbox:
    """The tools over the configured connections; ``connections`` maps each name to its provider."""

    gateway: Gateway
    cursors: Cursors
    vocabulary: Vocabulary
    connections: Mapping[str, Provider]
    clock: Clock
    _lists: dict[tuple[str, str | None], tuple[Definition, ...]] = field(default_factory=dict, init=False)

    def listed(self, agent: str) -> tuple[Definition, ...]:
        """What ``agent`` is shown: only tools of which some call could be allowed, in a fixed order."""
        policy = self._policy(agent)
        key = (agent, policy.hash if policy else None)
        if key not in self._lists:
            if len(self._lists) >= _MOST_LISTS:
                self._lists.clear()
            found = ((tool, opening(policy, agent, tool, self._all())) for tool in TOOLS)
            self._lists[key] = tuple(define(tool, each.uses, each.connections) for tool, each in found if each)
        return self._lists[key]

    async def call(self, principal: Principal, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Call a tool. Never raises a CrashgateError: an error is an answer too.

        ``arguments`` are as the client sent them.
        """
        tool, given = BY_NAME.get(name), dict(arguments)
        try:
            match tool:
                case Tool():
                    return await self._call_tool(principal, tool, given)
                case Recipe():
                    return await self._call_recipe(principal, tool, given)
                case None:
                    await self.gateway.run(Ask(principal=principal, tool=_legal(name), operation=None))
        except NotAvailableError:
            pass
        except CrashgateError as problem:
            return _failed(problem)
        return self._refused(principal.agent)

    async def _call_tool(self, principal: Principal, tool: Tool, given: dict[str, Any]) -> Answer:
        policy = self._policy(principal.agent)
        connection = self._connection(policy, principal.agent, tool, given)
        detail, cursor = given.pop("detail", None), given.pop("cursor", None)
        bound = (principal.agent, policy.hash if policy else None, tool.name, connection, given)
        fault: InvalidArgumentsError | None = None
        operation, arguments, shown, next_query = tool.operations[0], dict[str, Any](), Detail.SUMMARY, None
        try:
            operation, arguments = choose(tool, given)
            shown = _detail(tool, detail)
            next_query = self._page(tool, cursor, bound)
        except InvalidArgumentsError as problem:
            fault = problem
        ask = Ask(
            principal=principal,
            tool=tool.name,
            operation=operation,
            connection=connection,
            arguments=arguments,
            next_query=next_query,
            fault=fault or _hidden(tool, arguments),
            answer=self._own_answer(policy, operation),
        )
        reply = await self.gateway.run(ask)
        return self._answered(tool, reply, shown, bound)

    async def _call_recipe(self, principal: Principal, recipe: Recipe, given: dict[str, Any]) -> Answer:
        connection = self._connection(self._policy(principal.agent), principal.agent, recipe, given)

        async def run(operation: AnyOperation, arguments: Mapping[str, object]) -> Reply:
            asked = {name: value for name, value in arguments.items() if value is not None}
            ask = Ask(
                principal=principal, tool=recipe.name, operation=operation, connection=connection, arguments=asked
            )
            return await self.gateway.run(ask)

        try:
            params = read(recipe.params, given)
        except InvalidArgumentsError as problem:
            # Told, and recorded as what it was, only to an agent that could have asked.
            fault = Ask(
                principal=principal, tool=recipe.name, operation=recipe.first, connection=connection, fault=problem
            )
            await self.gateway.run(fault)
            raise
        shown = await recipe.cook(Kitchen(run=run, clock=self.clock, operations=recipe.operations), params)
        return Answer(content=shown.content, text=shown.text)

    def _connection(
        self, policy: Policy | None, agent: str, tool: Tool | Recipe, arguments: dict[str, Any]
    ) -> str | None:
        """The connection meant: the one that there is to choose, or the one that the caller names out of several."""
        found = opening(policy, agent, tool, self._all())
        providers = {operation.provider for operation in tool.operations}
        possible = found.connections if found else [n for n, provider in self._all().items() if provider in providers]
        if len(possible) == 1:
            return possible[0]
        named = arguments.pop("connection", None)
        return named if isinstance(named, str) and _legal_connection(named) else None

    def _all(self) -> Mapping[str, Provider]:
        """Every connection, our own included."""
        return {Provider.CRASHGATE.value: Provider.CRASHGATE, **self.connections}

    def _page(self, tool: Tool, cursor: object, bound: Sequence[object]) -> str | None:
        if cursor is None:
            return None
        if not tool.pages or not isinstance(cursor, str):
            raise InvalidArgumentsError("cursor must be the next_cursor of a list.", remedy="Nothing was sent.")
        return self.cursors.open(cursor, bound_to=bound)

    def _own_answer(self, policy: Policy | None, operation: AnyOperation) -> OwnAnswer | None:
        if operation.provider is not Provider.CRASHGATE or policy is None:
            return None
        return lambda: own.answer(access_summary(policy, self.vocabulary))

    def _answered(self, tool: Tool, reply: Reply, detail: Detail, bound: Sequence[object]) -> Answer:
        shown: Shown = tool.view(reply, detail)
        content = dict(shown.content)
        if tool.pages and reply.page.next_query is not None:
            content["next_cursor"] = self.cursors.seal(reply.page.next_query, bound_to=bound)
        return Answer(content=content, text=shown.text)

    def _refused(self, agent: str) -> Answer:
        """The one answer to everything that does not exist or is not allowed."""
        names = [definition.name for definition in self.listed(agent)]
        text = refusal(self._policy(agent), agent=agent, tools=names)
        return Answer(content={"error": {"code": Code.NOT_AVAILABLE.value}}, text=text, error=Code.NOT_AVAILABLE)

    def _policy(self, agent: str) -> Policy | None:
        """The agent's policy; None, so nothing, where finding it fails: the door meets that too, and records it."""
        try:
            return self.gateway.policy_of(agent)
        except Exception:  # noqa: BLE001 - whatever it is, it opens nothing (THREATS row 33)
            return None


def choose(tool: Tool, arguments: Mapping[str, Any]) -> tuple[AnyOperation, dict[str, Any]]:
    """The operation that the arguments mean, and the arguments that are its own. Raises InvalidArgumentsError."""
    given = dict(arguments)
    match tool.choice:
        case Always(operation=operation):
            return operation, given
        case Given(argument=argument, present=present, absent=absent):
            if given.get(argument) is None:
                given.pop(argument, None)
                return absent, given
            return present, given
        case Named(argument=argument, choices=choices):
            named = given.pop(argument, None)
            if not isinstance(named, str) or named not in choices:
                raise InvalidArgumentsError(
                    f"{argument} must be one of {', '.join(choices)}.", remedy="Nothing was sent. Call again with one."
                )
            return choices[named], given


def _detail(tool: Tool, given: object) -> Detail:
    if given is None:
        return Detail.SUMMARY
    if not tool.detailed or not isinstance(given, str) or given not in set(Detail):
        raise InvalidArgumentsError(
            "detail must be summary or full, and only where the tool takes it.", remedy="Nothing was sent."
        )
    return Detail(given)


def _hidden(tool: Tool, given: Mapping[str, Any]) -> InvalidArgumentsError | None:
    """The fault of giving a parameter that the tool does not offer, although the operation has it."""
    if tool.hidden.isdisjoint(given):
        return None
    return InvalidArgumentsError("there is an argument that this tool does not take.", remedy="Nothing was sent.")


def _legal(name: str) -> str | None:
    """The name where it could be one of a tool; the log shows no other text of the caller's."""
    return name if _legal_name(name) else None


def _failed(problem: CrashgateError) -> Answer:
    """Our error as an answer."""
    return Answer(content={"error": {"code": problem.code.value}}, text=str(problem), error=problem.code)
