"""Our values in the protocol's types. Rule: nothing is added or decided here."""

import base64

from mcp_types import (
    BlobResourceContents,
    CallToolResult,
    CompleteResult,
    Completion,
    ContentBlock,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceResult,
    Resource,
    ResourceLink,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)

from crashgate.mcp import app
from crashgate.model.tool import Link
from crashgate.tools.call_result import Answer
from crashgate.tools.completions import Values
from crashgate.tools.definitions import Definition
from crashgate.tools.prompts import OpenPrompt
from crashgate.tools.resources import MIME_TYPE, Template
from crashgate.views.present import compact

_TEXT = frozenset({"application/jsonl", "application/json"})


def tools(definitions: tuple[Definition, ...]) -> ListToolsResult:
    """The tool list: filtered for its caller, so private and stale at once (THREATS row 19)."""
    return ListToolsResult(tools=[_tool(each) for each in definitions], ttl_ms=0, cache_scope="private")


def answer(given: Answer, *, short: bool = False) -> CallToolResult:
    """A call's result; an error of ours is a result too, as the protocol wants it.

    The first block of text is a sentence of ours, the second the data as compact JSON, word for word what the
    structured content is; with ``short`` it is left out. An error's one block says all that there is to say.
    """
    content: list[ContentBlock] = [TextContent(type="text", text=given.text)]
    if not short and given.error is None:
        content.append(TextContent(type="text", text=compact(dict(given.content))))
    content += [
        ResourceLink(
            type="resource_link",
            uri=link.uri,
            name=link.name,
            title=link.title,
            description=link.description,
            mime_type=link.mime_type,
            size=link.size,
        )
        for link in given.links
    ]
    return CallToolResult(content=content, structured_content=dict(given.content), is_error=given.error is not None)


def resources(links: tuple[Link, ...], more: str | None) -> ListResourcesResult:
    """What its caller may read: private and stale at once, like the tool list."""
    found = [
        Resource(
            uri=link.uri,
            name=link.name,
            title=link.title,
            description=link.description,
            mime_type=link.mime_type,
            size=link.size,
        )
        for link in links
    ]
    return ListResourcesResult(resources=found, next_cursor=more, ttl_ms=0, cache_scope="private")


def resource_templates(found: tuple[Template, ...]) -> ListResourceTemplatesResult:
    """The addresses that its caller may read."""
    templates = [
        ResourceTemplate(
            uri_template=each.uri,
            name=each.kind,
            title=each.title,
            description=each.description,
            mime_type=MIME_TYPE,
        )
        for each in found
    ]
    return ListResourceTemplatesResult(resource_templates=templates, ttl_ms=0, cache_scope="private")


def prompts(found: tuple[OpenPrompt, ...]) -> ListPromptsResult:
    """What its caller may pick."""
    return ListPromptsResult(prompts=[_prompt(each) for each in found], ttl_ms=0, cache_scope="private")


def prompt(found: OpenPrompt, text: str) -> GetPromptResult:
    """One of them, as a message of the user."""
    message = PromptMessage(role="user", content=TextContent(type="text", text=text))
    return GetPromptResult(description=found.prompt.description, messages=[message])


def completion(found: Values) -> CompleteResult:
    """Values of one argument."""
    return CompleteResult(completion=Completion(values=list(found.values), has_more=found.more))


def resource(link: Link, data: bytes) -> ReadResourceResult:
    """The bytes of a resource: as text where they are, which a part of a file that ends within a character is not."""
    text: str | None = None
    if link.mime_type in _TEXT or link.mime_type.startswith("text/"):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = None
    contents: TextResourceContents | BlobResourceContents = (
        TextResourceContents(uri=link.uri, mime_type=link.mime_type, text=text)
        if text is not None
        else BlobResourceContents(uri=link.uri, mime_type=link.mime_type, blob=base64.b64encode(data).decode())
    )
    return ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")


def app_page() -> ReadResourceResult:
    """The page that shows answers. It is the same for everyone and holds no data."""
    contents = TextResourceContents(uri=app.URI, mime_type=app.MIME_TYPE, text=app.page())
    contents.meta = app.PAGE_META  # type checkers do not agree on the name of the parameter
    return ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")


def _prompt(found: OpenPrompt) -> Prompt:
    arguments = [
        PromptArgument(
            name=each.argument.name,
            title=each.argument.title,
            description=each.argument.description,
            required=each.required,
        )
        for each in found.arguments
    ]
    each = found.prompt
    return Prompt(name=each.name, title=each.title, description=each.description, arguments=arguments)


def _tool(definition: Definition) -> Tool:
    hints = definition.annotations
    shown = Tool(
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
            # True unless it is said: not to say so twenty times saves a model many tokens.
            open_world_hint=None if hints.open_world else False,
        ),
    )
    if definition.name in app.TOOLS:
        shown.meta = app.TOOL_META
    return shown
