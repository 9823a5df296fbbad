"""Every tool as an agent with full access sees it. Rule: the very definition that agents get, in other clothes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from crashgate.model.access import Access
from crashgate.model.catalogue import Catalogue
from crashgate.model.provider import AnyTool
from crashgate.reference.markdown import code, codes, paragraphs, table
from crashgate.tools.definitions import Annotations, Definition, Use, define


def section(catalogue: Catalogue) -> str:
    """The chapter about tools."""
    return paragraphs(
        "## Tools",
        "What an agent is shown, in this order. It sees a tool only when its policy allows some call of it, and of a"
        " tool with several operations only those. With several connections, a tool also takes `connection`.",
        *(note for provider in catalogue.providers.values() for note in provider.notes),
        *(_tool(tool, catalogue) for tool in catalogue.tools),
    )


def _tool(tool: AnyTool, catalogue: Catalogue) -> str:
    uses = [
        Use(operation=each, furthest=each.access_with([field.name for field in each.fields]))
        for each in tool.operations
    ]
    definition = define(tool, uses, ("crashgate",), catalogue)
    return paragraphs(
        f"### {code(tool.name)}",
        f"**{tool.title}.** {definition.description}",
        f"{_hints(tool, definition.annotations)} Operations: {codes(operation.id for operation in tool.operations)}.",
        _parameters(definition),
    )


def _hints(tool: AnyTool, annotations: Annotations) -> str:
    deletes = any(each.access_with(each.params.model_fields) is Access.DELETE for each in tool.operations)
    changes = "Replaces what is there." if annotations.destructive else "Adds something new."
    kind = "Deletes." if deletes else "Reads only." if annotations.read_only else changes
    world = "" if annotations.open_world else " Asks no upstream."
    return f"{kind}{world}"


def _parameters(definition: Definition) -> str:
    properties: Mapping[str, Any] = definition.input_schema["properties"]
    if not properties:
        return "It takes no arguments."
    required: Sequence[str] = definition.input_schema.get("required", ())
    rows = [
        (code(name), "yes" if name in required else "", _type(schema), schema.get("description", ""))
        for name, schema in properties.items()
    ]
    return table(("parameter", "required", "form", "meaning"), rows)


def _type(schema: Mapping[str, Any]) -> str:
    """The form of a value in words, with the rules that the schema states."""
    if "anyOf" in schema:
        return " or ".join(map(_type, cast("Sequence[Mapping[str, Any]]", schema["anyOf"])))
    if "enum" in schema:
        values = cast("Sequence[object]", schema["enum"])
        return "one of " + codes(map(str, values)) if len(values) > 1 else code(str(values[0]))
    if "properties" in schema:
        inner = cast("Mapping[str, Mapping[str, Any]]", schema["properties"])
        return "object: " + "; ".join(f"{code(name)} {_type(each)}" for name, each in inner.items())
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    return ", ".join((str(schema.get("type", "any")), *_rules(schema)))


def _rules(schema: Mapping[str, Any]) -> Iterator[str]:
    if "minimum" in schema:
        yield f"at least {schema['minimum']}"
    if "maximum" in schema:
        yield f"at most {schema['maximum']}"
