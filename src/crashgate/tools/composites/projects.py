"""Reading the same of several projects, side by side, as far as the call's allowance of requests goes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic

from crashgate.errors import Code, InvalidArgumentsError, NotAvailableError
from crashgate.model.capability import Capability, F
from crashgate.model.composite import Step, StepResult, Steps

MOST_PROJECTS: Final = 50
"""That one call may name."""

_MOST_NAMED: Final = 20
_REQUESTS: Final = 2
"""Of a project: to look it up, and to read it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Projects:
    """The projects that a call is about, by names that an argument takes; not ``complete`` where some are missing."""

    names: tuple[str, ...]
    complete: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectsRead(Generic[F]):
    """What was read, by project, and the projects for which no request was left."""

    found: Mapping[str, StepResult[F]]
    rest: tuple[str, ...]
    complete: bool
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def next_mark(self) -> str | None:
        """Where a later call goes on."""
        return json.dumps(self.rest) if self.rest else None

    @property
    def beside(self) -> dict[str, Any]:
        """What an answer says of the projects that are not in it."""
        shown: dict[str, Any] = {}
        if self.left_out:
            shown["left_out"] = dict(list(self.left_out.items())[:_MOST_NAMED])
        if self.rest:
            shown["projects_not_reached"] = list(self.rest[:_MOST_NAMED])
        if not self.complete:
            shown["projects_complete"] = False
        return shown

    @property
    def told(self) -> str:
        """The same in words, for the end of a sentence."""
        parts: list[str] = []
        if self.left_out:
            parts.append(f" Left out: {', '.join(list(self.left_out)[:_MOST_NAMED])}.")
        if self.rest:
            parts.append(f" Not reached: {', '.join(self.rest[:_MOST_NAMED])}; next_cursor goes on with them.")
        return "".join(parts)


async def find_projects(steps: Steps, named: Sequence[str], capability: Capability[Any]) -> Projects:
    """Those that an earlier call did not reach, those ``named``, or all in which the policy opens the capability.

    Raises InvalidArgumentsError where some have to be named.
    """
    if steps.mark is not None:
        return Projects(names=tuple(json.loads(steps.mark)))
    if named:
        return Projects(names=tuple(dict.fromkeys(named)))
    try:
        found = await steps.open_projects(capability)
    except NotAvailableError:
        raise InvalidArgumentsError(
            "project_id is required.",
            because="the argument project_id is missing",
            why="Your policy does not let you list all projects.",
            remedy="Call again with one.",
        ) from None
    return Projects(names=found.names, complete=found.complete)


async def read_projects(
    steps: Steps, projects: Projects, capability: Capability[F], arguments: Mapping[str, Any]
) -> ProjectsRead[F]:
    """What the capability gives of each of the projects.

    Raises InvalidArgumentsError where no project takes the arguments, and NotAvailableError where none is open.
    """
    found: dict[str, StepResult[F]] = {}
    rest = list(projects.names)
    while rest and (many := max(1, steps.allowance.left // _REQUESTS) if steps.allowance.left else 0):
        batch, rest = rest[:many], rest[many:]
        asked = [Step(part=each, capability=capability, arguments={"project_id": each, **arguments}) for each in batch]
        results = await steps.ask_all(asked)
        found |= {name: each for name, each in zip(batch, results, strict=True) if each is not None}
        rest = [each for each in batch if each in steps.not_reached] + rest
    left_out = {name: why for name, why in steps.left_out.items() if name in projects.names and name not in rest}
    if not found and len(left_out) == len(projects.names) and set(left_out.values()) == {Code.INVALID_ARGUMENTS.value}:
        # Wrong for all of them: told as in a call about one.
        await steps.ask(capability, project_id=projects.names[0], **arguments)
    return ProjectsRead(found=found, rest=tuple(rest), complete=projects.complete, left_out=left_out)
