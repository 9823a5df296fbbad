"""From a tool to what an agent is shown of it. Rule: only what this agent's own grants leave possible.

The input schema is read off the parameters of the operations that the agent may use.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from crashgate.exports.plan import Format
from crashgate.model.access import Access
from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.provider import AnyTool
from crashgate.model.scope import naming
from crashgate.model.tool import Detail, Named, Tool
from crashgate.tools.answers import output_schema
from crashgate.tools.parameters import Schema, described, parameters

_SAMPLES = {"app_id": "com.acme.checkout", "platform": "ios"}
"""For examples: what a provider needs that others do not have."""
_FORMATS: Schema = {"type": "string", "enum": [each.value for each in Format], "description": "default jsonl"}
_RESUME: Schema = {"type": "string", "description": "id of an interrupted export, from list_exports"}
_DETAIL: Schema = {"type": "string", "enum": [detail.value for detail in Detail], "description": "default summary"}
_CURSOR: Schema = {"type": "string", "description": "from next_cursor"}
_REFS = frozenset({"project_id", "organization_id"})
"""Where an agent finds these is told, unless they are listed."""
_LONGEST_ENUM = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotations:
    """The protocol's hints, all of them true of the tool."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Across:
    """What answers the calls that give one of ``names``, or that leave out ``place`` where the agent could give it."""

    tool: CompositeTool
    names: frozenset[str]
    place: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A tool as one agent is shown it.

    ``usual`` are the arguments, by operation, that the tool gives where the agent gives none. ``across`` answers calls
    about several projects.
    """

    name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    annotations: Annotations
    usual: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    across: Across | None = None

    @property
    def properties(self) -> Mapping[str, Schema]:
        """The schema of each parameter."""
        found: Mapping[str, Schema] = self.input_schema["properties"]
        return found

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters without which it cannot be called, in the order of all."""
        needed = self.input_schema.get("required", ())
        return tuple(name for name in self.properties if name in needed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """An operation that an agent may use, the furthest access that it may have there, and the names open to it.

    ``off`` are parameters that the policy switches off by name, or that read what it redacts; ``barred`` are words of
    a closed list that do.
    """

    operation: AnyOperation
    furthest: Access
    offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    off: frozenset[str] = frozenset()
    barred: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


def define(tool: AnyTool, uses: Sequence[Use], connections: Sequence[str], catalogue: Catalogue) -> Definition:
    """The definition for an agent that may use these operations of the tool on ``connections``."""
    furthest = max((use.furthest for use in uses), key=lambda access: access.rank)
    writes_file = isinstance(tool, Export)
    schema = input_schema(tool, uses, connections, catalogue)
    across = catalogue.across.get(tool.name)
    return Definition(
        name=tool.name,
        title=tool.title,
        description=_with_example(tool, uses[0].operation, schema),
        input_schema=schema,
        output_schema=output_schema(tool),
        annotations=Annotations(
            read_only=furthest is Access.READ and not writes_file,
            destructive=furthest is Access.DELETE or any(use.operation.overwrites for use in uses),
            idempotent=not writes_file
            and all(use.operation.idempotent and use.operation.method != "POST" for use in uses),
            open_world=any(use.operation.provider != "crashgate" for use in uses),
        ),
        usual={use.operation.id: _usual(tool.of_provider(use.operation.provider), use) for use in uses}
        if isinstance(tool, Tool)
        else {},
        across=None if across is None else _across(across, schema),
    )


def _across(tool: CompositeTool, schema: Schema) -> Across:
    operation = tool.first_operations[0]
    shown: Mapping[str, Schema] = schema["properties"]
    own = tool.params.model_fields.keys() - operation.params.model_fields.keys()
    place = next((name for name in _places(tool) if name in shown), None)
    return Across(tool=tool, names=frozenset(own), place=place)


def _usual(tool: Tool, use: Use) -> Mapping[str, Any]:
    """What the tool gives where the agent gives none, without what this agent could not give."""
    found: dict[str, Any] = {}
    for name, value in tool.usual.items():
        if name in use.off or name not in use.operation.params.model_fields:
            continue
        found[name] = value
        if isinstance(value, tuple):
            words = use.barred.get(name, frozenset[str]())
            found[name] = [each for each in cast("tuple[str, ...]", value) if each not in words]
    return {name: value for name, value in found.items() if value != []}


def _with_example(tool: AnyTool, first: AnyOperation, schema: Schema) -> str:
    """The tool's words and its example, as this agent would have to call it."""
    given = example_call(tool, first, schema) if tool.example else {}
    return f"{tool.description} Example: {json.dumps(given, ensure_ascii=False)}." if given else tool.description


def example_call(tool: AnyTool, first: AnyOperation, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The tool's example as an agent with this input schema would have to call it, on the first of its connections.

    ``first`` is the operation there. An example that an agent cannot send teaches it a call that is refused.
    """
    properties: Mapping[str, Schema] = schema["properties"]
    given: dict[str, Any] = {"connection": properties["connection"]["enum"][0]} if "connection" in properties else {}
    needed = {name: _SAMPLES[name] for name in _SAMPLES if _requires(first, name)}
    for name, value in {**needed, **tool.example}.items():
        if name in properties:
            names = properties[name].get("enum", [value])
            given[name] = value if value in names else names[0]
    return given


def input_schema(tool: AnyTool, uses: Sequence[Use], connections: Sequence[str], catalogue: Catalogue) -> Schema:
    """The parameters that this agent can give; required are those that each operation requires."""
    properties: Schema = {}
    required: list[str] = []
    if len(connections) > 1:
        properties["connection"] = {"type": "string", "enum": list(connections), "description": "which account"}
        required.append("connection")
    if isinstance(tool, CompositeTool):
        properties |= _of_composite(tool, [use for use in uses if use.operation in tool.first_operations])
        return _object(properties, [*required, *(name for name in properties if _is_required(tool.params, name))])
    additions = _additions(tool, uses, properties)
    uses = [use for use in uses if use.operation in tool.operations]
    operations = [use.operation for use in uses]
    single = tool.choice.one if isinstance(tool, Tool) and isinstance(tool.choice, Named) else ""
    for use in uses:
        within = {
            f.name
            for f in use.operation.fields
            # check: parameters that need more are not offered
            if f.access is None or f.access.rank <= use.furthest.rank
        }
        for name in _of(use.operation):
            if (
                name
                in within
                # check: hidden parameters are not offered
                - tool.hidden
                # check: parameters that are off are not offered
                - use.off
                - {single}
                - properties.keys()
            ):
                taking = [each for each in uses if name in each.operation.params.model_fields]
                schema = _allowed(_common([_of(each.operation)[name] for each in taking]), name, taking)
                properties |= _whose(_offered(name, _noted(tool, name, schema), taking), taking, uses, catalogue)
    across = catalogue.across.get(tool.name)
    properties |= _of_across(across, uses) if across is not None else {}
    if isinstance(tool, Export):
        properties |= {"format": _FORMATS, "resume": _RESUME}
    elif isinstance(tool.choice, Named):
        choices = tool.choice.choices.items()
        names = [name for name, each in choices if each in operations or tool.choice.singles.get(name) in operations]
        words = tool.notes.get(tool.choice.argument, "what to change")
        properties[tool.choice.argument] = {"type": "string", "enum": names, "description": words}
        required += [] if tool.choice.usual in names else [tool.choice.argument]
        required += [tool.choice.many] if tool.choice.many else []
        properties |= {name: schema for name, schema in additions.items() if name not in properties}
    if isinstance(tool, Tool) and tool.detailed:
        properties["detail"] = _DETAIL
    if isinstance(tool, Tool) and tool.pages:
        properties["cursor"] = _CURSOR
    required += [name for name in properties if all(_requires(each, name) for each in operations)]
    optional = _places(across) if across is not None else frozenset[str]()
    return _object(properties, [name for name in required if name not in optional])


def _places(tool: CompositeTool) -> frozenset[str]:
    """What names a place in a call about one project."""
    return frozenset(naming(tool.first_operations[0].scope))


def _of_across(tool: CompositeTool, uses: Sequence[Use]) -> Schema:
    """The parameters that calls about several projects take beside the operation's."""
    operation = tool.first_operations[0]
    return {
        name: _noted(tool, name, schema)
        for name, schema in parameters(tool.params, operation.resource).items()
        if name not in operation.params.model_fields and not all(name in use.off for use in uses)
    }


def _additions(tool: AnyTool, uses: Sequence[Use], taken: Mapping[str, Any]) -> Schema:
    """The parameters of those of the tool's additions that this agent may make."""
    open_to = [use.operation for use in uses]
    found: Schema = {}
    for each in tool.additions if isinstance(tool, Tool) else ():
        # check: an addition that is not open is not offered
        if each.operation in open_to:
            schemas = parameters(each.params, each.operation.resource)
            found |= {name: _noted(tool, name, schema) for name, schema in schemas.items() if name not in taken}
    return found


def _of_composite(tool: CompositeTool, first: Sequence[Use]) -> Schema:
    """A composite tool's own parameters, as what it asks first leaves them open."""
    found: Schema = {}
    for name, schema in parameters(tool.params, first[0].operation.resource).items():
        if not all(name in use.off for use in first) or _is_required(tool.params, name):
            found |= _offered(name, _noted(tool, name, _allowed(schema, name, first)), first)
    return found | ({"cursor": _CURSOR} if tool.pages else {})


def _allowed(schema: Schema, name: str, uses: Sequence[Use]) -> Schema:
    """The parameter without the words of a closed list that no operation takes of this agent."""
    barred = frozenset[str].intersection(*(use.barred.get(name, frozenset()) for use in uses))
    return schema | {"enum": [word for word in schema["enum"] if word not in barred]} if "enum" in schema else schema


def _offered(name: str, schema: Schema, uses: Sequence[Use]) -> Schema:
    """The parameter with the names that the policy leaves open; nothing at all where there is only one."""
    if not all(name in use.offered for use in uses):
        return {name: schema}
    if all(len(use.offered[name]) == 1 for use in uses):
        return {}
    names = list(dict.fromkeys(each for use in uses for each in use.offered[name]))
    plain = {key: value for key, value in schema.items() if key != "anyOf"}
    if name in _REFS:
        plain["description"] = "granted"
    several = {"items": {"type": "string", "enum": names}}
    return {name: plain | (several if schema.get("type") == "array" else {"type": "string", "enum": names})}


def _noted(tool: AnyTool, name: str, schema: Schema) -> Schema:
    """The parameter's schema with the tool's own words for it; a long list or a deep object is told, not listed."""
    told = len(schema.get("enum", ())) > _LONGEST_ENUM or (name in tool.notes and "properties" in schema)
    shown = {"type": schema["type"], "description": schema["description"]} if told else schema
    return described(shown, tool.notes[name]) if name in tool.notes else shown


def _whose(offered: Schema, taking: Sequence[Use], uses: Sequence[Use], catalogue: Catalogue) -> Schema:
    """The parameter, and whose connections take it where not all of the tool's do."""
    every = {use.operation.provider for use in uses}
    names = [provider for provider in every if provider in {use.operation.provider for use in taking}]
    if len(names) == len(every):
        return offered
    whose = " and ".join(sorted(catalogue.providers[provider].title for provider in names))
    found: Schema = {}
    for name, schema in offered.items():
        needed = all(_requires(use.operation, name) for use in taking)
        words = f"required for {whose}" if needed else f"{whose} only"
        found[name] = described(schema, f"{schema['description']}; {words}")
    return found


def _object(properties: Schema, required: Sequence[str]) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": list(dict.fromkeys(required))} if required else {})


def _requires(operation: AnyOperation, name: str) -> bool:
    return _is_required(operation.params, name)


def _is_required(params: type[Params], name: str) -> bool:
    field = params.model_fields.get(name)
    return field is not None and field.is_required()


def _of(operation: AnyOperation) -> Mapping[str, Schema]:
    return parameters(cast("type[Params]", operation.params), operation.resource)


def _common(schemas: Sequence[Schema]) -> Schema:
    """What holds for each of them; providers may differ in how many rows they give."""
    first = schemas[0]
    return {key: value for key, value in first.items() if all(each.get(key) == value for each in schemas[1:])} or first
