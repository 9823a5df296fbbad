"""A composite tool: one call that takes several steps. Each step is one operation, decided and recorded for itself.

Of the steps only the first refuses the whole. What else the policy refuses, or the upstream does not give, is left out
and named, and so is what the call's allowance of requests did not suffice for.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import anyio

from crashgate.clock import Clock
from crashgate.errors import CrashgateError, NotAvailableError
from crashgate.model.allowance import Allowance, AllowanceError
from crashgate.model.capability import Capabilities, Capability, F, Implementation
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.tool import Reply, Shown
from crashgate.offload import offload

_T = TypeVar("_T")


class Run(Protocol):
    """Puts the call of one operation through the gateway."""

    async def __call__(self, operation: AnyOperation, arguments: Mapping[str, object], mark: str | None) -> Reply:
        """The reply; ``mark`` asks for a later page. Raises what the gateway raises."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenProjects:
    """The projects in which the policy opens a capability, each by a name that an argument takes.

    ``complete`` is False where some of the connection's projects could not be listed.
    """

    names: tuple[str, ...]
    complete: bool = True


class FindProjects(Protocol):
    """Finds the projects in which the policy opens a capability."""

    async def __call__(self, steps: "Steps", capability: Capability[Any]) -> OpenProjects:
        """The projects. Raises what the gateway raises where none can be listed."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult(Generic[F]):
    """What a step gives: rows as facts, and where that was, in words.

    ``total`` counts all rows upstream, where it says so; ``next_mark`` asks for the page after these rows.
    """

    rows: tuple[F, ...]
    where: str | None
    total: int | None = None
    next_mark: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step(Generic[F]):
    """A step that may be left out; ``part`` is its name in the answer."""

    part: str
    capability: Capability[F]
    arguments: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """What a composite tool works with: its provider's capabilities behind the gateway, and what was left out so far.

    ``mark`` is what the tool itself gave as ``Shown.next_mark``, where the call goes on with an earlier one.
    """

    run: Run
    clock: Clock
    capabilities: Capabilities
    allowance: Allowance
    find_projects: FindProjects
    usual: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Arguments that every step of what is asked first is given where the tool gives none."""
    mark: str | None = None
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    not_reached: list[str] = field(default_factory=list[str])
    """Parts for which no request was left; they are in ``left_out`` too."""

    def can(self, capability: Capability[Any]) -> bool:
        """Whether the provider has the capability."""
        return capability in self.capabilities

    async def ask(self, capability: Capability[F], *, after: str | None = None, **arguments: object) -> StepResult[F]:
        """The result of a step that the tool cannot do without; ``after`` is the ``next_mark`` of an earlier one.

        Raises what the gateway raises.
        """
        return await self._ask(capability, arguments, after)

    async def try_ask(self, part: str, capability: Capability[F], **arguments: object) -> StepResult[F] | None:
        """The result, or None when ``part`` has to be left out, which is then noted with its reason."""
        return await self._try(Step(part=part, capability=capability, arguments=arguments))

    async def ask_all(self, steps: Sequence[Step[F]]) -> list[StepResult[F] | None]:
        """What ``try_ask`` gives for each of the steps, taken side by side; one that fails spoils no other."""
        return await side_by_side([self._later(each) for each in steps])

    async def open_projects(self, capability: Capability[Any]) -> OpenProjects:
        """The projects in which the policy opens the capability, as the agent itself could list them.

        Raises what the gateway raises where it cannot.
        """
        return await self.find_projects(self, capability)

    def _later(self, step: Step[F]) -> Callable[[], Awaitable[StepResult[F] | None]]:
        return lambda: self._try(step)

    async def _try(self, step: Step[F]) -> StepResult[F] | None:
        try:
            return await self._ask(step.capability, step.arguments, None)
        except NotAvailableError:
            # check: a step that is refused is left out of a composite tool
            self.left_out[step.part] = "not there, or not allowed to you"
        except AllowanceError as problem:
            self.left_out[step.part] = f"not reached: {problem.what}"
            self.not_reached.append(step.part)
        except CrashgateError as problem:
            self.left_out[step.part] = problem.code.value
        return None

    async def _ask(
        self, capability: Capability[F], arguments: Mapping[str, object], after: str | None
    ) -> StepResult[F]:
        implementation = self._implementation(capability)
        own = {name: value for name, value in arguments.items() if value is not None}
        reply = await self.run(implementation.operation, implementation.arguments(own), after)
        rows = await offload(reply.page.size, _read_rows, implementation, reply)
        return StepResult(rows=rows, where=reply.where, total=reply.page.total, next_mark=reply.page.next_mark)

    def _implementation(self, capability: Capability[Any]) -> Implementation:
        # check: a composite tool asks what it declares only
        if capability not in self.capabilities:
            raise ValueError(f"{capability.name} is not among the capabilities of the composite tool")
        return self.capabilities[capability]


