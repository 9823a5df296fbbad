"""A call as it arrives at the door, and what comes back. Rule: arguments are raw until the gate has read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.params import Params
from crashgate.catalogue.result import Page
from crashgate.errors import InvalidArgumentsError
from crashgate.identity import Principal

OwnAnswer = Callable[[], Page[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One attempt.

    ``operation`` is None for a tool that does not exist. ``fault`` is what the caller already got wrong (a cursor
    that is not ours, say): it is told only to an agent that may use the operation. ``answer`` answers an operation
    of crashgate's own.
    """

    principal: Principal
    tool: str | None
    operation: AnyOperation | None
    connection: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    next_query: str | None = None
    fault: InvalidArgumentsError | None = None
    answer: OwnAnswer | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the agent may see: rows in scope, the parameters as the gate read them, and the project's name."""

    page: Page[Any]
    params: Params
    connection: str
    project: str | None
