"""What the loaded providers offer together: their operations, resources, kinds of place and tools.

The wiring builds one value and passes it on; nothing else knows which providers there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.form import form_of
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import AnyTool, Provider
from crashgate.model.scope import Dimension, kinds_of
from crashgate.model.tool import ByProvider, Holds, Tool, View


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The loaded providers, in the order in which their tools are shown.

    ``operations`` maps ids to operations. ``resources`` has, for each provider, what a grant on each of its resources
    must name; ``kinds`` are the kinds of place that a grant may name. Raises ValueError where two declarations
    contradict each other.
    """

    providers: Mapping[str, Provider]
    last: tuple[AnyTool, ...] = ()
    """Tools of crashgate's own that stand behind all others."""
    across: Mapping[str, CompositeTool] = field(default_factory=dict[str, CompositeTool])
    """By name of a tool about one project, what answers its calls about several."""
    operations: Mapping[str, AnyOperation] = field(init=False)
    resources: Mapping[str, Mapping[str, Dimension]] = field(init=False)
    kinds: tuple[Dimension, ...] = field(init=False)
    tools: tuple[AnyTool, ...] = field(init=False)
    """The tools in the order in which agents are shown them; those of one name from several providers are one."""
    tools_by_name: Mapping[str, AnyTool] = field(init=False)

    @classmethod
    def of(
        cls,
        providers: Iterable[Provider],
        *,
        last: tuple[AnyTool, ...] = (),
        across: Iterable[CompositeTool] = (),
    ) -> "Catalogue":
        """The catalogue of these providers, with the tools ``last`` at the end."""
        ordered = sorted(providers, key=lambda each: (each.rank, each.name))
        return cls({provider.name: provider for provider in ordered}, last, {each.name: each for each in across})

    def __post_init__(self) -> None:
        """Collect what the providers declare."""
        operations: dict[str, AnyOperation] = {}
        for provider in self.providers.values():
            for operation in provider.operations:
                if operations.setdefault(operation.id, operation) is not operation:
                    raise ValueError(f"two operations are called {operation.id}")
        resources = {name: _resources(provider) for name, provider in self.providers.items()}
        kinds = kinds_of(operation.scope.dimension for operation in operations.values())
        object.__setattr__(self, "kinds", kinds)
        tools = (*_merge_tools(self.providers.values()), *self.last)
        by_name = {tool.name: tool for tool in tools}
        if len(by_name) != len(tools):
            raise ValueError("two tools share a name")
        object.__setattr__(self, "tools", tools)
        object.__setattr__(self, "tools_by_name", MappingProxyType(by_name))
        object.__setattr__(self, "operations", MappingProxyType(operations))
        object.__setattr__(self, "resources", MappingProxyType(resources))


def _resources(provider: Provider) -> Mapping[str, Dimension]:
    found: dict[str, Dimension] = {}
    for operation in provider.operations:
        dimension = operation.scope.dimension
        if found.setdefault(operation.resource, dimension) is not dimension:
            raise ValueError(f"{operation.id}: the resource {operation.resource} has two dimensions")
    return MappingProxyType(found)


def _merge_tools(providers: Iterable[Provider]) -> tuple[AnyTool, ...]:
    """All tools. One that is not there yet stands behind the one that it follows in its own provider's order."""
    order: list[str] = []
    sharing: dict[str, list[AnyTool]] = {}
    for provider in providers:
        place = len(order)
        for tool in provider.tools:
            if tool.name in sharing:
                place = order.index(tool.name) + 1
            else:
                order.insert(place, tool.name)
                place += 1
            sharing.setdefault(tool.name, []).append(tool)
    return tuple(_merge(sharing[name]) for name in order)


def _merge(tools: Sequence[AnyTool]) -> AnyTool:
    """The one tool that agents are shown; its words are the first one's. Raises ValueError where they do not agree."""
    first = tools[0]
    if len(tools) == 1:
        return first
    for other in tools[1:]:
        _check_agree(first, other)
    notes = {name: words for tool in reversed(tools) for name, words in tool.notes.items()}
    if isinstance(first, Export):
        exports = cast("Sequence[Export]", tools)
        return replace(first, of=tuple(operation for each in exports for operation in each.of), notes=notes)
    plain = [tool for tool in tools if isinstance(tool, Tool)]
    if not isinstance(first, Tool) or len(plain) != len(tools):
        raise ValueError(f"{first.name}: a composite tool has one provider, not {_names(tools)}")
    return replace(
        first,
        choice=ByProvider(tools=tuple(plain)),
        view=View(_shown_by_one, _merge_holds([tool.view.holds for tool in plain])),
        notes=notes,
        hidden=frozenset[str]().union(*(tool.hidden for tool in plain)),
    )


def _check_agree(first: AnyTool, other: AnyTool) -> None:
    """Raises ValueError where an agent could not be shown the two as one tool."""
    if type(first) is not type(other) or first.holds != other.holds:
        raise ValueError(f"{first.name}: the tools of {_names([first, other])} answer in different forms")
    paired = (first, other) if isinstance(first, Tool) and isinstance(other, Tool) else ()
    if len({(tool.pages, tool.detailed) for tool in paired}) > 1:
        raise ValueError(f"{first.name}: the tools of {_names([first, other])} differ in paging or in detail")
    for name, kind in _kinds_of_parameters(first).items():
        if _kinds_of_parameters(other).get(name, kind) != kind:
            raise ValueError(f"{first.name}: {_names([first, other])} take {name} in different forms")


def _kinds_of_parameters(tool: AnyTool) -> Mapping[str, Any]:
    """The form of each parameter, as far as it must be the same for all providers."""
    forms = [form_of(operation.params) for operation in tool.operations]
    return {name: type(form) for each in forms for name, form in each.parts.items()}


def _names(tools: Iterable[AnyTool]) -> str:
    return " and ".join(sorted({operation.provider for tool in tools for operation in tool.operations}))


def _merge_holds(each: Sequence[Holds]) -> Holds:
    return Holds(
        visibility=each[0].visibility,
        fields=tuple(dict.fromkeys(name for holds in each for name in holds.fields)),
        added=tuple(dict.fromkeys(name for holds in each for name in holds.added)),
        beside=tuple(dict.fromkeys(name for holds in reversed(each) for name in holds.beside)),
        inside={whole: row for holds in each for whole, row in holds.inside.items()},
    )


def _shown_by_one(*_: object) -> Any:  # noqa: ANN401 - never returns
    raise ValueError("an answer is shown by the tool of its provider")
