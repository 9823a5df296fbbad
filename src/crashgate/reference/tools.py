"""The pages about tools and operations: a page for each group of resources. Rule: nothing is written for one tool.

A resource stands on the page of another of its provider whose name its own ends or begins with: ``release_group`` on
that of ``release``. Resources of one name from several providers share a page, as their tools share a name.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from crashgate.model.access import Access
from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.operation import AnyOperation
from crashgate.model.own import OWN
from crashgate.model.provider import AnyTool
from crashgate.model.tool import Tool
from crashgate.reference.examples import show_json
from crashgate.reference.fields import answer_section, fields_section, models_of
from crashgate.reference.markdown import code, codes, paragraphs, table
from crashgate.reference.operations import operations_section
from crashgate.tools.definitions import Annotations, Definition, Use, define


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleAnswer:
    """What a tool answered in the sandbox; ``provider`` is named where several have the tool."""

    provider: str | None
    arguments: Mapping[str, Any]
    text: str
    content: Mapping[str, Any]


Answers = Mapping[str, Sequence[ExampleAnswer]]
"""Example answers by tool."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The resources and the tools of one page; ``name`` is that of its file."""

    name: str
    title: str
    resources: frozenset[str]
    tools: tuple[AnyTool, ...]


def groups(catalogue: Catalogue) -> tuple[Group, ...]:
    """All groups, in the order in which agents are shown their tools."""
    homes = {
        resource: OWN if provider == OWN else _home(resource, of_provider)
        for provider, of_provider in catalogue.resources.items()
        for resource in of_provider
    }
    of_tool = {tool.name: homes[tool.operations[0].resource] for tool in catalogue.tools}
    return tuple(
        Group(
            name="crashgate" if home == OWN else _plural(home).replace("_", "-"),
            title="crashgate's own tools" if home == OWN else _plural(home).replace("_", " ").capitalize(),
            resources=frozenset(each for each, its in homes.items() if its == home),
            tools=tuple(tool for tool in catalogue.tools if of_tool[tool.name] == home),
        )
        for home in dict.fromkeys([*of_tool.values(), *homes.values()])
    )


def _home(resource: str, of_provider: Container[str]) -> str:
    """The resource whose page this one stands on."""
    words = resource.split("_")
    return next((word for word in (words[-1], words[0]) if word in of_provider), resource)


