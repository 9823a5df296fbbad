"""From a tool to what an agent is shown of it. Rule: only what this agent's own grants leave possible.

The input schema is read off the parameters of the operations that the agent may use.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from crashgate.catalogue.access import Access
from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.params import In, Params
from crashgate.catalogue.provider import Provider
from crashgate.tools.recipe import Recipe
from crashgate.tools.tool import Detail, Named, Tool

Schema = dict[str, Any]
_LONGEST_ENUM = 20
_NOISE = frozenset({"title", "default", "minimum", "maxLength", "minLength", "minItems", "maxItems", "minProperties"})
_LONGEST_PATTERN = 20
"""Characters; a longer pattern costs more tokens than it tells. What breaks it is told when it happens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotations:
    """The protocol's hints, all of them true of the tool."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A tool as one agent is shown it."""

    name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    annotations: Annotations


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """An operation that an agent may use, and the furthest access that it may have there."""

    operation: AnyOperation
    furthest: Access


def define(tool: Tool | Recipe, uses: Sequence[Use], connections: Sequence[str]) -> Definition:
    """The definition for an agent that may use these operations of the tool on ``connections``."""
    furthest = max((use.furthest for use in uses), key=lambda access: access.rank)
    return Definition(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=input_schema(tool, uses, connections),
        output_schema=output_schema(tool),
        annotations=Annotations(
            read_only=furthest is Access.READ,
            destructive=furthest is Access.DELETE,
            idempotent=all(use.operation.idempotent and use.operation.method != "POST" for use in uses),
            open_world=any(use.operation.provider is not Provider.CRASHGATE for use in uses),
        ),
    )


def input_schema(tool: Tool | Recipe, uses: Sequence[Use], connections: Sequence[str]) -> Schema:
    """The parameters that this agent can give; required are those that each operation requires."""
    properties: Schema = {}
    required: list[str] = []
    if len(connections) > 1:
        properties["connection"] = {"type": "string", "enum": list(connections)}
        required.append("connection")
    if isinstance(tool, Recipe):
        properties |= {name: _noted(tool, name, field) for name, field in _fields(tool.params).items()}
        required += [name for name, field in tool.params.model_fields.items() if field.is_required()]
        return _object(properties, required)
    operations = [use.operation for use in uses]
    for use in uses:
        within = {f.name for f in use.operation.fields if f.access is None or f.access.rank <= use.furthest.rank}
        for name, field in _fields(cast("type[Params]", use.operation.params)).items():
            if name in within - tool.hidden:
                properties.setdefault(name, _noted(tool, name, field))
    if isinstance(tool.choice, Named):
        names = [name for name, operation in tool.choice.choices.items() if operation in operations]
        properties[tool.choice.argument] = {"type": "string", "enum": names}
        required.append(tool.choice.argument)
    if tool.detailed:
        properties["detail"] = {"type": "string", "enum": [detail.value for detail in Detail]}
    if tool.pages:
        properties["cursor"] = {"type": "string"}
    required += [name for name in properties if all(_requires(operation, name) for operation in operations)]
    return _object(properties, required)


def _noted(tool: Tool | Recipe, name: str, field: Schema) -> Schema:
    """The parameter's schema with the tool's own words for it; a long list or a deep object is told, not listed."""
    told = len(field.get("enum", ())) > _LONGEST_ENUM or (name in tool.notes and "properties" in field)
    shown = {"type": field.get("type", "string")} if told else field
    return shown | ({"description": tool.notes[name]} if name in tool.notes else {})


def _object(properties: Schema, required: Sequence[str]) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(dict.fromkeys(required))} if required else {})


def output_schema(tool: Tool | Recipe) -> Schema:
    """The answer's top level: its one key, and the words that may go with it."""
    name, kind = tool.holds
    properties: Schema = {name: {"type": kind}}
    if isinstance(tool, Tool) and tool.pages:
        properties["next_cursor"] = {"type": "string"}
    return {"type": "object", "properties": properties, "required": [name]}


def _requires(operation: AnyOperation, name: str) -> bool:
    field = operation.params.model_fields.get(name)
    return field is not None and field.is_required()


@cache
def _fields(params: type[Params]) -> Mapping[str, Schema]:
    document = params.model_json_schema()
    definitions, fields = cast("Schema", document.get("$defs", {})), cast("Schema", document.get("properties", {}))
    compact = {name: _compact(schema, definitions) for name, schema in fields.items()}
    for name, info in params.model_fields.items():
        # In a body null is a value of its own (assigned to nobody); anywhere else it means "not given".
        if In.BODY in info.metadata and {"type": "null"} in fields[name].get("anyOf", ()):
            compact[name] = compact[name] | {"type": [compact[name]["type"], "null"]}
    return compact


def _compact(schema: Schema, definitions: Schema) -> Schema:
    """The same rule in fewer words: references resolved, nulls of optional parameters and noise left out."""
    if "$ref" in schema:
        return _compact(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        kinds = [option for option in cast("Iterable[Schema]", schema["anyOf"]) if option.get("type") != "null"]
        return _compact(kinds[0], definitions) if len(kinds) == 1 else {"anyOf": kinds}
    if schema.get("type") == "object" and "properties" not in schema:
        return {"type": "object"}
    compact = {name: value for name, value in schema.items() if name not in _NOISE and name != "description"}
    if len(compact.get("pattern", "")) > _LONGEST_PATTERN:
        del compact["pattern"]
    if "items" in compact:
        compact["items"] = _compact(compact["items"], definitions)
    if "properties" in compact:
        inner = cast("Mapping[str, Schema]", compact["properties"])
        compact["properties"] = {name: _compact(value, definitions) for name, value in inner.items()}
    return compact
