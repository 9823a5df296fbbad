"""A recipe: one tool that asks several operations. Rule: only those it declares, and each is decided and recorded too.

What the policy refuses of it is left out and said so; only the first operation it cannot do without refuses it whole.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from crashgate.clock import Clock
from crashgate.errors import CrashgateError, NotAvailableError
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.tool import Reply, Shown


class Run(Protocol):
    """Puts one declared operation's call through the door."""

    async def __call__(self, operation: AnyOperation, arguments: Mapping[str, object]) -> Reply:
        """The reply. Raises what the door raises."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Kitchen:
    """What a recipe works with: the door for its operations, and what it had to leave out so far."""

    run: Run
    clock: Clock
    operations: tuple[AnyOperation, ...]
    left_out: dict[str, str] = field(default_factory=dict[str, str])

    async def must(self, operation: AnyOperation, **arguments: object) -> Reply:
        """The reply of an operation that the recipe cannot do without. Raises what the door raises."""
        self._check(operation)
        return await self.run(operation, arguments)

    async def may(self, part: str, operation: AnyOperation, **arguments: object) -> Reply | None:
        """The reply, or None when ``part`` has to be left out, which is then noted with its reason."""
        self._check(operation)
        try:
            return await self.run(operation, arguments)
        except NotAvailableError:
            # check: a part that is refused is left out of a recipe
            self.left_out[part] = "not there, or not allowed to you"
        except CrashgateError as problem:
            self.left_out[part] = problem.code.value
        return None

    def _check(self, operation: AnyOperation) -> None:
        # check: a recipe asks what it declares only
        if operation not in self.operations:
            raise ValueError(f"{operation.id} is not among the recipe's operations")


Cook = Callable[[Kitchen, Any], Awaitable[Shown]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """``first`` is asked first, and refuses the whole; ``others`` may be left out. ``params`` are the tool's own.

    ``shows`` are the parts that its answer can have.
    """

    name: str
    title: str
    description: str
    params: type[Params]
    first: AnyOperation
    others: tuple[AnyOperation, ...] = ()
    cook: Cook
    holds: tuple[str, str]
    shows: tuple[str, ...]
    example: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        """All that it may ask."""
        return (self.first, *self.others)
