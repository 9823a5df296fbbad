"""One agent's view of the tools, and its calls. Rule: the list and the call ask the same function; the door decides.

THREATS rows 18 and 21: a tool is listed if and only if some call of it could be allowed, and a refusal reads the same
whatever the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from crashgate.clock import Clock
from crashgate.errors import ApprovalError, CrashgateError, InvalidArgumentsError, NotAvailableError
from crashgate.gate.approval_requests import AskUser
from crashgate.gate.argument_defaults import defaults_for
from crashgate.gate.arguments import expanded, taken
from crashgate.gate.call import Ask, OwnAnswer
from crashgate.gate.gateway import Gateway
from crashgate.gate.given import given as meant
from crashgate.identity import Principal, Via
from crashgate.model.allowance import Allowance
from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.operation import AnyOperation
from crashgate.model.own import LIST_EXPORTS
from crashgate.model.provider import AnyTool
from crashgate.model.short_times import changed_times
from crashgate.model.tool import Detail, Shown, Tool
from crashgate.offload import offload
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.policy.review.explain import MOST_TOOLS, refusal
from crashgate.tools import own
from crashgate.tools.arguments import (
    check_names,
    choose,
    choose_connection,
    detail_of,
    holds_link,
    order,
    take_additions,
)
from crashgate.tools.available import Opening, opening
from crashgate.tools.call_result import (
    Answer,
    failed,
    fit_answer,
    legal_name,
    nearest,
    refused,
    show_page,
    view_reply,
    with_names,
    with_redacted,
    with_times,
)
from crashgate.tools.changes import further_changes, tell_changes, too_many_changes
from crashgate.tools.composite_call import CompositeCall
from crashgate.tools.cursors import Cursors, open_cursor, within
from crashgate.tools.definitions import Definition, define
from crashgate.tools.exports import Exports, Order, Watch, unwatched
from crashgate.tools.files import Files
from crashgate.tools.links import follow_tool_links

_MOST_KEPT = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Toolbox:
    """The tools over the configured connections; ``connections`` maps each name to its provider."""

    gateway: Gateway
    cursors: Cursors
    vocabulary: Vocabulary
    connections: Mapping[str, str]
    clock: Clock
    exports: Exports | None = None
    requests_per_call: int = 12
    """What one call of a composite tool may send upstream."""
    _definitions: dict[tuple[str, str, str], Definition | None] = field(default_factory=dict, init=False)
    _openings: dict[tuple[str, str, str], Opening | None] = field(default_factory=dict, init=False)

    @property
    def catalogue(self) -> Catalogue:
        """What there is to offer."""
        return self.vocabulary.catalogue

    def listed(self, agent: str) -> tuple[Definition, ...]:
        """What ``agent`` is shown: only tools of which some call could be allowed, in a fixed order."""
        policy = self._policy(agent)
        there = (tool for tool in self.catalogue.tools if self._is_there(tool, policy, agent))
        return tuple(found for tool in there if (found := self._defined(policy, agent, tool)) is not None)

    def _parameters(self, agent: str, tool: AnyTool) -> tuple[str, ...]:
        """The names of the parameters that the agent is shown of a tool."""
        found = self._defined(self._policy(agent), agent, tool)
        return tuple(found.input_schema["properties"]) if found is not None else ()

    def _defined(self, policy: Policy | None, agent: str, tool: AnyTool) -> Definition | None:
        """The tool as the agent is shown it, None where it is closed; worked out once for a policy version."""
        key = (agent, policy.hash if policy else "", tool.name)
        if key not in self._definitions:
            if len(self._definitions) >= _MOST_KEPT:
                self._definitions.clear()
            found = self._opening(policy, agent, tool)
            shown = None if found is None else define(tool, found.uses, found.connections, self.catalogue)
            self._definitions[key] = shown
        return self._definitions[key]

    def open_connections(self, agent: str, name: str) -> tuple[str, ...]:
        """The connections on which the tool is open to the agent; who has one need not, and cannot, name it."""
        tool = self.catalogue.tools_by_name.get(name)
        found = tool and self._opening(self._policy(agent), agent, tool)
        return found.connections if found else ()

    def _is_there(self, tool: AnyTool, policy: Policy | None, agent: str) -> bool:
        """Exports are there where the operator configured a place for them; their list, for who may make some."""
        if isinstance(tool, Export):
            # check[always]: exports are there where there is a place for them
            return self.exports is not None
        if tool.operations[0].id != LIST_EXPORTS.id:
            return True
        return self.exports is not None and any(
            self._opening(policy, agent, each) for each in self.catalogue.tools if isinstance(each, Export)
        )

    async def call(
        self,
        principal: Principal,
        name: str,
        arguments: Mapping[str, Any],
        progress: Watch | None = None,
        *,
        ask_user: AskUser | None = None,
    ) -> Answer:
        """Call a tool. Never raises a CrashgateError: an error is an answer too.

        ``arguments`` are as the client sent them. ``progress`` is told of how far a long call is. ``ask_user`` asks the
        person at the client for an approval, where the client can.
        """
        tool, given = self.vocabulary.catalogue.tools_by_name.get(name), dict(arguments)
        if tool is not None and not self._is_there(tool, self._policy(principal.agent), principal.agent):
            tool = None
        try:
            match tool:
                case Tool():
                    return await self._call_tool(principal, tool, given, ask_user)
                case CompositeTool():
                    return await self._call_composite(principal, tool, given, ask_user)
                case Export():
                    return await self._call_export(principal, tool, given, progress or unwatched, ask_user)
                case None:
                    await self.gateway.run(Ask(principal=principal, tool=legal_name(name), operation=None))
        except NotAvailableError:
            pass
        except CrashgateError as problem:
            return self.failed(principal, problem, name)
        return self._refused(principal.agent, name)

    async def _call_tool(
        self, principal: Principal, tool: Tool, given: dict[str, Any], ask_user: AskUser | None
    ) -> Answer:
        policy = self._policy(principal.agent)
        definition = self._defined(policy, principal.agent, tool)
        across = None if definition is None else definition.across
        if across is not None:
            if not across.names.isdisjoint(given):  # null and empty text mean not given
                given = {key: each for key, each in given.items() if key not in across.names or each not in (None, "")}
            if not across.names.isdisjoint(given) or (across.place is not None and not given.get(across.place)):
                return await self._call_composite(principal, across.tool, given, ask_user, behind=tool)
        connection, choices = self._connection(policy, principal.agent, tool, given)
        detail, cursor = given.pop("detail", None), given.pop("cursor", None)
        fault: InvalidArgumentsError | None = None
        parameters = () if definition is None else tuple(definition.input_schema["properties"])
        operation, arguments, shown, mark = tool.operations[0], dict[str, Any](), Detail.SUMMARY, None
        skipped, left = 0, tuple[str, ...]()
        bound: Sequence[object] = ()
        read_as: Mapping[str, str] = {}
        added: Mapping[int, dict[str, Any]] = {}
        more: Sequence[tuple[AnyOperation, dict[str, Any]]] = ()
        try:
            if holds_link(given):
                given = follow_tool_links(tool, given, self.gateway.connection(connection))
            operation, arguments = choose(tool, given, self._all().get(connection or ""))
            arguments, added = take_additions(tool, operation, arguments)
            check_names(tool, operation, arguments, shown=parameters, connection=connection)
            own = taken(operation.params, arguments, shown=parameters)
            arguments = own if definition is None else {**definition.usual.get(operation.id, {}), **own}
            left = tuple(arguments.keys() - own.keys())
            shown = detail_of(tool, detail)
            bound = (principal.agent, policy.hash if policy else None, tool.name, connection, arguments)
            mark, skipped = within(open_cursor(self.cursors, cursor, pages=tool.pages, bound_to=bound))
            full = expanded(operation.params, arguments, self.clock.now())
            read_as, arguments = changed_times(arguments, full) if full != arguments else {}, full
            if added:
                settled = defaults_for(policy, connection or "", operation)
                more = further_changes(tool, operation, {**settled, **arguments}, added)
        except InvalidArgumentsError as problem:
            fault = problem
        ask = Ask(
            principal=principal,
            tool=tool.name,
            operation=operation,
            connection=connection,
            arguments=arguments,
            mark=mark,
            resumed=skipped > 0,
            shown=parameters,
            fault=fault,
            answer=self._own_answer(policy, principal.agent, operation, mark),
            choices=choices,
            ask_user=ask_user,
            me=principal.email or getattr(self.gateway.connection(connection), "account", None),
            fields=tool.of_provider(operation.provider).fields_of(operation.result, shown),
        )
        if more and fault is None:
            return await self._make_changes(tool, ask, more)
        reply = replace(await self.gateway.run(ask), usual=left)
        own_tool = tool.of_provider(self._all().get(reply.connection))
        answer = await show_page(
            tool, own_tool, reply, shown, cursors=self.cursors, bound=bound, mark=mark, skipped=skipped
        )
        if reply.named:
            answer = replace(answer, content=with_names(answer.content, reply))
        return replace(answer, content=with_times(answer.content, read_as)) if read_as else answer

    async def _make_changes(
        self, tool: Tool, first: Ask, more: Sequence[tuple[AnyOperation, Mapping[str, Any]]]
    ) -> Answer:
        """The answer of the first change, and what of all was done. Nothing is sent where one is refused."""
        asks = [first, *(replace(first, operation=each, arguments=own, fields=None) for each, own in more)]
        # check: changes made together are as many as one call may send
        if len(asks) > self.requests_per_call:
            await self.gateway.run(replace(first, fault=too_many_changes(len(asks), self.requests_per_call)))
        changes = await self.gateway.run_changes(asks)
        reply = changes[0].reply
        if reply is None:
            raise NotAvailableError("Not sent.")
        shown: Shown = await offload(reply.page.size, view_reply, tool, reply, Detail.SUMMARY)
        redacted = {name for each in changes if each.reply is not None for name in each.reply.page.redacted}
        content, text = tell_changes(shown, changes)
        return Answer(content=with_names(with_redacted(content, redacted), reply), text=text)

    async def _call_export(
        self, principal: Principal, tool: Export, given: dict[str, Any], progress: Watch, ask_user: AskUser | None
    ) -> Answer:
        if self.exports is None:
            raise NotAvailableError("There is no place for exports.")
        connection, choices = self._connection(self._policy(principal.agent), principal.agent, tool, given)
        provider = self._all().get(connection or "")
        parameters = self._parameters(principal.agent, tool)
        operation = next((each for each in tool.of if each.provider == provider), tool.of[0])
        format_, resume = given.pop("format", None), given.pop("resume", None)
        wanted, fault, arguments = Order(), None, meant(operation.params, given)
        read_as: Mapping[str, str] = {}
        try:
            wanted = order(format_, resume)
            arguments = (
                follow_tool_links(tool, arguments, self.gateway.connection(connection))
                if holds_link(arguments)
                else arguments
            )
            check_names(tool, operation, arguments, shown=parameters, connection=connection)
            arguments = taken(operation.params, arguments, shown=parameters)
            full = expanded(operation.params, arguments, self.clock.now())
            read_as, arguments = changed_times(arguments, full) if full != arguments else {}, full
        except InvalidArgumentsError as problem:
            fault = problem
        ask = Ask(
            principal=principal,
            tool=tool.name,
            operation=operation,
            connection=connection,
            arguments=arguments,
            shown=parameters,
            fault=fault,
            choices=choices,
            ask_user=ask_user,
        )
        if wanted.resume is None:
            shown, link = await self.exports.start(self.gateway, ask, tool, wanted.format, progress)
        else:
            shown, link = await self.exports.go_on(self.gateway, ask, tool, wanted.resume, progress)
        shown = fit_answer(shown)
        return Answer(content=with_times(shown.content, read_as), text=shown.text, links=(link,))

    @property
    def files(self) -> Files | None:
        """The files of exports; None where there is no place for them."""
        if (exports := self.exports) is None:
            return None
        return Files(gateway=self.gateway, policy_of=self._policy, cursors=self.cursors, exports=exports)

    async def _call_composite(
        self,
        principal: Principal,
        tool: CompositeTool,
        given: dict[str, Any],
        ask_user: AskUser | None,
        *,
        behind: Tool | None = None,
    ) -> Answer:
        """``behind`` is the tool that the agent was shown, where that is another."""
        policy = self._policy(principal.agent)
        connection, choices = self._connection(policy, principal.agent, behind or tool, given)
        provider = self._all().get(connection or "")
        definition = self._defined(policy, principal.agent, behind or tool)
        call = CompositeCall(
            gateway=self.gateway,
            tool=tool,
            capabilities=tool.providers.get(provider or "", {}),
            first=Ask(
                principal=principal,
                tool=tool.name,
                operation=tool.first_of(provider),
                connection=connection,
                choices=choices,
                ask_user=ask_user,
                allowance=Allowance(most=self.requests_per_call),
            ),
            clock=self.clock,
            usual={} if definition is None else definition.usual.get(tool.first_of(provider).id, {}),
        )
        cursor = given.pop("cursor", None)
        try:
            if holds_link(given):
                given = follow_tool_links(tool, given, self.gateway.connection(connection))
            params = call.read(given, shown=self._parameters(principal.agent, behind or tool))
            bound = (principal.agent, policy.hash if policy else None, tool.name, connection, given)
            mark = open_cursor(self.cursors, cursor, pages=tool.pages, bound_to=bound)
        except InvalidArgumentsError as problem:
            # Told, and recorded as what it was, only to an agent that could have asked.
            await self.gateway.run(replace(call.first, fault=problem))
            raise
        shown = await call.take_steps(params, mark)
        fitted = fit_answer(shown)
        content = dict(fitted.content)
        if shown.next_mark is not None:
            content["next_cursor"] = self.cursors.seal(shown.next_mark, bound_to=bound)
        content = dict(with_times(content, call.read_as))
        return Answer(content=with_redacted(content, call.redacted), text=fitted.text)

    def _connection(
        self, policy: Policy | None, agent: str, tool: AnyTool, arguments: dict[str, Any]
    ) -> tuple[str | None, tuple[str, ...]]:
        """The connection meant: the one that there is to choose, or the one that the caller names out of several.

        Where it names none, those that are open to it.
        """
        found = self._opening(policy, agent, tool)
        return choose_connection(None if found is None else found.connections, tool, self._all(), arguments)

    def _opening(self, policy: Policy | None, agent: str, tool: AnyTool) -> Opening | None:
        """What is open to the agent; worked out once for a policy version."""
        key = (agent, policy.hash if policy else "", tool.name)
        if key not in self._openings:
            if len(self._openings) >= _MOST_KEPT:
                self._openings.clear()
            self._openings[key] = opening(policy, agent, tool, self._all(), self.catalogue.across.get(tool.name))
        return self._openings[key]

    def _all(self) -> Mapping[str, str]:
        """Every connection, our own included."""
        return {"crashgate": "crashgate", **self.connections}

    def _own_answer(
        self, policy: Policy | None, agent: str, operation: AnyOperation, mark: str | None
    ) -> OwnAnswer | None:
        if operation.provider != "crashgate" or policy is None:
            return None
        if operation is LIST_EXPORTS:
            return None if self.files is None else self.files.own_answer(agent, mark)
        return partial(own.answer, policy, self.vocabulary)

    def _refused(self, agent: str, asked: str) -> Answer:
        """The one answer to everything that does not exist or is not allowed."""
        return refused(refusal(self._policy(agent), agent=agent, tools=self._nearest(agent, asked)))

    def failed(self, principal: Principal, problem: CrashgateError, asked: str = "") -> Answer:
        """Any other error as an answer; ``asked`` is the tool that was called.

        What waits for a person can often be done otherwise, so tools are named there.
        """
        policy = self._policy(principal.agent)
        # A person at the command line asks for themselves.
        owner = policy.owner if policy is not None and principal.via is not Via.CLI else None
        near = self._nearest(principal.agent, asked) if isinstance(problem, ApprovalError) else []
        others = [each for each in near if each != asked]
        return failed(problem, tools=others[:MOST_TOOLS], owner=owner)

    def _nearest(self, agent: str, asked: str) -> list[str]:
        return nearest(legal_name(asked) or "", [definition.name for definition in self.listed(agent)])

    def _policy(self, agent: str) -> Policy | None:
        """The agent's policy; None, so nothing, where finding it fails: the door meets that too, and records it."""
        try:
            return self.gateway.policy_of(agent)
        # check: a broken source of policies opens nothing
        except Exception:  # noqa: BLE001 - whatever it is, it opens nothing (THREATS row 33)
            return None
