"""An answer of each tool for the reference, by calling it on the sandbox. Rule: the same code gives the same bytes.

The sandbox and crashgate share one fixed time. A call is the tool's own example. What that lacks is looked up as an
agent would: ``error_id`` is the id of the first row of ``list_errors``.
"""

import asyncio
import json
import re
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from crashgate.cli.session import copy_example_policies
from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.config.settings import load
from crashgate.errors import Code, ConfigurationError
from crashgate.identity import Principal, Via
from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.own import OWN
from crashgate.model.provider import AnyTool
from crashgate.reference.tools import ExampleAnswer
from crashgate.tools.call_result import Answer
from crashgate.tools.definitions import Definition, example_call
from crashgate.tools.toolbox import Toolbox
from crashgate_sandbox.app import create_app
from crashgate_sandbox.parts import Service, installed_parts
from crashgate_sandbox.world.world import World

_NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
_POLICY = 'agent = "{agent}"\nabout = "Whatever there is."\nowner = "mobile-platform@example.com"\n'
_SHIPPED_AGENT = "triage-agent"
"""Whose answers are shown of crashgate's own tools."""

_GIVEN: Mapping[str, Any] = {
    "project_id": "checkout-ios",
    "organization_id": "acme",
    "app_id": "com.acme.checkout",
    "message": "Fixed in 4.18.1.",
    "name": "Checkout",
    "issue_url": "https://tracker.example.com/browse/SHOP-412",
    "release_stage_name": "production",
    "event_field_display_id": "os.version",
    "release": "4.18.0",
    "baseline": "4.17.2",
    "visible": False,
}
"""What the sandbox has, for parameters that no list gives and no example of a tool."""

_APPS = ({"app_id": "com.acme.checkout", "platform": "ios"}, {"app_id": "acme-web", "platform": "web"})
"""An app with recordings, and one with tabs."""

_RANDOM_HALF = re.compile(r"(?<![0-9a-f])([0-9a-f]{16})[0-9a-f]{16}(?![0-9a-f])")
"""The id of an export: who made it and when, and then 16 random digits."""


class _HeldClock:
    """A wall clock that moves when it is told to, and time that passes for what waits."""

    def __init__(self) -> None:
        self.moment = _NOW

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return time.monotonic()


def collect_answers(catalogue: Catalogue) -> Mapping[str, Sequence[ExampleAnswer]]:
    """For each tool what it answers, once for each provider that has it. Raises ConfigurationError where one fails."""
    with tempfile.TemporaryDirectory(prefix="crashgate-reference-") as folder:
        return asyncio.run(_collect(Path(folder).resolve(), catalogue))


async def _collect(folder: Path, catalogue: Catalogue) -> Mapping[str, Sequence[ExampleAnswer]]:
    async with _opened(folder, catalogue) as caller:
        return {tool.name: [each async for each in caller.answers(tool)] for tool in catalogue.tools}


@asynccontextmanager
async def _opened(folder: Path, catalogue: Catalogue) -> "AsyncGenerator[_Caller]":
    world, clock = World(now=_NOW), _HeldClock()
    services = {part.provider: part.open(world, clock, None) for part in installed_parts()}
    sandbox = Sandbox(app=create_app(world, services=services, limits=None, clock=clock), limited=False)
    policies = copy_example_policies(folder / "policies")
    # For each provider an agent of its name, who may do there all that can be done.
    for agent in catalogue.providers:
        document = policies / f"{agent}.toml"
        document.write_text(_POLICY.format(agent=agent) + "".join(_grants(catalogue, agent)), encoding="utf-8")
        document.chmod(0o600)
    settings = load(config=None, options={"state": folder / "state", "policies": policies}, environment={}, here=folder)
    async with wiring.toolbox(settings, {}, sandbox=sandbox, clock=clock) as toolbox:
        yield _Caller(toolbox=toolbox, catalogue=catalogue, services=services, clock=clock, folder=folder)


