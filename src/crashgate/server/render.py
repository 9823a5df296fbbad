"""Our values in the protocol's types. Rule: nothing is added and nothing is decided here."""

from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool, ToolAnnotations

from crashgate.tools.derive import Definition
from crashgate.tools.toolbox import Answer


def tools(definitions: tuple[Definition, ...]) -> ListToolsResult:
    """The tool list: filtered for its caller, so private and stale at once (THREATS row 19)."""
    return ListToolsResult(tools=[_tool(each) for each in definitions], ttl_ms=0, cache_scope="private")


def answer(given: Answer) -> CallToolResult:
    """A call's result; an error of ours is a result too, as the protocol wants it."""
    return CallToolResult(
        content=[TextContent(type="text", text=given.text)],
        structured_content=dict(given.content),
        is_error=given.error is not None,
    )


def _tool(definition: Definition) -> Tool:
    hints = definition.annotations
    return Tool(
        name=definition.name,
        title=definition.title,
        description=definition.description,
        input_schema=dict(definition.input_schema),
        output_schema=dict(definition.output_schema),
        annotations=ToolAnnotations(
            read_only_hint=hints.read_only,
            # The protocol gives these two a meaning only for tools that change something.
            destructive_hint=None if hints.read_only else hints.destructive,
            idempotent_hint=None if hints.read_only else hints.idempotent,
            open_world_hint=hints.open_world,
        ),
    )
