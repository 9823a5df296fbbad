"""One agent's view of the tools, and its calls. Rule: the list and the call ask the same function; the door decides.

THREATS rows 18 and 21: a tool is listed if and only if some call of it could be allowed, and a refusal reads the same
whatever the reason.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.provider import Provider
from crashgate.errors import Code, CrashgateError, InvalidArgumentsError, NotAvailableError
from crashgate.gateway.ask import Ask, OwnAnswer, Reply
from crashgate.gateway.door import Gateway
from crashgate.identity import Principal
from crashgate.policy.explain import access_summary, may_use
from crashgate.policy.policy import Policy
from crashgate.policy.question import Question
from crashgate.policy.refusal import refusal
from crashgate.policy.vocabulary import Vocabulary
from crashgate.tools import own
from crashgate.tools.cursor import Cursors
from crashgate.tools.derive import Definition, define
from crashgate.tools.registry import BY_NAME, TOOLS
from crashgate.tools.tool import Always, Detail, Given, Named, Shown, Tool

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

    def listed(self, agent: str) -> tuple[Definition, ...]:
        """What ``agent`` is shown: only tools of which some call could be allowed, in a fixed order."""
        policy = self._policy(agent)
        return tuple(
            define(tool, [operation for operation in tool.operations if open_to[operation.id]], self._names(open_to))
            for tool in TOOLS
            if any((open_to := self._open(policy, agent, tool)).values())
        )

    async def call(self, principal: Principal, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Call a tool. Never raises a CrashgateError: an error is an answer too.

        ``arguments`` are as the client sent them.
        """
        tool = BY_NAME.get(name)
        try:
            ask, detail, bound = self._ask(principal, name, tool, dict(arguments))
            reply = await self.gateway.run(ask)
        except NotAvailableError:
            return self._refused(principal.agent)
        except CrashgateError as problem:
            return _failed(problem)
        return self._answered(tool, reply, detail, bound) if tool is not None else self._refused(principal.agent)

    def _ask(
        self, principal: Principal, name: str, tool: Tool | None, arguments: dict[str, Any]
    ) -> tuple[Ask, Detail, Sequence[object]]:
        """The ask, how much to show, and what a cursor of this call is bound to."""
        if tool is None:
            legal = name if _legal_name(name) else None
            return Ask(principal=principal, tool=legal, operation=None), Detail.SUMMARY, ()
        policy = self._policy(principal.agent)
        fault: InvalidArgumentsError | None = None
        connection = self._connection(policy, principal.agent, tool, arguments)
        detail, cursor = arguments.pop("detail", None), arguments.pop("cursor", None)
        bound = (principal.agent, policy.hash if policy else None, name, connection, arguments)
        operation, given, shown, next_query = tool.operations[0], dict[str, Any](), Detail.SUMMARY, None
        try:
            operation, given = choose(tool, arguments)
            shown = _detail(tool, detail)
            next_query = self._page(tool, cursor, bound)
        except InvalidArgumentsError as problem:
            fault = problem
        ask = Ask(
            principal=principal,
            tool=name,
            operation=operation,
            connection=connection,
            arguments=given,
            next_query=next_query,
            fault=fault or _hidden(tool, given),
            answer=self._own_answer(policy, operation),
        )
        return ask, shown, bound

    def _connection(self, policy: Policy | None, agent: str, tool: Tool, arguments: dict[str, Any]) -> str | None:
        """The connection meant: the one that there is to choose, or the one that the caller names out of several."""
        open_to = self._names(self._open(policy, agent, tool))
        providers = {operation.provider for operation in tool.operations}
        possible = open_to or [name for name, provider in self._all() if provider in providers]
        if len(possible) == 1:
            return possible[0]
        named = arguments.pop("connection", None)
        return named if isinstance(named, str) and _legal_connection(named) else None

    def _all(self) -> tuple[tuple[str, Provider], ...]:
        """Every connection, our own included."""
        return (Provider.CRASHGATE.value, Provider.CRASHGATE), *self.connections.items()

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

    def _open(self, policy: Policy | None, agent: str, tool: Tool) -> dict[str, tuple[str, ...]]:
        """For each operation of the tool, the connections on which some call of it could be allowed."""
        return {
            operation.id: tuple(
                name
                for name, provider in self._all()
                if provider is operation.provider and may_use(policy, _question(agent, name, operation))
            )
            for operation in tool.operations
        }

    @staticmethod
    def _names(open_to: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for names in open_to.values() for name in names))


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


def _question(agent: str, connection: str, operation: AnyOperation) -> Question:
    return Question(
        agent=agent,
        connection=connection,
        operation=operation.id,
        resource=operation.resource,
        access=operation.access,
        dimension=operation.scope.dimension,
    )


def _failed(problem: CrashgateError) -> Answer:
    return Answer(content={"error": {"code": problem.code.value}}, text=str(problem), error=problem.code)
