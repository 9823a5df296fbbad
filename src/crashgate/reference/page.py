"""The reference page: commands, settings, the words of a policy, tools and operations, in the order of need.

The words and the tools are read off the catalogue; a tool is described by the very definition that agents get.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from crashgate.model.access import Access, Level
from crashgate.model.catalogue import Catalogue
from crashgate.model.field_table import DEEP, RedactionSet, paths_in_set
from crashgate.model.provider import AnyTool
from crashgate.model.scope import NOTHING
from crashgate.policy.policy import TABLES
from crashgate.policy.redaction import result_fields
from crashgate.reference.commands import CommandLine, TableDoc, commands_section, settings_section
from crashgate.reference.markdown import code, codes, paragraphs, table
from crashgate.reference.operations import operations_section
from crashgate.tools.definitions import Annotations, Definition, Use, define

_HEAD = """# Reference

<!-- Written by `crashgate reference --write` from the code. Change the code, not this page. -->"""


def page(line: CommandLine, settings: tuple[TableDoc, ...], catalogue: Catalogue) -> str:
    """``docs/reference.md``, with a newline at its end."""
    parts = (
        commands_section(line),
        settings_section(settings, catalogue),
        _policy_section(catalogue),
        _tools_section(catalogue),
        operations_section(catalogue),
    )
    return paragraphs(_HEAD, *parts) + "\n"


def _policy_section(catalogue: Catalogue) -> str:
    """The chapter about the words of a policy."""
    return paragraphs(
        "## Words of a policy",
        "A grant names a connection, the places where it holds, and a level for each resource, such as"
        ' `access.error = "write"`. What it does not name stays denied.',
        "### Levels",
        "Each level holds the ones before it; `off` overrides every other grant.",
        table(("level", "allows"), [(code(level.value), _allows(level)) for level in Level]),
        "### Resources",
        table(("provider", "resource", "a grant on it must name", "operations"), list(_resources(catalogue))),
        "### Words beside the grants",
        table(
            ("word", "meaning"),
            [
                (code(f"{key}.{word}"), declared.about)
                for key, words in TABLES.items()
                for word, declared in words.WORDS.items()
            ],
        ),
        "### Redaction sets",
        "Each field of an answer declares its set. At `**`, keys such as `email` and `user_name` go at any depth.",
        table(("set", "resource", "fields"), list(_redaction_sets(catalogue))),
    )


def _above_keys(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[: path.index(DEEP) + 1] if DEEP in path else path


def _redaction_sets(catalogue: Catalogue) -> Iterator[tuple[str, ...]]:
    for each in RedactionSet:
        for resource, fields in result_fields(catalogue).items():
            paths = sorted({".".join(_above_keys(path)) for path in paths_in_set(fields, each)})
            if paths:
                yield code(each.value), code(resource), codes(paths)


def _allows(level: Level) -> str:
    return ", ".join(access.value for access in Access if level.allows(access)) or "nothing"


def _resources(catalogue: Catalogue) -> list[tuple[str, ...]]:
    return [
        (
            code(provider),
            code(resource),
            "nothing" if dimension is NOTHING else code(dimension.plural),
            _operations_by_level(catalogue, provider, resource),
        )
        for provider, resources in catalogue.resources.items()
        for resource, dimension in resources.items()
    ]


def _operations_by_level(catalogue: Catalogue, provider: str, resource: str) -> str:
    """The operations by the least level that they need."""
    needs = {
        access.least_level: [
            operation.id.removeprefix(f"{provider}.")
            for operation in catalogue.operations.values()
            if operation.provider == provider and operation.resource == resource and operation.access is access
        ]
        for access in Access
    }
    return "; ".join(f"{level.value}: {codes(names)}" for level, names in needs.items() if names)


def _tools_section(catalogue: Catalogue) -> str:
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