def _plural(noun: str) -> str:
    if noun.endswith(("s", "sh", "ch", "x")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def tools_table(found: Sequence[Group], catalogue: Catalogue) -> str:
    """Every tool with what it does, where it is described, and its groups for ``serve --tools``."""
    rows = [
        (
            f"[{code(tool.name)}]({group.name}.md#{tool.name})",
            tool.title,
            _kind(tool, _defined(tool, catalogue)),
            codes(_words(tool, catalogue)),
        )
        for group in found
        for tool in group.tools
    ]
    return table(("tool", "title", "what it does", "group"), rows)


def _words(tool: AnyTool, catalogue: Catalogue) -> Sequence[str]:
    """The groups of the tool's operations, without crashgate's own, which is always served."""
    named = (
        catalogue.providers[each.provider].group_of(each.resource) for each in _first(tool) if each.provider != OWN
    )
    return tuple(dict.fromkeys(named))


def _first(tool: AnyTool) -> Sequence[AnyOperation]:
    return tool.first_operations if isinstance(tool, CompositeTool) else tool.operations


def group_page(group: Group, catalogue: Catalogue, answers: Answers) -> str:
    """The page of a group, without its first lines."""
    operations = [each for each in catalogue.operations.values() if each.resource in group.resources]
    models = dict.fromkeys(model for tool in group.tools for model in models_of(tool))
    providers = dict.fromkeys(each.provider for each in operations)
    return paragraphs(
        *(note for name in providers for note in catalogue.providers[name].notes if name != OWN),
        *(_tool(tool, catalogue, answers.get(tool.name, ())) for tool in group.tools),
        "## Fields" if models else "",
        _FIELDS if models else "",
        *(fields_section(model, catalogue) for model in models),
        operations_section(operations, catalogue),
    )


_FIELDS = (
    "Whatever is shown in lists is shown of single objects too. Outsiders' text is what whoever runs the app can write;"
    " members' text is what only people with an account can. Both stand under `untrusted` in the answer. The names of"
    " redaction sets are as in [the words of a policy](policy.md#redaction-sets)."
)


def _defined(tool: AnyTool, catalogue: Catalogue) -> Definition:
    additions = [each.operation for each in tool.additions] if isinstance(tool, Tool) else []
    uses = [
        Use(operation=each, furthest=each.access_with([field.name for field in each.fields]))
        for each in (*tool.operations, *(added for added in additions if added not in tool.operations))
    ]
    return define(tool, uses, ("crashgate",), catalogue)


def _tool(tool: AnyTool, catalogue: Catalogue, answers: Sequence[ExampleAnswer]) -> str:
    definition = _defined(tool, catalogue)
    return paragraphs(
        f"## {tool.name}",
        f"**{tool.title}.** {definition.description}",
        f"{_kind(tool, definition)} Operations: {codes(operation.id for operation in tool.operations)}.",
        _parameters(definition),
        answer_section(tool, definition.output_schema, catalogue),
        *(_example(tool, each, catalogue) for each in answers),
    )


def _example(tool: AnyTool, answer: ExampleAnswer, catalogue: Catalogue) -> str:
    where = f" at {catalogue.providers[answer.provider].title}" if answer.provider else ""
    arguments = json.dumps(answer.arguments, ensure_ascii=False)
    return paragraphs(
        f"An example{where}:", f"```text\n{tool.name} {arguments}\n```", f"> {answer.text}", _json(answer.content)
    )


def _json(content: Mapping[str, Any]) -> str:
    return f"```json\n{show_json(content)}\n```"


def _kind(tool: AnyTool, definition: Definition) -> str:
    annotations: Annotations = definition.annotations
    own = {each.access for each in tool.operations}
    needs_more = any(each.access_with(each.params.model_fields) is not each.access for each in tool.operations)
    changes = "Replaces what is there." if annotations.destructive else "Adds something new."
    kind = "Reads only." if annotations.read_only else changes
    if Access.DELETE in own:
        kind = "Cannot be undone, or loses data." if len(own) == 1 else f"{changes} Some of it cannot be undone."
    more = " Some arguments need a higher level." if needs_more else ""
    world = "" if annotations.open_world else " Asks no provider."
    return f"{kind}{more}{world}"


def _parameters(definition: Definition) -> str:
    properties: Mapping[str, Any] = definition.input_schema["properties"]
    if not properties:
        return "It takes no arguments."
    required: Sequence[str] = definition.input_schema.get("required", ())
    rows = [
        (code(name), "yes" if name in required else "", _form(schema), schema.get("description", ""))
        for name, schema in properties.items()
    ]
    return table(("parameter", "required", "form", "meaning"), rows)


_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}


def _form(schema: Mapping[str, Any]) -> str:
    """The form of a value in words, with the rules that the schema states."""
    if "anyOf" in schema:
        return " or ".join(map(_form, cast("Sequence[Mapping[str, Any]]", schema["anyOf"])))
    if "enum" in schema:
        values = cast("Sequence[object]", schema["enum"])
        return "one of " + codes(map(str, values)) if len(values) > 1 else code(str(values[0]))
    if "properties" in schema:
        inner = cast("Mapping[str, Mapping[str, Any]]", schema["properties"])
        return "object: " + "; ".join(f"{code(name)} {_form(each)}" for name, each in inner.items())
    if "items" in schema:
        return f"list of {_form(schema['items'])}"
    kind = str(schema.get("type", "any JSON"))
    return ", ".join((_WORDS.get(kind, kind), *_rules(schema)))


def _rules(schema: Mapping[str, Any]) -> Iterator[str]:
    if "minimum" in schema:
        yield f"at least {schema['minimum']}"
    if "maximum" in schema:
        yield f"at most {schema['maximum']}"
