"""A server that the MCP SDK and httpx2 make with no more: one request, its JSON, and no gate.

It answers as the protocol asks: the data in the structured content, and serialised in a text block.
``python -m benchmarks.bare_server`` serves over stdio; with a port, over HTTP.
"""

import json
import os
import sys
from typing import Any

import anyio
import httpx2
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

_BASE = os.environ.get("UPSTREAM", "")
_HEADERS = {"Authorization": f"token {os.environ.get('TOKEN', '')}", "X-Version": "2"}
_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"path": {"type": "string"}}}
Context = ServerRequestContext[Any, Any]


def _server(client: httpx2.AsyncClient) -> Server[Any]:
    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[Tool(name="get", description="Get a path.", input_schema=_SCHEMA)])

    async def call_tool(_: Context, params: CallToolRequestParams) -> CallToolResult:
        response = await client.get(f"{_BASE}{(params.arguments or {})['path']}", headers=_HEADERS)
        data = {"data": response.json()}
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)

    return Server("bare", on_list_tools=list_tools, on_call_tool=call_tool, get_tool_input_schema=lambda _: _SCHEMA)


async def _serve_stdio() -> None:
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 - HTTP does not need it

    async with httpx2.AsyncClient() as client, stdio_server() as (incoming, outgoing):
        server = _server(client)
        await server.run(incoming, outgoing, server.create_initialization_options())


async def _serve_http(port: int) -> None:
    import uvicorn  # noqa: PLC0415 - stdio does not need it

    async with httpx2.AsyncClient() as client:
        app = _server(client).streamable_http_app()
        await uvicorn.Server(uvicorn.Config(app, port=port, log_level="error")).serve()


if __name__ == "__main__":
    anyio.run(_serve_http, int(sys.argv[1])) if len(sys.argv) > 1 else anyio.run(_serve_stdio)
