"""One call of a composite tool: its arguments, and its steps through the gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crashgate.clock import Clock
from crashgate.errors import NotAvailableError
from crashgate.gate.argument_defaults import defaults_for, open_places, question_for
from crashgate.gate.arguments import expanded, taken, validated
from crashgate.gate.call import Ask
from crashgate.gate.gateway import Gateway
from crashgate.gate.plan import ask
from crashgate.model.capability import LIST_ORGANIZATIONS, LIST_PROJECTS, Capabilities, Capability, PlaceFacts
from crashgate.model.composite import CompositeTool, OpenProjects, Step, StepResult, Steps
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.scope import ORGANIZATION, PROJECT, Dimension, naming
from crashgate.model.short_times import changed_times
from crashgate.model.tool import Reply, Shown
from crashgate.policy.decision import Place
from crashgate.policy.policy import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class CompositeCall:
    """A call on one connection. ``first`` is the call of what the tool asks first, still without arguments."""

    gateway: Gateway
    tool: CompositeTool
    capabilities: Capabilities
    first: Ask
    clock: Clock
    usual: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the tool that the agent is shown gives of the first operation's arguments where the agent gives none."""
    redacted: set[str] = field(default_factory=set[str])
    """What the policy took out of the steps' answers so far."""
    read_as: dict[str, str] = field(default_factory=dict[str, str])
    """The moments that the caller's short times were read as, by parameter."""

    def read(self, given: Mapping[str, Any], *, shown: Sequence[str]) -> Params:
        """The tool's parameters: those ``given``, and what the policy leaves no choice about.

        ``shown`` are the names that the caller is shown. Raises InvalidArgumentsError.
        """
        params, operation = self.tool.params, self.first.operation
        settled: Mapping[str, Any] = {}
        if self.first.connection is not None and operation is not None:
            settled = defaults_for(self._policy, self.first.connection, operation)
        own = {name: each for name, each in settled.items() if name in params.model_fields}
        written = taken(params, given, shown=shown)
        full = expanded(params, written, self.clock.now())
        self.read_as.update(changed_times(written, full))
        return validated(params, {**own, **full})

    async def take_steps(self, params: Params, mark: str | None) -> Shown:
        """The answer. Raises what the gateway raises of what is asked first."""
        # Without a connection or its capability the gateway refuses the call, and records that.
        if self.tool.first not in self.capabilities or self.first.allowance is None:
            await self.gateway.run(self.first)
            raise NotAvailableError("No connection of that name has it.")
        steps = Steps(
            run=self._run,
            clock=self.clock,
            capabilities=self.capabilities,
            allowance=self.first.allowance,
            find_projects=self._find_projects,
            usual=self.usual,
            mark=mark,
        )
        return await self.tool.take_steps(steps, params)

    @property
    def _policy(self) -> Policy | None:
        return self.gateway.policy_of(self.first.principal.agent)

    async def _run(self, operation: AnyOperation, arguments: Mapping[str, object], mark: str | None) -> Reply:
        given = {**self.usual, **arguments} if self.usual and operation is self.first.operation else arguments
        reply = await self.gateway.run(replace(self.first, operation=operation, arguments=given, mark=mark))
        # check: a composite tool tells which fields were redacted
        self.redacted.update(reply.page.redacted)
        return reply

    async def _find_projects(self, steps: Steps, capability: Capability[Any]) -> OpenProjects:
        """The names that the policy settles, without a request; otherwise those of the listed projects that it opens.

        What is listed, and of which organizations, is decided and recorded like any step. Raises what the gateway
        raises where nothing can be listed.
        """
        operation, policy = self.capabilities[capability].operation, self._policy
        names = self._settled_names(policy, operation, PROJECT)
        if names is not None:
            return OpenProjects(names=names)
        listing = self.capabilities.get(LIST_PROJECTS)
        if listing is None:
            raise NotAvailableError("The provider lists no projects.")
        around = next((name for name, kind in naming(listing.operation.scope).items() if kind is ORGANIZATION), None)
        if around is None:
            return self._open_among(policy, operation, [await steps.ask(LIST_PROJECTS)])
        organizations = self._settled_names(policy, listing.operation, ORGANIZATION)
        complete = True
        if organizations is None:
            listed = await steps.ask(LIST_ORGANIZATIONS)
            organizations, complete = tuple(each.id for each in listed.rows), listed.next_mark is None
        results = await steps.ask_all(
            [Step(part="projects", capability=LIST_PROJECTS, arguments={around: each}) for each in organizations]
        )
        open_ones = self._open_among(policy, operation, [each for each in results if each is not None])
        return replace(open_ones, complete=open_ones.complete and complete and None not in results)

    def _settled_names(self, policy: Policy | None, operation: AnyOperation, kind: Dimension) -> tuple[str, ...] | None:
        """The names of places of this kind that the policy opens for the operation, where it settles them by names."""
        if policy is None or self.first.connection is None:
            return None
        places = open_places(policy, self.first.connection, operation)
        named = naming(operation.scope).items()
        return next((places[name] for name, each in named if each is kind and name in places), None)

    def _open_among(
        self, policy: Policy | None, operation: AnyOperation, results: Sequence[StepResult[PlaceFacts]]
    ) -> OpenProjects:
        """Those of the listed projects in which some call of the operation is let through."""
        question = question_for(self.first.principal.agent, self.first.connection or "", operation, operation.access)
        places = {row.id: (Place.known_as(row.id, row.slug), row.slug) for each in results for row in each.rows}
        names = [
            slug if slug in place.names else identifier
            for identifier, (place, slug) in places.items()
            # check: a composite tool asks only in projects that the policy opens
            if not ask(policy, operation, question.at({PROJECT: place})).denied
        ]
        return OpenProjects(names=tuple(names), complete=all(each.next_mark is None for each in results))