def _grants(catalogue: Catalogue, provider: str) -> Iterator[str]:
    resources = catalogue.resources[provider]
    if provider == OWN:
        return
    needed = {kind for each in resources.values() for kind in (each, each.wider)}
    yield f'\n[[grant]]\nconnection = "{provider}"\n'
    yield from (f'{kind} = ["*"]\n' for kind in catalogue.kinds if kind in needed)
    yield from (f'access.{name} = "full"\n' for name in resources)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Caller:
    """Calls tools on a sandbox that is as new for each of them."""

    toolbox: Toolbox
    catalogue: Catalogue
    services: Mapping[str, Service]
    clock: _HeldClock
    folder: Path
    _kept: dict[tuple[str, ...], tuple[Mapping[str, Any], Sequence[str]]] = field(default_factory=dict, init=False)

    async def answers(self, tool: AnyTool) -> AsyncGenerator[ExampleAnswer]:
        """What the tool answers each of the agents that has it."""
        for agent in self._callers(tool):
            self.clock.moment += timedelta(minutes=1)
            arguments, answer = await self._answered(tool, agent, {})
            self._reset_after(tool, agent)
            again = await self._call(tool, agent, arguments)
            self._reset_after(tool, agent)
            if answer.error is not None or again.error is not None:
                raise ConfigurationError(
                    f"The example of {tool.name} is refused.",
                    why=f"{json.dumps(arguments)} gave: {answer.text}",
                    remedy="Give the tool an example that the sandbox can answer.",
                )
            providers = {each.provider for each in tool.operations}
            one, other = ((self._steady(each.text), self._steady(dict(each.content))) for each in (answer, again))
            yield ExampleAnswer(
                provider=agent if len(providers) > 1 and agent in providers else None,
                arguments=arguments,
                text=" ".join(map(_same, one[0].split(" "), other[0].split(" "))),
                content=_same(one[1], other[1]),
            )

    def _reset_after(self, tool: AnyTool, agent: str) -> None:
        """Forget what the tool changed. Drawing the invented data again takes a while."""
        if self._definition(tool.name, agent).annotations.read_only or isinstance(tool, Export):
            return
        for service in self.services.values():
            service.reset()

    async def _answered(self, tool: AnyTool, agent: str, known: Mapping[str, Any]) -> tuple[Mapping[str, Any], Answer]:
        """The example of a tool and its answer, which has a row where that can be had."""
        arguments = await self._arguments(tool, agent, known)
        answer = await self._call(tool, agent, arguments)
        if answer.error is Code.INVALID_ARGUMENTS:
            # One of several optional parameters may be needed.
            async for more in self._with_more(tool, agent, arguments):
                other = await self._call(tool, agent, more)
                if other.error is None:
                    return more, other
        for name in arguments:
            if name.endswith("_id") and name not in {*known, *_GIVEN} and not _has_rows(tool, answer):
                for another in (await self._ids(name.removesuffix("_id"), known, agent))[1]:
                    arguments = {**arguments, name: another}
                    answer = await self._call(tool, agent, arguments)
                    if _has_rows(tool, answer):
                        break
        return arguments, answer

    async def _with_more(
        self, tool: AnyTool, agent: str, arguments: Mapping[str, Any]
    ) -> AsyncGenerator[Mapping[str, Any]]:
        for name in self._definition(tool.name, agent).input_schema["properties"]:
            if name in arguments:
                continue
            if name in _GIVEN:
                yield {**arguments, name: _GIVEN[name]}
            elif name.endswith("_id"):
                with suppress(ConfigurationError):
                    where, ids = await self._ids(name.removesuffix("_id"), arguments, agent)
                    yield {**arguments, **where, name: ids[0]}

    async def _parts(self, name: str, agent: str) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The ids of parts that a single object names: ``tab_id`` is one of the ``tab_ids`` of some session."""
        for tool in self.catalogue.tools:
            open_ = next((each for each in self.toolbox.listed(agent) if each.name == tool.name), None)
            if open_ is None or not tool.name.startswith("get_"):
                continue
            for place in _APPS:
                arguments = await self._arguments(tool, agent, place)
                answer = await self._call(tool, agent, arguments)
                ids = _find_key(answer.content, f"{name}s")
                if ids:
                    return arguments, ids
        return {}, ()

    async def _call(self, tool: AnyTool, agent: str, arguments: Mapping[str, Any]) -> Answer:
        return await self.toolbox.call(Principal(agent=agent, via=Via.MEMORY), tool.name, arguments)

    def _callers(self, tool: AnyTool) -> Sequence[str]:
        if isinstance(tool, CompositeTool):
            return list(tool.providers)
        providers = list(dict.fromkeys(each.provider for each in tool.operations))
        if OWN in providers:
            made = [each for each in self.catalogue.tools if isinstance(each, Export)]
            return [made[0].operations[0].provider] if tool in self.catalogue.last and made else [_SHIPPED_AGENT]
        return providers

    async def _arguments(self, tool: AnyTool, agent: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """The tool's example, with what else it requires."""
        schema = self._definition(tool.name, agent).input_schema
        properties: Mapping[str, Any] = schema["properties"]
        first = next((each for each in tool.operations if each.provider == agent), tool.operations[0])
        arguments = example_call(tool, first, schema)
        required: Sequence[str] = schema.get("required", ())
        arguments |= {name: value for name, value in known.items() if name in required}
        # What is inside of something else stands behind it, and its list knows where it is.
        for name in reversed(required):
            if name not in arguments:
                where, arguments[name] = await self._find(name, properties[name], arguments, agent)
                arguments |= {each: where[each] for each in where if each in properties and each not in tool.example}
        return {name: arguments[name] for name in properties if name in arguments}

    async def _find(
        self, name: str, schema: Mapping[str, Any], known: Mapping[str, Any], agent: str
    ) -> tuple[Mapping[str, Any], Any]:
        """A value for a parameter that is required and not in the example, and the ids of what it is in."""
        if "enum" in schema:
            return {}, schema["enum"][0]
        if name in _GIVEN:
            return {}, _GIVEN[name]
        thing, is_id, _ = name.removeprefix("baseline_").rpartition("_id")
        if not is_id:
            raise ConfigurationError(
                f"Nothing is known to give for {name}.", remedy="Give the tool an example with it."
            )
        where, ids = await self._ids(thing, known, agent)
        if name.endswith("_ids"):
            return where, ids[:1]
        return where, ids[1 if name.startswith("baseline_") else 0]

    async def _ids(self, thing: str, known: Mapping[str, Any], agent: str) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The ids that the list of such things shows, and those of what the list is of."""
        key = (thing, agent, *sorted(map(str, known.items())))
        if key not in self._kept:
            self._kept[key] = await self._look_up_ids(thing, known, agent)
        return self._kept[key]

    async def _look_up_ids(
        self, thing: str, known: Mapping[str, Any], agent: str
    ) -> tuple[Mapping[str, Any], Sequence[str]]:
        tool = self.catalogue.tools_by_name.get(f"list_{_plural(thing)}")
        if tool is None:
            where, parts = await self._parts(f"{thing}_id", agent)
            if parts:
                return where, parts
            raise ConfigurationError(f"No tool lists {thing}.", remedy="Give the tool an example that has its id.")
        arguments, answer = await self._answered(tool, agent, known)
        if not _has_rows(tool, answer):
            raise ConfigurationError(f"{tool.name} has no row for an example.", why=answer.text)
        rows = cast("Sequence[Mapping[str, Any]]", answer.content[tool.holds[0]])
        where = {name: value for name, value in arguments.items() if name.endswith("_id")}
        return where, [str((row.get("untrusted", row) if "id" not in row else row)["id"]) for row in rows]

    def _definition(self, name: str, agent: str) -> Definition:
        found = next((each for each in self.toolbox.listed(agent) if each.name == name), None)
        if found is None:
            raise ConfigurationError(f"{name} is not open to {agent}.")
        return found

    def _steady(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """The same without what differs from run to run and is known: the folder, the random half of an export's id."""
        text = json.dumps(value, ensure_ascii=False).replace(str(self.folder), "/var/lib/crashgate")
        return json.loads(_RANDOM_HALF.sub(rf"\g<1>{'0' * 16}", text))


def _same(one: Any, other: Any) -> Any:  # noqa: ANN401 - any JSON
    """What is the same in two answers to one call; the rest, such as a cursor, is random and left out."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        first, second = cast("Mapping[str, Any]", one), cast("Mapping[str, Any]", other)
        return {key: _same(value, second.get(key)) for key, value in first.items()}
    if isinstance(one, list) and isinstance(other, list):
        rows, others = cast("list[Any]", one), cast("list[Any]", other)
        return [_same(*each) for each in zip(rows, others, strict=False)]
    return cast("Any", one) if one == other else "…"


def _has_rows(tool: AnyTool, answer: Answer) -> bool:
    return answer.error is None and bool(answer.content.get(tool.holds[0], ()))


def _find_key(node: object, key: str) -> Sequence[str]:
    """The value of the key at any depth."""
    if isinstance(node, Mapping):
        inside = cast("Mapping[str, object]", node)
        if key in inside:
            return cast("Sequence[str]", inside[key])
        return next((found for each in inside.values() if (found := _find_key(each, key))), ())
    return ()


def _plural(thing: str) -> str:
    if thing.endswith(("s", "sh", "ch", "x")):
        return f"{thing}es"
    return f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