async def side_by_side(work: Sequence[Callable[[], Awaitable[_T]]]) -> list[_T]:
    """The results of all of the work, in its order. Raises the first error, alone, and gives up the rest."""
    results: dict[int, _T] = {}
    problems: list[Exception] = []

    async def do(number: int, each: Callable[[], Awaitable[_T]]) -> None:
        try:
            results[number] = await each()
        except Exception as problem:  # noqa: BLE001 - raised below, outside the group that would wrap it
            problems.append(problem)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for number, each in enumerate(work):
            group.start_soon(do, number, each)
    if problems:
        raise problems[0]
    return [results[number] for number in range(len(work))]


def _read_rows(implementation: Implementation, reply: Reply) -> tuple[Any, ...]:
    return tuple(map(implementation.read, reply.page.rows))


@dataclass(frozen=True, kw_only=True, slots=True)
class CompositeTool:
    """``first`` is asked first, and refuses the whole; ``others`` may be left out. ``params`` are the tool's own.

    A parameter that names a place is called as in the operation behind ``first``. ``shows`` are the parts that the
    answer can have. ``pages`` says that it takes a cursor.
    """

    name: str
    title: str
    description: str
    params: type[Params]
    first: Capability[Any]
    others: tuple[Capability[Any], ...] = ()
    take_steps: Callable[[Steps, Any], Awaitable[Shown]]
    holds: tuple[str, str]
    shows: tuple[str, ...]
    example: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    pages: bool = False
    providers: Mapping[str, Capabilities] = field(default_factory=dict[str, Capabilities], hash=False)
    """By provider, those of its capabilities that the tool asks for; each of these providers has ``first``."""

    def bind(self, providers: Mapping[str, Capabilities]) -> "CompositeTool":
        """The tool over those of the providers that have its first capability."""
        able = {
            name: {each: found[each] for each in (self.first, *self.others) if each in found}
            for name, found in providers.items()
            if self.first in found
        }
        return replace(self, providers=able)

    @property
    def first_operations(self) -> tuple[AnyOperation, ...]:
        """What is asked first, by each of its providers."""
        return tuple(found[self.first].operation for found in self.providers.values())

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        """All that it may ask, what is asked first in front."""
        found = (each.operation for capabilities in self.providers.values() for each in capabilities.values())
        return tuple({each.id: each for each in (*self.first_operations, *found)}.values())

    def first_of(self, provider: str | None) -> AnyOperation:
        """What is asked first of this provider; where no connection is known, any of them, for it is refused."""
        found = self.providers.get(provider or "") or next(iter(self.providers.values()))
        return found[self.first].operation

    def others_of(self, provider: str) -> tuple[AnyOperation, ...]:
        """What may be asked of this provider beside what is asked first."""
        own = {each.operation.id: each.operation for each in self.providers[provider].values()}
        return tuple(each for each in own.values() if each is not self.first_of(provider))
